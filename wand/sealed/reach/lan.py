"""
LAN discovery: members on one link find each other without anybody's help.

A member asks everybody on its links.  Whoever does not know it yet, or is the one that it wants, answers it alone, and
gets a receipt.  An answer and a receipt repeat the challenge of what they are about, so that nothing recorded counts,
whatever the clocks say: a member is believed to be where it proved to have heard us.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
from msgspec.structs import replace

from wand.interfaces import Context, ISessions, Membership, Participant
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Entropy
from wand.sealed.credentials.signed import Body, isSignature, unverified
from wand.sealed.reach.lan_budgets import LanBudgets
from wand.sealed.reach.lan_joining import LanHost
from wand.sealed.reach.lan_links import LanLinks
from wand.sealed.reach.lan_messages import ANSWER, CHANCE, QUESTION, RECEIPT, LanMessage, LanSeal, parse
from wand.sealed.reach.lan_neighbours import Neighbours
from wand.sealed.reach.lan_schedule import LanSchedule
from wand.sealed.reach.lan_seals import LanSeals
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.links import LinkPort

COUNTERS: Final = {
    "lan-questions-sent": "questions on our links, whether members are there",
    "lan-answers-sent": "answers and receipts to members on our links",
    "lan-found": "times that a member proved to be on one of our links",
    "lan-strangers": "datagrams on our links that are not of this network: others may share the link",
    "drop-lan-malformed": "datagrams on our links dropped: members of another version, perhaps",
    "drop-lan-throttled": "datagrams on our links dropped: too many from that host, of that member or of strangers",
    "drop-lan-invalid": "datagrams on our links dropped: no valid certificate, claim or signature",
    "drop-lan-stale": "answers on our links dropped: to no question of ours, or too late",
}

#: The reason that is counted, but as no drop: several networks may share a link, and all hear what is said there.
_STRANGERS: Final = "lan-strangers"

#: How many of those that are wanted are remembered until the next question; from two on, everybody is asked.
WANTED_MAXIMUM: Final = 2

#: How many datagrams are remembered, to know those that come again.
LATELY_MAXIMUM: Final = 4096

#: How many answers go to one member at one host, per second in the long run and at once.
ANSWER_RATE: Final = 1.0
ANSWER_BURST: Final = 4.0

#: How many datagrams of one host are tried with the secrets of invitations, per second in the long run and at once.
STRANGER_RATE: Final = 2.0
STRANGER_BURST: Final = 10.0

#: The same for all hosts together, which anybody on a link can pretend to be.
ALL_STRANGERS_RATE: Final = 50.0
ALL_STRANGERS_BURST: Final = 100.0


@attrs.frozen
class LanMember:
    """
    Who we are on a link.

    @ivar membership: has the network secrets.
    @ivar sign: signs with our key.
    @ivar port: the UDP port of the data.
    @ivar host: answers those who have an invitation of ours; C{None} if we invite nobody.
    """

    participant: Participant
    membership: Membership
    sign: Callable[[Body], bytes]
    port: int
    host: LanHost | None = None


class LanDiscovery:
    """
    Finds members on our links, and lets them find us.

    @ivar neighbours: who was found.
    """

    def __init__(self, us: LanMember, links: LanLinks, sessions: ISessions, context: Context, entropy: Entropy) -> None:
        """
        @param links: those on which to look, which somebody else has watched.
        @param entropy: randomness that nobody can guess.
        """
        context.counters.declare(COUNTERS)
        self.neighbours = Neighbours(sessions, context.clock)
        self._us = us
        self._sessions = sessions
        self._context = context
        self._counters = context.counters
        self._entropy = entropy
        self._links = links
        links.changed = self._linksChanged
        self._budgets = LanBudgets(context.clock)
        self._strangers = TokenBuckets(context.clock, STRANGER_RATE, STRANGER_BURST)
        self._allStrangers = TokenBuckets(context.clock, ALL_STRANGERS_RATE, ALL_STRANGERS_BURST)
        self._lately: dict[bytes, None] = {}
        self._answers = TokenBuckets(context.clock, ANSWER_RATE, ANSWER_BURST)
        self._run = self._challenge = self._challengeBefore = b""
        self._joined: list[tuple[int, str]] = []
        self._wanted: set[bytes] = set()
        self._schedule = LanSchedule(context.clock, context.random, self._ask)
        self._seals = LanSeals(us.membership)
        self._port: LinkPort | None = None
        sessions.onWanted(self._isWanted)

    def start(self) -> None:
        """
        We are a member: begin.  More calls do nothing.
        """
        if self._port is not None:
            return
        self._port = self._context.links.open(self)
        if self._port is None:
            return
        self._run = self._entropy(16)
        self._linksChanged()

    def stop(self) -> None:
        """
        End, and leave no timer behind.
        """
        self._schedule.stop()
        if self._port is not None:
            self._port.close()
            self._port = None
        self._joined.clear()
        self.neighbours.stop()

    # Questions.

    def _linksChanged(self) -> None:
        if self._port is not None:
            self._schedule.moved()

    def _isWanted(self, identity: bytes, turn: int) -> None:
        """
        Somebody is to be reached.  Whom we found is introduced already, and we ask only when that did not help.
        """
        isServer = any(each.identity == identity for each in self._us.participant.servers())
        if self._joined and not isServer and (turn or self.neighbours.get(identity) is None):
            self._wanted = {*self._wanted, identity} if len(self._wanted) < WANTED_MAXIMUM else self._wanted
            self._schedule.soon()

    def _ask(self) -> None:
        try:
            self._askAll()
        except Exception:  # the next question may do better
            self._context.failures.caught("question on links")

    def _askAll(self) -> None:
        port = self._port
        wanted = next(iter(self._wanted)) if len(self._wanted) == 1 else b""
        self._wanted.clear()
        self._challenge, self._challengeBefore = self._entropy(16), self._challenge
        self._follow()
        seal = self._seals.newest
        for link, source in self._joined:
            datagram = None if seal is None else self._datagram(seal, QUESTION, bytes(16), wanted)
            if port is not None and datagram is not None and port.ask(datagram, link, source):
                self._counters["lan-questions-sent"] += 1

    def _follow(self) -> None:
        """
        Listen where our links are now.
        """
        assert self._port is not None
        sources = self._links.sources()
        for gone in self._joined:
            if gone not in sources:
                self._port.leave(*gone)
        self._joined = [each for each in sources if self._port.join(*each)]

    def _datagram(self, seal: LanSeal, step: int, echo: bytes, wanted: bytes = b"") -> bytes | None:
        us, said = self._us, self._us.participant.announcement()
        if said is None:
            return None
        message = LanMessage(step, us.port, self._run, self._challenge, echo, wanted, *said, bytes(64))
        signature = us.sign(message.proof(us.membership.network, us.participant.identity))
        return seal.sealed(replace(message, signature=signature), self._entropy)

    # What is heard.

    def heard(self, datagram: bytes, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.links.LinkReceiver}.
        """
        reason = self._heard(datagram, sender)
        if reason:
            self._counters[_STRANGERS if reason == _STRANGERS else f"drop-lan-{reason}"] += 1

    def _heard(self, datagram: bytes, sender: tuple[str, int]) -> str:
        opened = None if self._port is None else self._seals.opened(datagram)
        if opened is None:
            return self._heardStranger(datagram, sender)
        seal, octets = opened
        message = parse(octets)
        certificate = None if message is None else unverified(message.certificate, Certificate)
        if message is None or certificate is None:
            return "malformed"
        if certificate.identity == self._us.participant.identity:
            return ""  # we hear ourselves
        if not self._isNew(datagram):
            return "stale"
        if not self._mayVerify(certificate.identity, sender[0], isAnswer=self._isOurs(message.echo)):
            return "throttled"
        if not self._isValid(message, certificate.identity) or not self._us.participant.mayReach(sender[0]):
            return "invalid"
        return self._understood(seal, message, certificate, sender)

    def _heardStranger(self, datagram: bytes, sender: tuple[str, int]) -> str:
        """
        It may be somebody with an invitation of ours.
        """
        host, membership = self._us.host, self._us.membership
        if host is None or not self._us.participant.mayReach(sender[0]):
            return _STRANGERS
        if not (self._strangers.take(sender[0]) and self._allStrangers.take("")):
            return "throttled"
        answer = host.answer(datagram, membership.network)
        if answer is None:
            return _STRANGERS
        if self._port is not None and self._port.answer(answer, sender):
            self._counters["lan-answers-sent"] += 1
        return ""

    def _mayVerify(self, identity: bytes, host: str, *, isAnswer: bool) -> bool:
        """
        Is there a budget left for a message whose signature is not verified yet?
        """
        if self.neighbours.isAt(identity, host):
            return self._budgets.takeOfNeighbour(identity, host)
        if self._us.participant.claims.announcement(identity) is not None:
            return self._budgets.takeOfMember(identity, isAnswer=isAnswer)
        return self._budgets.takeOfStranger(host, isAnswer=isAnswer)

    def _isOurs(self, echo: bytes) -> bool:
        return echo in (self._challenge, self._challengeBefore) and any(echo)

    def _isNew(self, datagram: bytes) -> bool:
        """
        Did this datagram not come lately?  Somebody who recorded it must not use up what its sender may say.
        """
        chance = bytes(datagram[:CHANCE])
        if chance in self._lately:
            return False
        if len(self._lately) >= LATELY_MAXIMUM:
            del self._lately[next(iter(self._lately))]
        self._lately[chance] = None
        return True

    def _isValid(self, message: LanMessage, identity: bytes) -> bool:
        participant = self._us.participant
        proof = message.proof(self._us.membership.network, identity)
        if not isSignature(message.signature, proof, identity):
            return False
        known = participant.claims.announcement(identity)
        said = message.certificate, message.claim
        if known is not None and (known.signedCertificate, known.signedClaim) == said:
            return True
        return participant.isValid(*said)

    def _understood(self, seal: LanSeal, message: LanMessage, certificate: Certificate, sender: tuple[str, int]) -> str:
        place = sender[0], message.port
        if message.step == QUESTION:
            return self._questioned(seal, message, certificate.identity, sender)
        if not self._isOurs(message.echo):
            return "stale"
        self._counters["lan-found"] += 1
        self._us.participant.claims.offer(message.certificate, message.claim)
        self.neighbours.found(certificate.identity, certificate.exchangeKey, message.run, place)
        if message.step == ANSWER:
            return self._answer(seal, RECEIPT, message, certificate.identity, sender)
        return ""

    def _questioned(self, seal: LanSeal, message: LanMessage, identity: bytes, sender: tuple[str, int]) -> str:
        isKnown = self.neighbours.heard(identity, message.run, (sender[0], message.port))
        isForUs = message.wanted == self._us.participant.identity
        lags = seal is not self._seals.newest  # it does not hear our own questions, by which it would go on knowing us
        if isForUs or (not message.wanted and (lags or not isKnown)):
            return self._answer(seal, ANSWER, message, identity, sender)
        return ""

    def _answer(self, seal: LanSeal, step: int, message: LanMessage, identity: bytes, sender: tuple[str, int]) -> str:
        if not self._answers.take(f"{identity.hex()} {sender[0]}"):
            return "throttled"
        if not self._challenge:
            self._challenge = self._entropy(16)
        datagram = self._datagram(seal, step, message.challenge)
        if datagram is not None and self._port is not None and self._port.answer(datagram, sender):
            self._counters["lan-answers-sent"] += 1
        return ""
