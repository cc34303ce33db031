"""
Secrets of the network are passed on: at each handshake both ends say which one is their newest, and whoever has a later
one hands it over in the session.
"""

from __future__ import annotations

from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import SECRET_NUMBERS
from wand.sealed.credentials.messages import REVOCATIONS_BESIDE, Rotations, Secret, pack, parse
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.revocation_comparison import RevocationComparison
from wand.sealed.credentials.trust import Trust
from wand.timing.deadlines import Deadlines
from wand.timing.pacing import Pacing
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "secrets-told": "times that a member was told the newest secret of the network",
    "drop-control-secrets": "questions for secrets of the network dropped: too many of one member",
}

#: Seconds until a member that does not say that it has a new secret is told again; doubled each time, up to a limit.
TELLING_FIRST: Final = 1.0
TELLING_MAXIMUM: Final = 60.0

#: Seconds for which what a member told is not passed on.  Of many revocations that we missed the message has the latest
#: alone, so we compare all with whoever told us; who was revoked must not learn the secret from us meanwhile.
HOLD: Final = 5.0

#: How often one member is told, per second in the long run and at once.
TOLD_RATE: Final = 1.0
TOLD_BURST: Final = 4.0


class SecretExchange:
    """
    Tells members of a new secret, and learns it from them.  Nobody is told who was revoked as far as we know: there is
    no session with it any more.  Nobody is told, either, whose program does not know of several secrets.

    @ivar holders: the members that said that they have the newest secret, since it is the newest here.
    """

    def __init__(
        self, trust: Trust, secrets: NetworkSecrets, sessions: ISessions, control: ControlReaders, context: Context
    ) -> None:
        context.counters.declare(COUNTERS)
        self.holders: set[bytes] = set()
        self._trust = trust
        self._comparison = RevocationComparison(trust)
        self._secrets = secrets
        self._sessions = sessions
        self._counters = context.counters
        self._events = context.events
        self._waits: dict[bytes, float] = {}  # of members that lag: seconds until they are told again
        self._news: tuple[object, bytes] = None, b""
        self._answers = TokenBuckets(context.clock, TOLD_RATE, TOLD_BURST)
        self._pacing: Pacing[bytes] = Pacing(context.clock, self._tell)
        self._again: Deadlines[bytes] = Deadlines(context.clock, self._tell)
        self._giver = b""  # whose message is being read
        self._clock = context.clock
        self._heldUntil = context.clock.seconds()
        self._isStopped = False
        self._end = control.read(SECRET_NUMBERS, self._received)
        sessions.onSecret(self._told)
        sessions.onSession(self._session)
        secrets.observe(self._changed)
        trust.observe(lambda identity, revocation: self.holders.discard(identity))

    def stop(self) -> None:
        """
        Tell nobody any more, and leave no timer behind.
        """
        self._isStopped = True
        self._end()
        self._pacing.stop()
        self._again.stop()

    # What members say.

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not up:
            self._forget(peer)

    def _forget(self, peer: bytes) -> None:
        """
        A member has what we have, or is gone.
        """
        self._waits.pop(peer, None)
        self._again.discard(peer)

    def _told(self, member: Member, number: int) -> None:
        """
        A member said in a handshake which secret is its newest.
        """
        if not self._isStopped:
            self._compare(member.identity, number)

    def _compare(self, peer: bytes, number: int) -> None:
        ours = self._secrets.number
        if number < ours:
            self._waits[peer] = TELLING_FIRST
            self._tell(peer)
            return
        self._forget(peer)
        if number > ours:
            self._send(peer, pack(Secret(ours)))
        elif number:
            self.holders.add(peer)

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, Secret | Rotations):
            return
        if not self._answers.take(peer):
            self._counters["drop-control-secrets"] += 1
            return
        if isinstance(message, Rotations):
            for each in message.revocations:
                self._trust.take(each)
            self._giver = peer
            self._secrets.take(message.rotations)
            self._giver = b""
            if message.rotations and message.rotations[-1] in self._secrets.rotations[-1:]:
                self.holders.add(peer)
                self._forget(peer)
            self._send(peer, pack(Secret(self._secrets.number)))
        else:
            self._compare(peer, message.number)

    # What we say.

    def _changed(self) -> None:
        """
        There is another secret.
        """
        self.holders.clear()
        self._heldUntil = self._clock.seconds()
        if self._giver:
            self._heldUntil += HOLD
            self._send(self._giver, pack(self._comparison.greeting()))
        self._events.publish("secret-changed", until=self._secrets.until)
        for peer in self._sessions.sessionsWith():
            number = self._sessions.secretOf(peer)
            if number is None or peer == self._giver:
                continue
            if number < self._secrets.number:
                self._waits[peer] = TELLING_FIRST
            else:
                self.holders.add(peer)
        if not self._isStopped:
            self._pacing.begin(tuple(self._waits))

    def _tell(self, peer: bytes) -> None:
        """
        Tell a member that lags, and again later, unless it says meanwhile that it has the secret.  Each is told by
        itself: one that never says so delays nobody else.
        """
        now, wait = self._clock.seconds(), self._waits.get(peer)
        if wait is None or self._trust.isRevoked(peer):
            return
        if now < self._heldUntil:
            self._again.expireAt(peer, self._heldUntil)
            return
        self._waits[peer] = min(TELLING_MAXIMUM, 2 * wait)
        self._again.expireAt(peer, now + wait)
        self._send(peer, self._packed())
        self._counters["secrets-told"] += 1

    def _packed(self) -> bytes:
        """
        What members are told, made anew only when it changed.
        """
        known = self._secrets.rotations, self._trust.notices.digest
        if self._news[0] != known:
            revocations = self._trust.notices.latest(REVOCATIONS_BESIDE)
            self._news = known, pack(Rotations(self._secrets.rotations, tuple(revocations)))
        return self._news[1]

    def _send(self, peer: bytes, message: bytes) -> None:
        if self._sessions.isUp(peer):
            self._sessions.sendControl(peer, message)
