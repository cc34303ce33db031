"""
Tests for L{wand.sealed.sessions.machine}.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.attempt import Attempt
from wand.sealed.sessions.machine import Course, makeCourse
from wand.sealed.sessions.session import Session


class NoAttempt(Attempt):
    """
    An attempt that sends nothing.
    """

    def __init__(self) -> None:
        self.isYoung = True
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True

    def withdraw(self) -> None:
        pass

    def hasten(self) -> None:
        pass

    def tryAt(self, place: tuple[str, int]) -> None:
        pass

    @property
    def isFresh(self) -> bool:
        return self.isYoung


class Recorder:
    """
    Does nothing, and knows what it was told to do.
    """

    def __init__(self) -> None:
        self.attempts: list[NoAttempt] = []
        self.state = "idle"

    def begin(self, gaveUp: Callable[[], None]) -> Attempt:
        self.attempts.append(NoAttempt())
        return self.attempts[-1]

    def adopt(self, session: Session) -> None:
        pass

    def lapse(self) -> None:
        pass

    def discard(self) -> None:
        pass

    def enter(self, state: str) -> None:
        self.state = state


SESSION = cast(Session, None)

INPUTS: dict[str, Callable[[Course], object]] = {
    "want": lambda course: course.want(),
    "answered": lambda course: course.answered(SESSION),
    "confirmed": lambda course: course.confirmed(SESSION),
    "renew": lambda course: course.renew(),
    "gaveUp": lambda course: course.gaveUp(),
    "expired": lambda course: course.expired(),
    "first": lambda course: course.mayAnswer(True),
    "second": lambda course: course.mayAnswer(False),
    "hasten": lambda course: course.hasten(),
    "tryAt": lambda course: course.tryAt(("192.0.2.1", 1)),
    "left": lambda course: course.left(),
    "end": lambda course: course.end(),
}


class MachineTests(SynchronousTestCase):
    """
    Whatever happens, in whatever order, is provided for.
    """

    def test_everyOrder(self) -> None:
        """
        Every sequence of four inputs is taken, and an attempt is at work only while the state says so.
        """
        for names in product(INPUTS, repeat=4):
            verbs = Recorder()
            course = makeCourse(verbs)
            for name in names:
                INPUTS[name](course)
            working = [attempt for attempt in verbs.attempts if not attempt.stopped]
            self.assertEqual(len(working), int(verbs.state in ("initiating", "rekeying")), names)

    def test_collision(self) -> None:
        """
        Only the end that goes first, and began just now, does not answer.
        """
        verbs = Recorder()
        course = makeCourse(verbs)
        self.assertTrue(course.mayAnswer(True))
        course.want()
        self.assertEqual((course.mayAnswer(True), course.mayAnswer(False)), (False, True))
        verbs.attempts[0].isYoung = False
        self.assertTrue(course.mayAnswer(True))
        course.end()
        self.assertFalse(course.mayAnswer(False))
