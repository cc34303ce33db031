"""
Probing: a peer is asked at the places where it may be, and the best one at which it answers is used.

  - The better rank is taken as soon as it answers; of two of one rank the one that answers clearly sooner.
  - Where the peer sends from is taken, if that is no worse: it moved.
  - A worse rank is taken only if the way in use was asked and does not answer.
"""

from __future__ import annotations

from math import inf
from typing import Final, Protocol

from twisted.internet.defer import Deferred

from wand.interfaces.membership import Member
from wand.sealed.sessions.delivery import SAMPLES, Delivery
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Correspondent
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
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.vigil import PATIENCE
from wand.sealed.sessions.way import Way
from wand.timing.token_buckets import TokenBuckets

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

#: Why a way is taken.  With the last two nothing is lost.
NO_ANSWER: Final = "no answer at the way before"
SWALLOWED: Final = "the way before answers, but nothing else arrives there"
HEARD: Final = "heard there"
BETTER: Final = "a better way answers"
SOONER: Final = "it answers sooner"

#: Seconds without an answer that are enough where the peer itself sends over another way.
PATIENCE_FOLLOWING: Final = 0.2

#: Octets of the plaintexts of samples: from this on, and how many more at random.
SAMPLE_SIZE: Final = 64
SAMPLE_MORE: Final = 2

#: Seconds within which the peer must have sent something from a place to be followed there.
HEARD_LATELY: Final = 2.0

#: How many places are asked in one round: those to which datagrams go directly, and relays and streams.
PROBED: Final = 8
PROBED_INDIRECT: Final = 4

#: How many answers from a place of the same rank as the one in use make a comparison.
COMPARED: Final = 3

#: Seconds for which a way that was given up is not taken again without an answer.
GIVEN_UP: Final = 10.0


class Probed(Protocol):
    """
    The conversation with the peer.
    """

    @property
    def peer(self) -> Correspondent:
        """
        Who it is.
        """

    @property
    def member(self) -> Member | None:
        """
        What its last valid certificate says.
        """

    @property
    def session(self) -> Session | None:
        """
        The session in use.
        """

    @property
    def recent(self) -> Recent:
        """
        What went to the peer lately.
        """

    def repeat(self) -> None:
        """
        What was sent lately may be lost: send it once more, over the way in use.
        """


class Probing:
    """
    Asks one peer, and chooses the way.

    @ivar delivery: whether what goes over the way in use arrives.
    @ivar hasMoved: did this host move, and was nothing answered at the way in use since?
    """

    def __init__(self, shared: Shared, probed: Probed, place: PeerPlace) -> None:
        self._shared = shared
        self._probed = probed
        self._place = place
        self._seconds = shared.clock.seconds
        self.delivery = Delivery(probed.recent)
        self.hasMoved = False
        self._pings: dict[bytes, tuple[Deferred[float], float]] = {}
        self._strange = TokenBuckets(shared.clock, STRANGE_RATE, STRANGE_BURST, STRANGE_MEMORY)
        self._challenged: tuple[str, int] | None = None

    # Questions.

    def askInUse(self) -> bool:
        """
        Ask the peer at the place in use, because nothing is heard from it; with samples, if too little goes there.

        @return: was it sent?
        """
        way, session, place = self._place.way, self._probed.session, self._place
        if way is None or session is None or place.port is None or place.endpoint is None:
            return False
        for _ in range(SAMPLES if self.delivery.wantsSamples(session) else 0):
            sample = sampleOf(SAMPLE_SIZE + SAMPLE_MORE * self._shared.entropy(1)[0])
            if self._shared.train.add(session, [memoryview(sample)], place.port, place.endpoint):
                self._shared.train.send()
        return bool(self.ask(way, isUnheard=True))

    def ask(self, way: Way, *, isUnheard: bool = False) -> bytes:
        """
        Ask the peer at a place.

        @param isUnheard: is it because nothing is heard from the peer?
        @return: what its answer has; nothing if the question was not sent.
        """
        chance = self._shared.entropy(CHANCE)
        port = self._shared.portFor(way.place)
        sender = None if port is None else port.answering(way.place)
        isInUse = way is self._place.way and self._place.endpoint is not None
        if isInUse and self._place.endpoint is not None:
            sender, place = self._place.port, self._place.endpoint
        else:
            place = way.place
        session = self._probed.session
        if sender is None or session is None:
            return b""
        train = self._shared.train
        train.send()
        if isInUse:
            self.delivery.asked(chance, session)
        question = challengeOf(chance, session.sent, isUnheard=isUnheard)
        if not train.add(session, [memoryview(question)], sender, place):
            return b""
        train.send()
        way.asked(chance, self._seconds())
        self._shared.counters["sealed-probes-sent"] += 1
        return chance

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

    @property
    def mayBecomeBetter(self) -> bool:
        """
        See L{wand.sealed.sessions.rounds.Asking}.
        """
        current = self._place.way
        return current is None or any(way.isTold and way.rank < current.rank for way in self._place.ways)

    @property
    def isIndirect(self) -> bool:
        """
        Is a relay or a stream in use?
        """
        return self._place.way is not None and not self._place.way.rank.isDirect

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
            self.delivery.answered(chance, session, int.from_bytes(answer[CHANCE_END:], "big"))
        answered, asked = self._pings.pop(chance, (None, now))
        if answered is not None:
            answered.callback(now - asked)
        current, reason = self._place.way, self._reasonFor(way, now)
        if reason:
            if current is not None and current is not way and current.isDoubtful(now, PATIENCE):
                current.giveUp(now)  # or it would be the next to be taken
            self.take(way, reason, sender)
        elif way is current and self.hasMoved:
            self.hasMoved = False
            self._probed.repeat()

    def _challenge(self, way: Way, sender: tuple[str, int]) -> None:
        now, current = self._seconds(), self._place.way
        isWorse = current is not None and current.rank < way.rank
        isSettled = way.isProven and isWorse and current is not None and current.unansweredSince == inf
        if now - way.askedAt < (KNOWN_INTERVAL if isSettled else CHALLENGE_INTERVAL):
            return
        if not (way.isTold or way.isProven or self._strange.take("")):
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
            return self._strange.take(sender[0])
        return not wasChallenged and self._strange.take("")

    # What is used.

    def begin(self, place: tuple[str, int] | None, isSilent: bool) -> None:
        """
        A session begins.

        @param place: where the peer read what we sent for it; C{None} if that is unknown.
        @param isSilent: does the peer owe an answer in the session before?
        """
        self._place.rememberSession()
        if place is None:
            return
        current, hadSession = self._place.way, self._probed.session is not None
        rank = self._place.ways.at(place).rank
        isNoBetter = current is not None and (
            current.rank <= rank or self._place.ways.at(place).isShunned(self._seconds())
        )
        if hadSession and isNoBetter and not isSilent and place != self._place.endpoint:
            self._place.ways.at(place).isProven = True
            return
        self.take(self._place.ways.at(place), "a handshake was answered there", place)

    def end(self) -> None:
        """
        There is no session any more, so no challenge can be answered.
        """
        self._place.ways.doubt()

    def another(self) -> Way | None:
        """
        The way to take when the one in use is given up: the best that is proven, or else a relay or a stream.
        """
        now, current = self._seconds(), self._place.way
        others = [way for way in self._place.ways if way is not current and now - way.gaveUpAt >= GIVEN_UP]
        usable = [way for way in others if way.isProven or (way.isTold and not way.rank.isDirect)]
        return min(usable, key=lambda way: (way.isShunned(now), not way.isProven, way.preference), default=None)

    def take(self, way: Way, reason: str, place: tuple[str, int] | None = None) -> None:
        """
        Use a way.

        @param reason: why, in a few words for people.
        @param place: as the port gave it, if the peer was heard there.
        """
        before, current = self._place.endpoint, self._place.way
        if place is not None:
            way.isProven, way.silent = True, 0
        if not self._place.use(place or way.place):
            return
        way.why = reason
        self.delivery.begin(self._probed.session)
        if before is None:
            return
        self._shared.counters["sealed-roamed"] += 1
        if reason not in (BETTER, SOONER) or (current is not None and current.isDoubtful(self._seconds(), PATIENCE)):
            self.hasMoved = False
            self._probed.repeat()
        if self._probed.session is not None:
            self._shared.listener.wayChanged(self._probed.peer, self._probed.member, way.place, reason)

    def _reasonFor(self, way: Way, now: float) -> str:
        """
        Why a way should be used that has just answered; nothing if it should not.
        """
        current = self._place.way
        if current is None or self._place.endpoint is None:
            return "it answers"
        if way is current:
            return ""
        isShunned = way.isShunned(now)
        if way.rank < current.rank and not isShunned:
            return BETTER
        isThere = now - way.heardAt < HEARD_LATELY
        if current.isDoubtful(now, PATIENCE_FOLLOWING if isThere else PATIENCE):
            return NO_ANSWER
        if way.rank > current.rank or isShunned:
            return ""
        if isThere:
            return HEARD
        isSooner = way.answers >= COMPARED and current.unansweredSince == inf and way.isSooner(current)
        return SOONER if isSooner else ""
