"""
Admissions: what a server answers to nodes that redeem an invitation and to members that renew their certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.ethernet import MAC
from wand.interfaces import Context, ISessions, JoinKey
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.authority.answers import Answers
from wand.sealed.authority.certificate_news import CertificateNews
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.control_numbers import RENEW
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Join, Message, Pending, Renew, Revocations, pack, parse
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "drop-control-joining": "messages of nodes that redeem an invitation dropped: too many from that node",
}

#: How many messages of a node that redeems an invitation are read, since each may cost a signature and a write to the
#: store: per second in the long run, and at once.
JOIN_RATE: Final = 1.0
JOIN_BURST: Final = 10.0

#: How many who wait for an approval or a signature are told at once; beyond, they have to ask again.
WAITING_MAXIMUM: Final = 1_000


class Admissions:
    """
    Asks the authority, answers, and tells those who wait once it is decided; provides
    L{wand.sealed.authority.member_authority.AuthorityObserver}.
    """

    def __init__(
        self,
        authority: MemberAuthority,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        forget: Callable[[Identity], object],
    ) -> None:
        """
        @param forget: called with whoever was revoked.
        """
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._authority = authority
        self._sessions = sessions
        self._forget = forget
        self._answers = Answers(sessions, context.failures)
        self._buckets = TokenBuckets(context.clock, JOIN_RATE, JOIN_BURST)
        self._news = CertificateNews(authority, sessions, context)
        self._waiting: dict[bytes, tuple[JoinKey, Join]] = {}
        sessions.onJoin(self._joining)
        control.read(range(RENEW, RENEW + 1), self._received)  # the others are answers, which a node gets itself

    # What nodes ask.

    def _joining(self, joiner: JoinKey, octets: bytes) -> None:
        if not self._buckets.take(joiner.hex()):
            self._counters["drop-control-joining"] += 1
            return
        message = parse(octets)
        if isinstance(message, Join):
            self._answers.give(joiner, lambda: self._redeem(joiner, message))

    async def _redeem(self, joiner: JoinKey, message: Join) -> Message:
        endpoint = str(self._sessions.endpointOf(joiner) or "")
        answer = await self._authority.requests.redeem(message, bytes(joiner), joiner.invitation, endpoint)
        self._waiting.pop(message.identity, None)
        if isinstance(answer, Pending):
            self._waiting[message.identity] = joiner, message
            if len(self._waiting) > WAITING_MAXIMUM:
                del self._waiting[next(iter(self._waiting))]
        return answer

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Renew):
            self._answers.give(peer, lambda: self._authority.requests.renew(peer, MAC(message.mac)))

    # What the authority tells.

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}.
        """
        joiner, message = self._waiting.pop(identity, (None, None))
        if joiner is not None and message is not None and self._sessions.isUp(joiner):
            self._answers.give(joiner, lambda: self._redeem(joiner, message))
        else:
            self._news.issued(identity, certificate)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._news.stop()

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}.
        """
        if revocation and self._sessions.isUp(identity):
            self._sessions.sendControl(identity, pack(Revocations((revocation,), b"")))
        self._sessions.end(identity)
        self._forget(identity)
