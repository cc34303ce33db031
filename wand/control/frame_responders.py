"""
The answers to the commands that are about frames.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.control import frame_commands as commands
from wand.control.capture_feed import CaptureFeed
from wand.control.console_responders import ConsoleResponders
from wand.control.locator import Answer
from wand.control.program import Program
from wand.ethernet import MAC


class FrameResponders(ConsoleResponders):
    """
    Begins and ends the capture of a connection, and sends frames.
    """

    def __init__(self, program: Program, feed: CaptureFeed, malformed: Callable[[], None]) -> None:
        """
        @param malformed: called when the arguments of a command cannot be understood.
        """
        super().__init__(program, malformed)
        self._feed = feed

    @commands.BeginCapture.responder
    def beginCapture(self, peer: str, filter: str, count: int, snap: int) -> Answer:
        """
        Begin, and answer with the beginning of the file.
        """
        from wand.capture.recording import Wanted  # which a node has no use for until somebody captures

        return {"head": self._feed.begin(Wanted(peer, filter, count, snap))}

    @commands.EndCapture.responder
    def endCapture(self) -> Answer:
        """
        End, and answer with how many frames were lost.
        """
        return {"lost": self._feed.end()}

    @commands.Wake.responder
    def wake(self, mac: str) -> Answer:
        """
        Wake a host.
        """
        self._program.wake(MAC.parseUnicast(mac))
        return {}
