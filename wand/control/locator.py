# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
How a command finds its responder, and what becomes of what the responder raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.protocols import amp
from twisted.python.failure import Failure

from wand.control.commands import ERRORS, InternalFault, RequestMalformed, TooBusy
from wand.control.program import Program
from wand.control.values import fitting

#: How many items the program is asked for at once; as many of them as fit become the page.
PAGE_ITEMS: Final = 500

#: The same of members, of which hardly more fit, and of each of which much is told: so nothing waits long for a page.
PAGE_MEMBERS: Final = 150

#: Likewise of peers.
PAGE_PEERS: Final = 200

#: The most characters of an error's text that are sent; an AMP value takes 65,535 octets.
TEXT_MAXIMUM: Final = 2_000

#: How many commands of one connection may be under way at once.
UNDER_WAY_MAXIMUM: Final = 16

#: What a responder answers, by the names in its command; some answer later.
Answer = dict[str, Any]

Respond = Callable[[amp.AmpBox], Deferred[amp.AmpBox]]

Result = TypeVar("Result")


class Locator(amp.CommandLocator):
    """
    Finds the responders of one connection.  Whatever goes wrong is answered with one of the declared errors, and the
    connection stays.
    """

    _log = Logger()

    def __init__(self, program: Program, malformed: Callable[[], None]) -> None:
        """
        @param malformed: called when the arguments of a command cannot be understood.
        """
        self._program = program
        self._malformed = malformed
        self._underWay = 0

    @property
    def underWay(self) -> int:
        """
        How many commands are not yet answered.
        """
        return self._underWay

    def locateResponder(self, name: bytes) -> Respond:
        """
        The responder for a command of this name.
        """
        respond = super().locateResponder(name)
        if respond is None:
            self._malformed()
            return _unknown
        return partial(self._answer, name, respond)

    def _answer(self, name: bytes, respond: Respond, box: amp.AmpBox) -> Deferred[amp.AmpBox]:
        if self._underWay >= UNDER_WAY_MAXIMUM:
            self._program.counters["drop-control-busy"] += 1
            return fail(_remote(TooBusy("too many commands of this connection are under way: wait for their answers")))
        try:
            answer = respond(box)
        except Exception as error:  # only of parsing: what the responder itself raises comes in the Deferred
            self._malformed()
            return fail(_remote(RequestMalformed(f"the arguments of {name.decode()} cannot be understood: {error!r}")))
        self._underWay += 1
        answer.addBoth(self._done)
        return answer.addErrback(self._explain, name)

    def _done(self, result: Result) -> Result:
        self._underWay -= 1
        return result

    def _explain(self, failure: Failure, name: bytes) -> Failure:
        error = failure.value
        if isinstance(error, amp.RemoteAmpError):
            error.description = error.description[:TEXT_MAXIMUM]
            return failure
        self._log.failure("the command {name} failed", failure, name=name.decode())
        return Failure(_remote(InternalFault(f"the program failed at {name.decode()}: its log says why")))


def page(items: Sequence[object], asked: int = PAGE_ITEMS) -> Answer:
    """
    The answer with as many items as fit.

    @param items: at most C{asked}, as many as there are.
    """
    fitted = fitting(items)
    return {"page": items[:fitted], "more": fitted < len(items) or len(items) == asked}


def checkLifetime(seconds: float) -> None:
    """
    @raise RequestMalformed: if something cannot last so long.
    """
    if not (isfinite(seconds) and seconds > 0):
        raise RequestMalformed("a lifetime is a number of seconds above zero")


def _remote(error: Exception) -> amp.RemoteAmpError:
    return amp.RemoteAmpError(ERRORS[type(error)], str(error)[:TEXT_MAXIMUM])


def _unknown(box: amp.AmpBox) -> Deferred[amp.AmpBox]:
    return fail(amp.RemoteAmpError(amp.UNHANDLED_ERROR_CODE, "the program does not know this command"))
