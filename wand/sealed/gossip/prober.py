"""
Probes: is a member there?  If it does not answer, it is asked twice again, and then others are asked whether it answers
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.messages import Probe, Probed, ProbeFor
from wand.timing.token_buckets import TokenBuckets

#: How often a member is asked before others are: each of them may have to make a session first, which costs twenty
#: times as much as a probe.
ATTEMPTS: Final = 3

#: Seconds for an answer before the next attempt, and after the last one until the member is silent.  A session that has
#: to be made first fits into that.
PATIENCE: Final = 1.0
PATIENCE_INDIRECT: Final = 3.0

#: How many others are asked.
HELPERS: Final = 3

#: How many probes are unanswered at most at a time.
PENDING_MAXIMUM: Final = 64

#: For how many probes one member may ask us: per second in the long run, and at once.
FAVOUR_RATE: Final = 0.5
FAVOUR_BURST: Final = 8.0

#: How many probes all others together may ask us to send to one member: it may be that only a handshake goes there.
TARGET_RATE: Final = 0.2
TARGET_BURST: Final = 4.0
TARGETS: Final = 256

COUNTERS: Final = {
    "gossip-probes": "probes sent",
    "gossip-probes-indirect": "probes sent because another member got no answer",
    "drop-gossip-favour": "requests to probe a member dropped: too many, or not of one that watches it",
}


@attrs.define(eq=False)
class Question:
    """
    A probe that was not answered yet.

    @ivar watching: do we watch the member?
    @ivar answered: called with whether it was.
    @ivar attempts: how often it was sent.
    """

    peer: bytes
    watching: bool
    timer: IDelayedCall
    helpers: Sequence[bytes]
    answered: Callable[[bool], object]
    attempts: int = 1


class Prober:
    """
    Asks members whether they are there.
    """

    def __init__(
        self,
        clock: IReactorTime,
        random: Random,
        counters: Counters,
        send: Callable[[bytes, Probe | ProbeFor | Probed], object],
        probe: Callable[[int, bytes, bool], Probe],
        helpers: Callable[[bytes], Sequence[bytes]],
    ) -> None:
        """
        @param send: sends a message to a member.
        @param probe: makes a probe with a number for a member, whom we watch or not.
        @param helpers: who might reach a member that does not answer.
        """
        counters.declare(COUNTERS)
        self._clock = clock
        self._random = random
        self._counters = counters
        self._send = send
        self._probe = probe
        self._helpers = helpers
        self._number = random.randrange(1 << 31)
        self._pending: dict[int, Question] = {}
        self._favours = TokenBuckets(clock, FAVOUR_RATE, FAVOUR_BURST, PENDING_MAXIMUM)
        self._targets = TokenBuckets(clock, TARGET_RATE, TARGET_BURST, TARGETS)

    @property
    def isFree(self) -> bool:
        """
        May one more probe be sent?
        """
        return len(self._pending) < PENDING_MAXIMUM

    def ask(
        self, peer: bytes, answered: Callable[[bool], object], *, watching: bool = True, patiently: bool = True
    ) -> None:
        """
        Probe a member.

        @param answered: called later with whether it is there.
        @param watching: whether we watch it: then others are asked if it does not answer.
        @param patiently: whether it is asked again if it does not answer.
        """
        if not self.isFree:
            return
        self._number = (self._number + 1) % (1 << 32)
        ended = self._repeat if patiently else self._ended
        timer = self._clock.callLater(PATIENCE if patiently else PATIENCE_INDIRECT, ended, self._number)
        self._pending[self._number] = Question(peer, watching, timer, (), answered)
        self._counters["gossip-probes"] += 1
        self._send(peer, self._probe(self._number, peer, watching))

    def alive(self, peer: bytes, number: int) -> bool:
        """
        A member answered.

        @return: whether that is the answer to a probe of ours.
        """
        question = self._pending.get(number)
        if question is None or question.peer != peer:
            return False
        self._settle(number, True)
        return True

    def probed(self, helper: bytes, number: int, member: bytes) -> None:
        """
        Somebody says that a member answers it.  Only whom we asked about that member can say so.
        """
        question = self._pending.get(number)
        if question is not None and question.peer == member and helper in question.helpers:
            self._settle(number, True)

    def probeFor(self, asker: bytes, number: int, member: bytes, *, mayAsk: bool) -> None:
        """
        Somebody wants to know whether a member answers us.

        @param mayAsk: whether it watches that member.
        """
        if not mayAsk or not self._favours.take(asker.hex()) or not self._targets.take(member.hex()):
            self._counters["drop-gossip-favour"] += 1
            return

        def answered(isThere: bool) -> None:
            if isThere:
                self._send(asker, Probed(number, member))

        self._counters["gossip-probes-indirect"] += 1
        self.ask(member, answered, watching=False, patiently=False)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        for question in self._pending.values():
            question.timer.cancel()
        self._pending.clear()

    def _repeat(self, number: int) -> None:
        question = self._pending[number]
        question.attempts += 1
        isLast = question.attempts == ATTEMPTS
        question.timer = self._clock.callLater(PATIENCE, self._askOthers if isLast else self._repeat, number)
        self._send(question.peer, self._probe(number, question.peer, question.watching))

    def _askOthers(self, number: int) -> None:
        question = self._pending[number]
        question.helpers = self._helpers(question.peer) if question.watching else ()
        question.timer = self._clock.callLater(PATIENCE_INDIRECT, self._ended, number)
        for helper in question.helpers:
            self._send(helper, ProbeFor(number, question.peer))

    def _ended(self, number: int) -> None:
        question = self._pending.pop(number)
        question.answered(False)

    def _settle(self, number: int, isThere: bool) -> None:
        question = self._pending.pop(number)
        question.timer.cancel()
        question.answered(isThere)
