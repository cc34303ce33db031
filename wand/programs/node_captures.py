"""
Captures: frames that a node carries, for its operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from wand.capture.pcapng import Direction, head
from wand.errors import NotPermitted
from wand.ethernet import Frame
from wand.etud.forwarding import Etud
from wand.interfaces import NodeContext
from wand.table import Peer
from wand.version import __version__

if TYPE_CHECKING:
    from wand.capture.recording import Recording, Wanted

#: How many captures may run at once: each is in the way of every frame.
CAPTURES_MAXIMUM: Final = 4

COUNTERS: Final = {
    "captures": "captures begun with wand capture",
    "captured-frames": "frames that a capture wanted",
}

_NOTE: Final = (
    "frames are being captured with wand capture: what passes between members is written down without its protection"
)


@attrs.frozen
class RunningCapture:
    """
    A capture.

    @ivar head: the beginning of its file.
    @ivar stop: ends it; more calls do nothing.
    """

    head: bytes
    stop: Callable[[], None]


class NodeCaptures:
    """
    Listens to the data plane while there is a capture, and is no burden to it while there is none.
    """

    def __init__(self, etud: Etud, context: NodeContext, interface: str, nameOf: Callable[[Peer], str]) -> None:
        """
        @param interface: what the tap is called.
        @param nameOf: what a peer is called.
        """
        context.counters.declare(COUNTERS)
        self._etud = etud
        self._context = context
        self._interface = interface
        self._nameOf = nameOf
        self._recordings: dict[Recording, None] = {}
        self._end: Callable[[], None] = lambda: None

    def begin(self, wanted: Wanted, take: Callable[[bytes], object]) -> RunningCapture:
        """
        Begin a capture.

        @param take: called with the block of each frame.
        @raise wand.errors.WandError: if it cannot be so.
        """
        if len(self._recordings) >= CAPTURES_MAXIMUM:
            raise NotPermitted(f"{CAPTURES_MAXIMUM} captures run already, which is the most: end one of them")
        transport = self._context.transport
        assert transport is not None  # a node has one
        peer = transport.peerFrom(wanted.peer) if wanted.peer else None
        from wand.capture.recording import Recording  # which a node has no use for until somebody captures

        recording = Recording(wanted, peer, self._nameOf, self._context.wallClock, self._counted(take))
        if not self._recordings:
            self._end = self._etud.overhear(self)
        self._recordings[recording] = None
        self._context.counters["captures"] += 1
        self._context.notes.say("capture", _NOTE, isHint=True)
        return RunningCapture(head(f"wand {__version__}", self._interface, wanted.snap), lambda: self._stop(recording))

    def _stop(self, recording: Recording) -> None:
        if recording in self._recordings:
            del self._recordings[recording]
            if not self._recordings:
                self._end()
                self._context.notes.clear("capture")

    def _counted(self, take: Callable[[bytes], object]) -> Callable[[bytes], object]:
        counters = self._context.counters

        def counted(block: bytes) -> None:
            counters["captured-frames"] += 1
            take(block)

        return counted

    def left(self, peer: Peer | None, frame: Frame) -> None:
        """
        See L{wand.etud.overhearing.Hearer}.
        """
        self._heard(Direction.LEAVING, peer, frame)

    def arrived(self, peer: Peer | None, frame: Frame) -> None:
        """
        See L{wand.etud.overhearing.Hearer}.
        """
        self._heard(Direction.ARRIVING, peer, frame)

    def _heard(self, direction: Direction, peer: Peer | None, frame: Frame) -> None:
        try:
            for recording in self._recordings:
                recording.heard(direction, peer, frame)
        except Exception:
            self._context.failures.caught("capture")
