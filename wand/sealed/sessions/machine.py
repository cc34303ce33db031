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

from collections.abc import Callable
from typing import Protocol

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


def _makeMachine() -> Callable[[Verbs], Course]:
    machine = TypeMachineBuilder(Course, Verbs)  # type: ignore[type-abstract]  # it only names them

    def begin(course: Course, verbs: Verbs) -> Attempt:
        return verbs.begin(course.gaveUp)

    idle = machine.state("Idle")
    initiating = machine.state("Initiating", begin)
    established = machine.state("Established")
    rekeying = machine.state("Rekeying", begin)
    ended = machine.state("Ended")

    idle.upon(Course.resume).to(established).returns(None)
    for active in (initiating, established, rekeying, ended):
        active.upon(Course.resume).loop().returns(None)
    idle.upon(Course.renew).loop().returns(None)
    idle.upon(Course.answered).loop().returns(None)
    idle.upon(Course.gaveUp).loop().returns(None)
    idle.upon(Course.expired).loop().returns(None)
    idle.upon(Course.mayAnswer).loop().returns(True)
    idle.upon(Course.hasten).loop().returns(None)
    for resting in (idle, established, ended):
        resting.upon(Course.tryAt).loop().returns(None)
    idle.upon(Course.left).loop().returns(None)
    initiating.upon(Course.left).loop().returns(None)
    established.upon(Course.hasten).loop().returns(None)
    ended.upon(Course.hasten).loop().returns(None)
    ended.upon(Course.left).loop().returns(None)
    initiating.upon(Course.want).loop().returns(None)
    initiating.upon(Course.renew).loop().returns(None)
    initiating.upon(Course.expired).loop().returns(None)
    established.upon(Course.want).loop().returns(None)
    established.upon(Course.gaveUp).loop().returns(None)
    established.upon(Course.mayAnswer).loop().returns(True)
    rekeying.upon(Course.want).loop().returns(None)
    rekeying.upon(Course.renew).loop().returns(None)
    ended.upon(Course.want).loop().returns(None)
    ended.upon(Course.answered).loop().returns(None)
    ended.upon(Course.confirmed).loop().returns(None)
    ended.upon(Course.renew).loop().returns(None)
    ended.upon(Course.gaveUp).loop().returns(None)
    ended.upon(Course.expired).loop().returns(None)
    ended.upon(Course.mayAnswer).loop().returns(False)
    ended.upon(Course.end).loop().returns(None)

    @idle.upon(Course.want).to(initiating)
    def wanted(course: Course, verbs: Verbs) -> None:
        verbs.enter("initiating")

    @established.upon(Course.renew).to(rekeying)
    def renewing(course: Course, verbs: Verbs) -> None:
        verbs.enter("rekeying")

    @idle.upon(Course.confirmed).to(established)
    @established.upon(Course.confirmed).loop()
    @established.upon(Course.answered).loop()
    def adopt(course: Course, verbs: Verbs, session: Session) -> None:
        verbs.enter("established")
        verbs.adopt(session)

    @initiating.upon(Course.answered).to(established)
    @initiating.upon(Course.confirmed).to(established)
    @rekeying.upon(Course.answered).to(established)
    @rekeying.upon(Course.confirmed).to(established)
    def reached(course: Course, verbs: Verbs, attempt: Attempt, session: Session) -> None:
        attempt.stop()
        verbs.enter("established")
        verbs.adopt(session)

    @initiating.upon(Course.gaveUp).to(idle)
    @rekeying.upon(Course.gaveUp).to(idle)
    def silent(course: Course, verbs: Verbs, attempt: Attempt) -> None:
        attempt.stop()
        verbs.enter("silent")
        verbs.lapse()
        verbs.discard()

    @established.upon(Course.expired).to(idle)
    def unused(course: Course, verbs: Verbs) -> None:
        verbs.enter("idle")
        verbs.lapse()

    @established.upon(Course.left).to(idle)
    def left(course: Course, verbs: Verbs) -> None:
        verbs.enter("left")
        verbs.lapse()
        verbs.discard()

    @rekeying.upon(Course.left).to(idle)
    def leftMeanwhile(course: Course, verbs: Verbs, attempt: Attempt) -> None:
        attempt.stop()
        left(course, verbs)

    @initiating.upon(Course.hasten).loop()
    @rekeying.upon(Course.hasten).loop()
    def hasten(course: Course, verbs: Verbs, attempt: Attempt) -> None:
        attempt.hasten()

    @initiating.upon(Course.tryAt).loop()
    @rekeying.upon(Course.tryAt).loop()
    def tryAt(course: Course, verbs: Verbs, attempt: Attempt, place: tuple[str, int]) -> None:
        attempt.tryAt(place)

    @rekeying.upon(Course.expired).loop()
    def overdue(course: Course, verbs: Verbs, attempt: Attempt) -> None:
        verbs.lapse()

    @initiating.upon(Course.mayAnswer).loop()
    @rekeying.upon(Course.mayAnswer).loop()
    def collided(course: Course, verbs: Verbs, attempt: Attempt, goesFirst: bool) -> bool:
        if goesFirst and attempt.isFresh:
            return False
        attempt.withdraw()
        return True

    @idle.upon(Course.end).to(ended)
    @established.upon(Course.end).to(ended)
    def end(course: Course, verbs: Verbs) -> None:
        verbs.enter("ended")
        verbs.lapse()
        verbs.discard()

    @initiating.upon(Course.end).to(ended)
    @rekeying.upon(Course.end).to(ended)
    def endAttempt(course: Course, verbs: Verbs, attempt: Attempt) -> None:
        attempt.stop()
        verbs.enter("ended")
        verbs.lapse()
        verbs.discard()

    return machine.build()


#: Makes the machine of one conversation.
makeCourse = _makeMachine()
