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
from wand.sealed.credentials.trust import Trust
from wand.state import StateDirectory
from wand.timing.repeating import Repeating

#: The file in which it is kept: whoever decides it may be off when we start.
RESERVE_FILE: Final = "reserve"
_FILE_MAXIMUM: Final = 200_000

#: Seconds between two questions in a session that lasts, since an answer may be lost.
ASKING_INTERVAL: Final = 300.0

#: What how many of them say is remembered; a network has few.
TELLERS_MAXIMUM: Final = 16

#: The first address and the last of each range, see L{Reserved}.
_Ranges: TypeAlias = tuple[bytes, ...]


class ToldReserve:
    """
    Asks when a session with one of them begins, and from time to time.  What one said counts until it says something
    else, or speaks for the network no longer.
    """

    _log = Logger()

    def __init__(
        self,
        state: StateDirectory,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        trust: Trust,
        changed: Callable[[AddressRanges, bytes], object],
    ) -> None:
        """
        @param trust: tells who is revoked.
        @param changed: called with what somebody sets aside, and who that is.
        """
        self._isStopped = False
        self._state = state
        self._sessions = sessions
        self._changed = changed
        self._trust = trust
        self._said: dict[bytes, _Ranges] = {}
        self._partly: dict[bytes, dict[int, Reserved]] = {}  # what some say just now, by the numbers of the parts
        self._tellers: set[bytes] = set()
        self._asking = Repeating("which addresses are reserved", self._askAll, context.clock, context.failures)
        self._read()
        sessions.onSession(self._session)
        trust.observe(lambda identity, revocation: self._forget(identity))
        self._end = control.read(range(RESERVED, RESERVED + 1), self._received)

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
        self._isStopped = True
        self._asking.stop()
        self._end()

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        self._partly.pop(peer, None)
        if up and member.isAuthority and not self._isStopped:
            self.ask([peer])
        else:
            self._tellers.discard(peer)
        if up and not member.isAuthority:
            self._forget(peer)

    def _askAll(self) -> None:
        self.ask(tuple(self._tellers))

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, Reserved) or not member.isAuthority:
            return
        before = self._partly.pop(peer, {})
        same = {
            part: each for part, each in before.items() if (each.whole, each.parts) == (message.whole, message.parts)
        }
        partly = {**same, message.part: message}
        if len(partly) < message.parts:
            self._partly[peer] = partly
        else:
            self._take(peer, tuple(chain.from_iterable(partly[part].ranges for part in range(message.parts))))

    def _take(self, peer: bytes, ranges: _Ranges) -> None:
        before = self._said.pop(peer, None)
        self._said[peer] = ranges
        if ranges != before:
            self._changed(_rangesOf(ranges), peer)
            self._keep()
        if len(self._said) > TELLERS_MAXIMUM:
            self._forget(next(iter(self._said)))

    def _forget(self, peer: bytes) -> None:
        """
        What one said counts no more: it speaks for the network no longer, or too many others said something since.
        """
        if self._said.pop(peer, None) is not None and not self._isStopped:
            self._changed(AddressRanges(), peer)
            self._keep()

    def _keep(self) -> None:
        try:
            self._state.write(RESERVE_FILE, packed([*self._said.items()]))
        except StateUnavailable as error:  # they will say it again
            self._log.warn("which addresses are reserved is not kept over a restart: {error}", error=error)

    def _read(self) -> None:
        try:
            content = readSecretFile(self._state, RESERVE_FILE) or b""
            found = unpacked(content, list[tuple[bytes, _Ranges]], _FILE_MAXIMUM) if content else []
            if found is None:
                raise ValueError(f"the file {RESERVE_FILE} is damaged, or of another version")
            said = [(peer, ranges, _rangesOf(ranges)) for peer, ranges in found]
        except (StateUnavailable, ValueError) as error:
            self._log.warn("it is not known which addresses were reserved: {error}", error=error)
            return
        for peer, ranges, reserved in said:
            if not self._trust.isRevoked(peer):
                self._said[peer] = ranges
                self._changed(reserved, peer)


def _rangesOf(ranges: _Ranges) -> AddressRanges:
    """
    @raise ValueError: if one is no range.
    """
    halves = ((each[: len(each) // 2], each[len(each) // 2 :]) for each in ranges)
    return AddressRanges.of((ip_address(first), ip_address(last)) for first, last in halves)
