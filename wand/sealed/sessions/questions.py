"""
Questions: a peer is asked at the places where it may be, and what it asks is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from twisted.internet.defer import Deferred

from wand.sealed.sessions.choice import COMPARED, Probed
from wand.sealed.sessions.delivery import SAMPLES, Delivery
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.presence import (
    CHANCE,
    CHANCE_END,
    PRESENCE_SIZE,
    SIGN_OF_LIFE,
    answerOf,
    challengeOf,
    counterOf,
    sampleOf,
)
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.way import Way
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.ports import DatagramSender

#: Seconds between two questions at one place, because the peer is heard there; and if it is proven, and worse than the
#: way in use.
CHALLENGE_INTERVAL: Final = 0.2
KNOWN_INTERVAL: Final = 1.0

#: How many questions and answers go to places that nobody named, because the peer is heard there: in a second in the
#: long run, and at once.  And how many answers go to one host at which the peer is said to be and did not prove to be.
#: Between two NATs that take another port for each destination and let everybody in, every question comes from a place
#: that was never seen, and begets another.
STRANGE_RATE: Final = 5.0
STRANGE_BURST: Final = 16.0
STRANGE_MEMORY: Final = 32

#: Octets of the plaintexts of samples: from this on, and how many more at random.
SAMPLE_SIZE: Final = 64
SAMPLE_MORE: Final = 2

#: How many places are asked in one round: those to which datagrams go directly, and relays and streams.
PROBED: Final = 8
PROBED_INDIRECT: Final = 4


class Questions:
    """
    Asks one peer, and answers it.
    """

    def __init__(
        self,
        shared: Shared,
        probed: Probed,
        place: PeerPlace,
        delivery: Delivery,
        answered: Callable[[Way, tuple[str, int], float], object],
    ) -> None:
        """
        @param delivery: whether what goes over the way in use arrives.
        @param answered: called with a way on which a question was answered, where the answer came from, and when.
        """
        self._shared = shared
        self._probed = probed
        self._place = place
        self._delivery = delivery
        self._answered = answered
        self._seconds = shared.clock.seconds
        self._pings: dict[bytes, tuple[Deferred[float], float]] = {}
        self._strange = TokenBuckets(shared.clock, STRANGE_RATE, STRANGE_BURST, STRANGE_MEMORY)
        self._strangeUntil = -inf  # from then on its buckets are full again
        self._challenged: tuple[str, int] | None = None

    @property
    def isBusy(self) -> bool:
        """
        Does somebody wait for an answer, or went one to a place that nobody named just now?
        """
        return bool(self._pings) or self._seconds() < self._strangeUntil

    # What we ask.

    def askInUse(self, *, isUnheard: bool = True) -> bool:
        """
        Ask the peer at the place in use, because nothing is heard from it.

        @param isUnheard: does it owe us an answer?  Then samples go there, too, if too little else does.
        @return: was it sent?
        """
        way, session, place = self._place.way, self._probed.session, self._place
        if way is None or session is None or place.port is None or place.endpoint is None:
            return False
        for _ in range(SAMPLES if isUnheard and self._delivery.wantsSamples(session) else 0):
            sample = sampleOf(SAMPLE_SIZE + SAMPLE_MORE * self._shared.entropy(1)[0])
            if self._shared.train.add(session, [memoryview(sample)], place.port, place.endpoint):
                self._shared.train.send()
        return bool(self.ask(way, isUnheard=isUnheard))

    def ask(self, way: Way, *, isUnheard: bool = False) -> bytes:
        """
        Ask the peer at a place.

        @param isUnheard: is it because nothing is heard from the peer?
        @return: what its answer has; nothing if the question was not sent.
        """
        chance = self._shared.entropy(CHANCE)
        sender, place = self._towards(way)
        session = self._probed.session
        if sender is None or session is None:
            return b""
        train = self._shared.train
        train.send()
        if way is self._place.way:
            self._delivery.asked(chance, session)
        question = challengeOf(chance, session.sent, isUnheard=isUnheard)
        if not train.add(session, [memoryview(question)], sender, place):
            return b""
        train.send()
        way.asked(chance, self._seconds())
        self._shared.counters["sealed-probes-sent"] += 1
        return chance

    def _towards(self, way: Way) -> tuple[DatagramSender | None, tuple[str, int]]:
        """
        Through what to send over a way, and where to: over that in use as everything else goes.
        """
        if way is self._place.way and self._place.endpoint is not None:
            return self._place.port, self._place.endpoint
        port = self._shared.portFor(way.place)
        return None if port is None else port.answering(way.place), way.place

    def tellFromAnyAddress(self) -> None:
        """
        Say where we send from: at the address of ours that the peer knows, and at the one that the system chooses now.
        """
        place, session = self._place, self._probed.session
        if place.port is None or place.endpoint is None or session is None:
            return
        for port in dict.fromkeys((self._shared.portFor(place.endpoint), place.port)):
            if port is not None and self._shared.train.add(session, [memoryview(SIGN_OF_LIFE)], port, place.endpoint):
                self._shared.train.send()

    def askAround(self, since: float, everywhere: bool, number: int) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        wanted = [way for way in self._place.ways if self._isWorthAsking(way, since, everywhere)]
        wanted.sort(key=lambda way: way.rank)
        direct = [way for way in wanted if way.rank.isDirect]
        start = number * PROBED % len(direct) if len(direct) > PROBED else 0
        indirect = [way for way in wanted if not way.rank.isDirect]
        for way in (*(direct[start:] + direct[:start])[:PROBED], *indirect[:PROBED_INDIRECT]):
            self.ask(way)
        return bool(wanted)

    def _isWorthAsking(self, way: Way, since: float, everywhere: bool) -> bool:
        if way.askedAt < since:
            way.answers = 0
        isCandidate = way.isTold or way.isProven or way.usedSince is not None
        if not isCandidate or (way.answeredAt >= since and (way.answers >= COMPARED or everywhere)):
            return False
        current = self._place.way
        if everywhere or current is None:
            return True
        if way is current:
            return any(other is not way and other.isTold and other.rank == way.rank for other in self._place.ways)
        return way.rank == current.rank or (way.rank < current.rank and way.answeredAt < since)

    def ping(self, way: Way) -> Deferred[float] | None:
        """
        Ask, and tell how long the answer took.

        @return: C{None} if the question cannot be sent.
        """
        chance = self.ask(way)
        if not chance:
            return None

        def cancel(deferred: Deferred[float]) -> None:
            self._pings.pop(chance, None)

        answered: Deferred[float] = Deferred(cancel)
        self._pings[chance] = answered, self._seconds()
        return answered

    # What is heard.

    def heardFrom(self, sender: tuple[str, int], size: int) -> None:
        """
        The peer was heard elsewhere than where it is, or at another address of ours.

        @param size: octets of the plaintext that came, for no more may go there.
        """
        place = self._place
        if sender == place.endpoint:
            place.use(sender)
            return
        if size < PRESENCE_SIZE or self._shared.portFor(sender) is None:
            return
        way = place.ways.at(sender)
        if size != PRESENCE_SIZE:
            way.heardAt = self._seconds()
        self._challenge(way, sender)

    def aliveFrom(self, sender: tuple[str, int]) -> None:
        """
        The peer says that it sends from there.
        """
        way = self._place.ways.get(sender)
        if way is not None and sender != self._place.endpoint:
            way.heardAt = self._seconds()

    def questionReceived(self, question: memoryview, sender: tuple[str, int]) -> None:
        """
        The peer asks whether we are there: answer to where the question came from.
        """
        session, port = self._probed.session, self._shared.portFor(sender)
        if session is None or port is None:
            return
        way = self._place.ways.get(sender)
        if way is not None:
            way.questionedAt = self._seconds()
        if not self._mayAnswer(way, sender):
            return
        train = self._shared.train
        came = session.window.cameBefore(counterOf(question))
        if train.add(session, [memoryview(answerOf(question, came))], port.answering(sender), sender):
            train.send()

    def answerReceived(self, answer: memoryview, sender: tuple[str, int]) -> None:
        """
        What may be the answer to a challenge came.
        """
        chance, now = bytes(answer[2:CHANCE_END]), self._seconds()
        way, session = self._place.ways.get(sender), self._probed.session
        if way is None or not way.answered(chance, now):
            return
        if session is not None:
            self._delivery.answered(chance, session, int.from_bytes(answer[CHANCE_END:], "big"))
        answered, asked = self._pings.pop(chance, (None, now))
        if answered is not None:
            answered.callback(now - asked)
        self._answered(way, sender, now)

    def _challenge(self, way: Way, sender: tuple[str, int]) -> None:
        now, current = self._seconds(), self._place.way
        isWorse = current is not None and current.rank < way.rank
        isSettled = way.isProven and isWorse and current is not None and current.unansweredSince == inf
        if now - way.askedAt < (KNOWN_INTERVAL if isSettled else CHALLENGE_INTERVAL):
            return
        if not (way.isTold or way.isProven or self._maySendTo("")):
            self._shared.counters["sealed-places-ignored"] += 1
            return
        way.place = sender  # it says at which of our addresses the peer was heard
        if current is not None and isWorse and now - current.askedAt >= CHALLENGE_INTERVAL:
            self.ask(current)
        if self.ask(way):
            self._challenged = sender
            self._shared.counters["sealed-challenges-sent"] += 1

    def _mayAnswer(self, way: Way | None, sender: tuple[str, int]) -> bool:
        """
        May an answer go to where a question came from?  Not, if nothing proves that the peer is there, and the question
        was answered with one of ours already, which is as long.
        """
        wasChallenged, self._challenged = self._challenged == sender, None
        if sender == self._place.endpoint or (way is not None and way.isProven):
            return True
        if way is not None and way.isTold:
            return self._maySendTo(sender[0])
        return not wasChallenged and self._maySendTo("")

    def _maySendTo(self, host: str) -> bool:
        self._strangeUntil = self._seconds() + STRANGE_BURST / STRANGE_RATE
        return self._strange.take(host)
