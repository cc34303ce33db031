"""
Members are told of the other servers of their network, so that they use those that are new, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.authority.servers import Servers
from wand.sealed.control_numbers import SERVERS_TOLD
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import ServersTold, parse
from wand.sealed.credentials.server_comparison import ANSWER_BURST, ANSWER_RATE, COUNTERS, notTold, toldOf
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.token import OTHERS_MAXIMUM, TokenServer
from wand.timing.repeating import Repeating
from wand.timing.token_buckets import TokenBuckets

#: How many members are told at once that a server is new, and seconds until the next ones are.
TOLD_AT_ONCE: Final = 20
TELLING_INTERVAL: Final = 0.01


class ServerNews:
    """
    Tells each member what it was not told, when it asks, and all when a server is new or is reached elsewhere.  Those
    that may admit others are told of this server, too, since they pass that on.
    """

    def __init__(
        self,
        servers: Servers,
        certificateOf: Callable[[bytes], bytes],
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
    ) -> None:
        """
        @param certificateOf: gives the certificate of a member; empty if it has none.
        """
        self._servers = servers
        self._certificateOf = certificateOf
        self._sessions = sessions
        self._isStopped = False
        self._told: set[bytes] = set()
        self._untold: Iterator[bytes] = iter(())
        self._telling = Repeating("news of servers", self._tellSome, context.clock, context.failures)
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._answers = TokenBuckets(context.clock, ANSWER_RATE, ANSWER_BURST)
        control.read(range(SERVERS_TOLD, SERVERS_TOLD + 1), self._asked)
        servers.observe(self._changed)

    def stop(self) -> None:
        """
        Tell nobody any more.
        """
        self._isStopped = True
        if self._telling.running:
            self._telling.stop()

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}: a server that is new has its certificate now,
        or a member may admit others from now on.
        """
        content = unverified(certificate, Certificate)
        if content is not None and content.admission and self._sessions.isUp(identity):
            self._tellOurselves(identity)
        if identity not in self._told and identity in self._servers.identities:
            self._changed(identity)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}: members hear of that as of every revocation.
        """
        self._told.discard(identity)

    def _asked(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, ServersTold):
            return
        if not self._answers.take(peer):
            self._counters["drop-control-servers"] += 1
            return
        ours = self._about(self._servers.own) if member.admission else ()
        for told in notTold(message, (*self._messages(peer), *ours)):
            self._sessions.sendControl(peer, told)

    def _tellOurselves(self, peer: bytes) -> None:
        for message in self._about(self._servers.own):
            self._sessions.sendControl(peer, message)

    def _changed(self, identity: Identity) -> None:
        if self._servers.get(identity) is None:
            return  # it is not certified yet
        self._told.add(identity)
        self._untold = iter(tuple(self._sessions.sessionsWith()))
        if not self._telling.running and not self._isStopped:
            self._telling.start(TELLING_INTERVAL, now=False)

    def _tellSome(self) -> None:
        for _ in range(TOLD_AT_ONCE):
            peer = next(self._untold, None)
            if peer is None:
                self._telling.stop()
                return
            if self._sessions.isUp(peer):
                self._tell(peer)

    def _tell(self, peer: bytes) -> None:
        for message in self._messages(peer):
            self._sessions.sendControl(peer, message)

    def _messages(self, peer: bytes) -> Iterator[bytes]:
        yield from self._about(each for each in self._servers.others[:OTHERS_MAXIMUM] if each.identity != peer)

    def _about(self, servers: Iterable[TokenServer]) -> Iterator[bytes]:
        for server in servers:
            message = toldOf(self._certificateOf(server.identity), server)
            if message is not None:
                yield message
