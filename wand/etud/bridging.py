"""
Bridging: what a node does that joins a LAN to the network, and what others do for its silent hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from wand.ethernet import Frame
from wand.etud.echoes import HOST, Echoes
from wand.interfaces import Context, ITap
from wand.table import Peer

#: How many frames that come back, within how many seconds, are a loop and no coincidence.
LOOP: Final = 4
LOOP_SPAN: Final = 10.0

#: For how many seconds after its last sign C{wand status} tells of a loop.
LOOP_LIFETIME: Final = 60.0

#: Seconds in which the reason is said once.
_PAUSE: Final = 1.0

COUNTERS: Final = {
    "sent-unknown-frames": "frames to an address that nobody owns, sent to the members with the bridge right",
    "drop-sent-foreign": "frames from the host dropped: their source is the address of another member",
    "drop-sent-looped": "broadcast and multicast frames from the host dropped: they came from a peer a moment ago",
    "drop-received-looped": "broadcast and multicast frames from peers dropped: the host sent them a moment ago",
}


class AddressRules(Protocol):
    """
    Who may have which address; L{wand.sealed.node.source_filter.SourceFilter} provides it.
    """

    @property
    def isBridge(self) -> bool: ...

    @property
    def bridges(self) -> Sequence[Peer]: ...

    def mayLeave(self, mac: bytes, /) -> bool:
        """
        May a frame of our own host have this source address?
        """


class Bridging:
    """
    Asked about every frame to a group, and about the first frame of every pair of addresses.
    """

    def __init__(self, members: AddressRules, context: Context, tap: ITap, unknownRate: int) -> None:
        """
        @param tap: named to people, as it is called then.
        @param unknownRate: how many frames a second may go to an address that nobody owns.
        """
        context.counters.declare(COUNTERS)
        self._members = members
        self._counters = context.counters
        self._clock = context.clock
        self._notes = context.notes
        self._tap = tap
        self._rate = unknownRate
        self._tokens, self._filled = float(unknownRate), context.clock.seconds()
        self._echoes = Echoes(context.clock)
        self._signs: list[float] = []
        self._saidAt = float("-inf")

    # From the host.

    def mayLeave(self, frame: Frame) -> bool:
        """
        May a frame of the host go to peers?
        """
        if self._members.mayLeave(bytes(frame[6:12])):
            return True
        self._counters["drop-sent-foreign"] += 1
        self._suspect("")
        return False

    def mayLeaveToAll(self, frame: Frame) -> bool:
        """
        May a frame of the host to a group go to peers?
        """
        if not self.mayLeave(frame):
            return False
        if self._members.isBridge and self._echoes.isEcho(frame, HOST):
            self._counters["drop-sent-looped"] += 1
            self._suspect("")
            return False
        return True

    def mayArrive(self, peer: Peer, frame: Frame) -> bool:
        """
        May a frame of a peer to a group go to the host?
        """
        if self._members.isBridge and self._echoes.isEcho(frame, peer):
            self._counters["drop-received-looped"] += 1
            self._suspect(str(peer))
            return False
        return True

    def takers(self) -> Sequence[Peer]:
        """
        Who gets a frame to an address that nobody owns: the members behind which it may be; nobody, if there were too
        many such frames.
        """
        bridges = self._members.bridges
        if not bridges or not self._mayAsk():
            return ()
        self._counters["sent-unknown-frames"] += 1
        return bridges

    def _mayAsk(self) -> bool:
        now = self._clock.seconds()
        self._tokens = min(float(self._rate), self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    # Loops.

    def _suspect(self, peer: str) -> None:
        now = self._clock.seconds()
        self._signs = [*self._signs[1 - LOOP :], now]
        if len(self._signs) < LOOP or now - self._signs[0] > LOOP_SPAN or now - self._saidAt < _PAUSE:
            return
        self._saidAt = now
        self._notes.say(
            "loop",
            f"a loop: frames come back through {self._tap.interface}; its LAN is joined to the network by "
            f"{peer or 'another node'} as well. Let only one node bridge it: take the tap out of the bridge at the "
            "others. Until then what comes back is dropped",
            lifetime=LOOP_LIFETIME,
        )
