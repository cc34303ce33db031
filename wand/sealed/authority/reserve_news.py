"""
Members that admit others are told which addresses are for nobody, by whoever decides that: a server, or the node that
founded the network.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from wand.address_ranges import AddressRanges
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.authority.administration import Administration
from wand.sealed.control_numbers import RESERVE_WANTED
from wand.sealed.credentials.messages import RANGES_PAGE, Reserved, ReserveWanted, pack, parse
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "drop-control-reserve": "questions for reserved addresses dropped: too many from that member",
}

#: How often one member is answered: per second in the long run, and at once.
ANSWER_RATE: Final = 0.1
ANSWER_BURST: Final = 3.0


class ReserveNews:
    """
    Tells them when they ask, and when other addresses are reserved.
    """

    def __init__(
        self, administration: Administration, sessions: ISessions, control: ControlReaders, context: Context
    ) -> None:
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._administration = administration
        self._sessions = sessions
        self._answers = TokenBuckets(context.clock, ANSWER_RATE, ANSWER_BURST)
        administration.reserve.observe(self._changed)
        control.read(range(RESERVE_WANTED, RESERVE_WANTED + 1), self._asked)

    def _asked(self, peer: bytes, member: Member, octets: bytes) -> None:
        if not self._administration.isDeputy(peer) or not isinstance(parse(octets), ReserveWanted):
            return  # its session may have begun before it got the right
        if self._answers.take(peer):
            self._tell(peer)
        else:
            self._counters["drop-control-reserve"] += 1

    def _changed(self) -> None:
        for each in self._administration.deputies:
            self._tell(each)

    def _tell(self, peer: bytes) -> None:
        for message in messagesOf(self._administration.reserve.ranges):
            self._sessions.sendControl(peer, message)


def messagesOf(reserved: AddressRanges) -> list[bytes]:
    """
    The messages that say which addresses are reserved, one if there are none.
    """
    ranges = [first.packed + last.packed for first, last in reserved]
    whole = sha256(b"".join(ranges)).digest()[:8]
    pages = [tuple(ranges[at : at + RANGES_PAGE]) for at in range(0, max(len(ranges), 1), RANGES_PAGE)]
    return [pack(Reserved(part, len(pages), page, whole)) for part, page in enumerate(pages)]
