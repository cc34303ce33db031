"""
A member that admits others asks those who decide it which addresses are for nobody, and remembers that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import chain
from typing import Final, TypeAlias

from twisted.logger import Logger

from wand.address_ranges import AddressRanges
from wand.errors import StateUnavailable
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import RESERVED
from wand.sealed.credentials.messages import Reserved, ReserveWanted, pack, parse
from wand.sealed.credentials.secret_files import readSecretFile
from wand.sealed.credentials.signed import packed, unpacked
from wand.state import StateDirectory
from wand.timing.repeating import Repeating

#: The file in which it is kept: whoever decides it may be off when we start.
RESERVE_FILE: Final = "reserve"
_FILE_MAXIMUM: Final = 200_000

#: Seconds between two questions in a session that lasts, since an answer may be lost.
ASKING_INTERVAL: Final = 300.0

#: What how many of them say is remembered; a network has few.
TELLERS_MAXIMUM: Final = 16

#: The parts of what one of them said, by their numbers; see L{Reserved}.
_Parts: TypeAlias = dict[int, tuple[bytes, ...]]


class ToldReserve:
    """
    Asks when a session with one of them begins, and from time to time.
    """

    _log = Logger()

    def __init__(
        self,
        state: StateDirectory,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        changed: Callable[[AddressRanges, bytes], object],
    ) -> None:
        """
        @param changed: called with what somebody sets aside, and who that is.
        """
        self._state = state
        self._sessions = sessions
        self._changed = changed
        self._said: dict[bytes, _Parts] = {}
        self._tellers: set[bytes] = set()
        self._asking = Repeating("which addresses are reserved", self._askAll, context.clock, context.failures)
        self._read()
        sessions.onSession(self._session)
        control.read(range(RESERVED, RESERVED + 1), self._received)

    def ask(self, tellers: Iterable[bytes]) -> None:
        """
        Ask those that decide it, with which there are sessions.
        """
        for each in tellers:
            self._tellers.add(each)
            self._sessions.sendControl(each, pack(ReserveWanted()))
        if self._tellers and not self._asking.running:
            self._asking.start(ASKING_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._asking.stop()

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and member.isAuthority:
            self.ask([peer])
        else:
            self._tellers.discard(peer)

    def _askAll(self) -> None:
        self.ask(tuple(self._tellers))

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, Reserved) or not member.isAuthority:
            return
        before = self._said.pop(peer, {})
        kept = {part: ranges for part, ranges in before.items() if part < message.parts}
        self._said[peer] = after = {**kept, message.part: message.ranges}
        if len(self._said) > TELLERS_MAXIMUM:
            gone = next(iter(self._said))
            del self._said[gone]
            self._changed(AddressRanges(), gone)
        if after != before:
            self._changed(_rangesOf(after), peer)
            self._keep()

    def _keep(self) -> None:
        try:
            self._state.write(RESERVE_FILE, packed([(peer, parts) for peer, parts in self._said.items()]))
        except StateUnavailable as error:  # they will say it again
            self._log.warn("which addresses are reserved is not kept over a restart: {error}", error=error)

    def _read(self) -> None:
        try:
            content = readSecretFile(self._state, RESERVE_FILE) or b""
            found = unpacked(content, list[tuple[bytes, _Parts]], _FILE_MAXIMUM) if content else []
            said = {peer: (parts, _rangesOf(parts)) for peer, parts in found or []}
        except (StateUnavailable, ValueError) as error:
            self._log.warn("it is not known which addresses were reserved: {error}", error=error)
            return
        for peer, (parts, ranges) in said.items():
            self._said[peer] = parts
            self._changed(ranges, peer)


def _rangesOf(parts: _Parts) -> AddressRanges:
    """
    @raise ValueError: if one is no range.
    """
    halves = ((each[: len(each) // 2], each[len(each) // 2 :]) for each in chain.from_iterable(parts.values()))
    return AddressRanges.of((ip_address(first), ip_address(last)) for first, last in halves)
