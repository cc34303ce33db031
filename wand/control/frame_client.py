"""
What a client asks about frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wand.control import frame_commands as commands
from wand.control.console_client import ConsoleClient

if TYPE_CHECKING:
    from wand.capture.recording import Wanted


class FrameClient(ConsoleClient):
    """
    The part of L{wand.control.client.ControlClient} that is about frames.
    """

    async def beginCapture(self, wanted: Wanted, captured: Callable[[bytes, int, int], object]) -> bytes:
        """
        Be told of the frames that pass from now on.

        @param captured: called with blocks of a pcapng file, how many frames they are, and how many were lost so far.
        @return: the beginning of the file.
        """
        self._connection.capturedTo = captured
        head: bytes = (
            await self._send(
                commands.BeginCapture,
                peer=wanted.peer,
                filter=wanted.filter,
                count=wanted.count,
                snap=wanted.snap,
            )
        )["head"]
        return head

    async def endCapture(self) -> int:
        """
        Be told of no more frames; those that passed until now still come before this is done.

        @return: how many were lost.
        """
        lost: int = (await self._send(commands.EndCapture))["lost"]
        return lost

    async def wake(self, mac: str) -> None:
        """
        Wake a host that sleeps on a LAN behind a bridge.
        """
        await self._send(commands.Wake, mac=mac)
