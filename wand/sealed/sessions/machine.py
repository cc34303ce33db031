"""
The states of a conversation, and what leads from one to another.

    Idle          there is no session and nobody wants one
    Initiating    there is no session and we try to make one
    Established   there is a session
    Rekeying      there is a session and we try to make the next one
    Ended         for good

Sessions that the peer initiates arrive by C{confirmed}, in any state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from automat import TypeMachineBuilder

from wand.sealed.sessions.attempt import Attempt
from wand.sealed.sessions.session import Session


class Course(Protocol):
    """
    What happens to a conversation.
    """

    def want(self) -> None:
        """
        There is something to send.
        """

    def answered(self, session: Session) -> None:
        """
        The peer answered our initiation with a session.
        """

    def confirmed(self, session: Session) -> None:
        """
        The peer used the session with which we answered its initiation.
        """

    def renew(self) -> None:
        """
        The session is old, or the peer silent.
        """

    def gaveUp(self) -> None:
        """
        Nobody answered the attempt.
        """

    def expired(self) -> None:
        """
        The session is too old to carry anything.
        """

    def hasten(self) -> None:
        """
        The way to the peer may be another: an attempt that is under way should be repeated at once.
        """

    def tryAt(self, place: tuple[str, int]) -> None:
        """
        The peer may be at a place: what was sent to the others goes there at once, if an attempt is under way.
        """

    def left(self) -> None:
        """
        The peer said goodbye.
        """

    def mayAnswer(self, goesFirst: bool) -> bool:
        """
        The peer initiated.  If we did at the same moment, one of the two has to give way.

        @param goesFirst: is our identity the lower one?
        """

    def resume(self) -> None:
        """
        There is a session: this machine takes the place of another, which was let go of while nothing happened.
        """

    def end(self) -> None:
        """
        It is over: the peer was revoked, or the program stops.
        """


class Verbs(Protocol):
    """
    What the machine makes a conversation do.
    """

    def begin(self, gaveUp: Callable[[], None]) -> Attempt:
        """
        Begin an attempt.
        """

    def adopt(self, session: Session) -> None:
        """
        Use this session from now on.
        """

    def lapse(self) -> None:
        """
        Let go of the session, and of the one before.
        """

    def discard(self) -> None:
        """
        Drop what waits for a session, and the sessions that the peer did not use yet; leave no timer behind.
        """

    def enter(self, state: str) -> None:
        """
        Remember the state, for people.
        """


def _begin(course: Course, verbs: Verbs) -> Attempt:
    return verbs.begin(course.gaveUp)


_machine = TypeMachineBuilder(Course, Verbs)  # type: ignore[type-abstract]  # it only names them

_idle = _machine.state("Idle")
_initiating = _machine.state("Initiating", _begin)
_established = _machine.state("Established")
_rekeying = _machine.state("Rekeying", _begin)
_ended = _machine.state("Ended")

#: What changes nothing in which state.
_UNMOVED: Final[Sequence[tuple[Any, Sequence[Any]]]] = (
    (_idle, (Course.renew, Course.answered, Course.gaveUp, Course.expired, Course.hasten, Course.tryAt, Course.left)),
    (_initiating, (Course.left, Course.want, Course.renew, Course.expired, Course.resume)),
    (_established, (Course.hasten, Course.tryAt, Course.want, Course.gaveUp, Course.resume)),
    (_rekeying, (Course.want, Course.renew, Course.resume)),
    (_ended, (Course.hasten, Course.tryAt, Course.left, Course.want, Course.answered, Course.confirmed)),
    (_ended, (Course.renew, Course.gaveUp, Course.expired, Course.end, Course.resume)),
)

for _state, _happenings in _UNMOVED:
    for _happening in _happenings:
        _state.upon(_happening).loop().returns(None)

_idle.upon(Course.resume).to(_established).returns(None)
_idle.upon(Course.mayAnswer).loop().returns(True)
_established.upon(Course.mayAnswer).loop().returns(True)
_ended.upon(Course.mayAnswer).loop().returns(False)


@_idle.upon(Course.want).to(_initiating)
def _wanted(course: Course, verbs: Verbs) -> None:
    verbs.enter("initiating")


@_established.upon(Course.renew).to(_rekeying)
def _renewing(course: Course, verbs: Verbs) -> None:
    verbs.enter("rekeying")


@_idle.upon(Course.confirmed).to(_established)
@_established.upon(Course.confirmed).loop()
@_established.upon(Course.answered).loop()
def _adopt(course: Course, verbs: Verbs, session: Session) -> None:
    verbs.enter("established")
    verbs.adopt(session)


@_initiating.upon(Course.answered).to(_established)
@_initiating.upon(Course.confirmed).to(_established)
@_rekeying.upon(Course.answered).to(_established)
@_rekeying.upon(Course.confirmed).to(_established)
def _reached(course: Course, verbs: Verbs, attempt: Attempt, session: Session) -> None:
    attempt.stop()
    verbs.enter("established")
    verbs.adopt(session)


@_initiating.upon(Course.gaveUp).to(_idle)
@_rekeying.upon(Course.gaveUp).to(_idle)
def _silent(course: Course, verbs: Verbs, attempt: Attempt) -> None:
    attempt.stop()
    verbs.enter("silent")
    verbs.lapse()
    verbs.discard()


@_established.upon(Course.expired).to(_idle)
def _unused(course: Course, verbs: Verbs) -> None:
    verbs.enter("idle")
    verbs.lapse()


@_established.upon(Course.left).to(_idle)
def _left(course: Course, verbs: Verbs) -> None:
    verbs.enter("left")
    verbs.lapse()
    verbs.discard()


@_rekeying.upon(Course.left).to(_idle)
def _leftMeanwhile(course: Course, verbs: Verbs, attempt: Attempt) -> None:
    attempt.stop()
    _left(course, verbs)


@_initiating.upon(Course.hasten).loop()
@_rekeying.upon(Course.hasten).loop()
def _hasten(course: Course, verbs: Verbs, attempt: Attempt) -> None:
    attempt.hasten()


@_initiating.upon(Course.tryAt).loop()
@_rekeying.upon(Course.tryAt).loop()
def _tryAt(course: Course, verbs: Verbs, attempt: Attempt, place: tuple[str, int]) -> None:
    attempt.tryAt(place)


@_rekeying.upon(Course.expired).loop()
def _overdue(course: Course, verbs: Verbs, attempt: Attempt) -> None:
    verbs.lapse()


@_initiating.upon(Course.mayAnswer).loop()
@_rekeying.upon(Course.mayAnswer).loop()
def _collided(course: Course, verbs: Verbs, attempt: Attempt, goesFirst: bool) -> bool:
    if goesFirst and attempt.isFresh:
        return False
    attempt.withdraw()
    return True


@_idle.upon(Course.end).to(_ended)
@_established.upon(Course.end).to(_ended)
def _end(course: Course, verbs: Verbs) -> None:
    verbs.enter("ended")
    verbs.lapse()
    verbs.discard()


@_initiating.upon(Course.end).to(_ended)
@_rekeying.upon(Course.end).to(_ended)
def _endAttempt(course: Course, verbs: Verbs, attempt: Attempt) -> None:
    attempt.stop()
    verbs.enter("ended")
    verbs.lapse()
    verbs.discard()


#: Makes the machine of one conversation.
makeCourse = _machine.build()
