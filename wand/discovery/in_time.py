"""
Answers of plugins and services that nobody waits for longer than a while.
"""

from __future__ import annotations

from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wand.interfaces import Context

Answer = TypeVar("Answer")


def inTime(
    answer: Deferred[Answer], seconds: float, context: Context, place: str, plugin: object = None
) -> Deferred[Answer | None]:
    """
    Wait for an answer for a limited time.

    @param place: who is to answer, for the count and the log; see L{wand.health.failures.Failures.caught}.
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
