"""
A program that starts whole or not at all, and ends in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.python.failure import Failure

from wand.interfaces import Context

#: Seconds that the services of a program have to stop, all together.
STOPPING: Final = 3.5

Answer = TypeVar("Answer")


def inTime(
    answer: Deferred[Answer], seconds: float, context: Context, place: str, plugin: object = None
) -> Deferred[Answer | None]:
    """
    Wait for an answer for a limited time.

    @param place: who is to answer, for the count and the log; see L{wand.failures.Failures.caught}.
    @return: fires with the answer, or with C{None} if it failed or did not come.
    """
    ended: Deferred[Answer | None] = Deferred()

    def finish(result: Answer | None) -> None:
        if timer.active():
            timer.cancel()
            ended.callback(result)

    def failed(failure: Failure) -> None:
        if timer.active():
            context.failures.caught(place, failure, plugin)
            finish(None)

    def late() -> None:
        context.failures.silent(place, seconds, plugin)
        ended.callback(None)
        answer.cancel()  # it may take no notice

    timer = context.clock.callLater(seconds, late)
    answer.addCallbacks(finish, failed)
    return ended


class WholeService(MultiService):
    """
    Several services of which each stops, whatever the others do: when the start of one fails, and in the end.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._base = context

    def privilegedStartService(self) -> None:
        """
        Start what needs privileges, or stop what is started already.
        """
        self._wholly(super().privilegedStartService)

    def startService(self) -> None:
        """
        Start everything, or stop what is started already.
        """
        self._wholly(super().startService)

    def _wholly(self, start: Callable[[], object]) -> None:
        try:
            start()
        except BaseException:
            self.stopService()
            raise

    def stopService(self) -> Deferred[None]:
        """
        Stop every service, the last first.

        @return: fires after L{STOPPING} at the latest.
        """
        Service.stopService(self)
        stopping = [
            inTime(maybeDeferred(service.stopService), STOPPING, self._base, f"the end of {type(service).__name__}")
            for service in reversed(list(self))
        ]
        return DeferredList(stopping).addCallback(lambda _: None)
