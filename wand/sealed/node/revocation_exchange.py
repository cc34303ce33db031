"""
Revocations are exchanged, and allowances: whoever has a session compares what it knows, so that they also reach those
who reach no server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from wand.interfaces import Context
from wand.interfaces.control_messages import Sessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import REVOCATION_NUMBERS
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, Revocations, RevocationsDigest, RevocationsWanted, pack, parse
from wand.sealed.credentials.revocation_comparison import RevocationComparison
from wand.sealed.credentials.trust import Trust
from wand.timing.pacing import Pacing
from wand.timing.repeating import Repeating

#: Seconds between two comparisons in a session that lasts; what is news is told at once, and that is hardly ever lost.
COMPARISON_INTERVAL: Final = 300.0


class RevocationExchange:
    """
    Compares at the beginning of every session and from time to time, and tells everybody news at once.  A server lets
    its members begin, and answers each: so nobody compares twice, and no member has to ask whether the server lives.
    """

    def __init__(
        self, trust: Trust, sessions: Sessions, control: ControlReaders, context: Context, *, isServer: bool = False
    ) -> None:
        self._comparison = RevocationComparison(trust)
        self._sessions = sessions
        self._present: set[bytes] = set()
        self._untold: deque[tuple[Message, Iterator[bytes]]] = deque()
        self._telling: Pacing[tuple[bytes, Message]] = Pacing(context.clock, lambda news: self._send(*news))
        self._isTelling = False
        sessions.onSession(self._session)
        self._end = control.read(REVOCATION_NUMBERS, self._received)
        trust.observe(self._revoked)
        trust.observeAllowances(lambda allowance, notice: self._tell(notice))
        self._isServer = isServer
        self._comparing = Repeating("the revocation exchange", self._compare, context.clock, context.failures)
        if not isServer:
            self._comparing.start(COMPARISON_INTERVAL, now=True)

    def stop(self) -> None:
        """
        Stop comparing.
        """
        self._end()
        self._comparing.stop()
        self._telling.stop()

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up:
            self._present.add(peer)
            if not self._isServer or member.isServer:
                self._send(peer, self._comparison.greeting())
        else:
            self._present.discard(peer)

    def _compare(self) -> None:
        for peer in tuple(self._present):
            self._send(peer, self._comparison.greeting())

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, RevocationsDigest) and self._isServer and not member.isServer:
            self._send(peer, self._comparison.greeting())
        if isinstance(message, RevocationsDigest | RevocationsWanted | Revocations):
            answer = self._comparison.answer(message)
            if answer is not None:
                self._send(peer, answer)

    def _revoked(self, identity: Identity, revocation: bytes) -> None:
        self._present.discard(identity)
        self._tell(revocation)

    def _tell(self, notice: bytes) -> None:
        self._untold.append((self._comparison.push(notice), iter(tuple(self._present))))
        if not self._isTelling:
            self._isTelling = True
            self._telling.begin(self._news(), self._toldAll)

    def _news(self) -> Iterator[tuple[bytes, Message]]:
        while self._untold:
            message, peers = self._untold[0]
            yield from ((peer, message) for peer in peers)
            self._untold.popleft()

    def _toldAll(self) -> None:
        self._isTelling = False

    def _send(self, peer: bytes, message: Message) -> None:
        self._sessions.sendControl(peer, pack(message))
