# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
The answers to the commands of the control socket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.protocols import amp
from twisted.python.failure import Failure

from wand.control import commands
from wand.control.commands import ERRORS, InternalFault, RequestMalformed
from wand.control.program import Program
from wand.control.values import fitting
from wand.ethernet import MAC
from wand.status import CounterStatus

#: How many items the program is asked for at once; as many of them as fit become the page.
PAGE_ITEMS: Final = 500

#: The most characters of an error's text that are sent; an AMP value takes 65,535 octets.
TEXT_MAXIMUM: Final = 2_000

#: The most characters of the name of a source.
SOURCE_MAXIMUM: Final = 255

#: What a responder answers, by the names in its command.
Answer = dict[str, Any]


class Subscriber(Protocol):
    """
    A connection that can be told of events.
    """

    def subscribe(self) -> None:
        """
        Be told of every event from now on; more calls do nothing.
        """

    def unsubscribe(self) -> None:
        """
        Be told of nothing more; more calls do nothing.
        """


class Responders(amp.CommandLocator):
    """
    Answers the commands of one connection.  Whatever goes wrong is answered with one of the declared errors, and the
    connection stays.
    """

    _log = Logger()

    def __init__(self, program: Program, subscriber: Subscriber, malformed: Callable[[], None]) -> None:
        """
        @param subscriber: the connection, for those who want events.
        @param malformed: called when the arguments of a command can not be understood.
        """
        self._program = program
        self._subscriber = subscriber
        self._malformed = malformed

    def locateResponder(self, name: bytes) -> Callable[[amp.AmpBox], Deferred[amp.AmpBox]]:
        """
        The responder for a command of this name.
        """
        respond = super().locateResponder(name)
        if respond is None:
            self._malformed()
            return _unknown
        return partial(self._answer, name, respond)

    def _answer(
        self, name: bytes, respond: Callable[[amp.AmpBox], Deferred[amp.AmpBox]], box: amp.AmpBox
    ) -> Deferred[amp.AmpBox]:
        try:
            answer = respond(box)
        except Exception as error:  # only of parsing: what the responder itself raises comes in the Deferred
            self._malformed()
            return fail(_remote(RequestMalformed(f"the arguments of {name.decode()} can not be understood: {error!r}")))
        return answer.addErrback(self._explain, name)

    def _explain(self, failure: Failure, name: bytes) -> Failure:
        error = failure.value
        if isinstance(error, amp.RemoteAmpError):
            error.description = error.description[:TEXT_MAXIMUM]
            return failure
        self._log.failure("the command {name} failed", failure, name=name.decode())
        return Failure(_remote(InternalFault(f"the program failed at {name.decode()}: its log says why")))

    # What can be looked at.

    @commands.Status.responder
    def status(self) -> Answer:
        """
        Answer with how the program is.
        """
        return {"status": self._program.status()}

    @commands.Entries.responder
    def entries(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the entries.
        """
        return _page(self._program.entries(None if after is None else MAC.parse(after), PAGE_ITEMS))

    @commands.Peers.responder
    def peers(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the peers.
        """
        return _page(self._program.peers(after, PAGE_ITEMS))

    @commands.CounterList.responder
    def counters(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the counters.
        """
        counters = self._program.counters
        names = sorted(name for name in counters if after is None or name > after)[:PAGE_ITEMS]
        return _page([CounterStatus(name, counters[name], counters.descriptions[name]) for name in names])

    # What can be changed.

    @commands.Add.responder
    def add(self, mac: str, peer: str, source: str | None = None, lifetime: float | None = None) -> Answer:
        """
        Put an entry into the table.
        """
        if lifetime is not None and not (isfinite(lifetime) and lifetime > 0):
            raise RequestMalformed("a lifetime is a number of seconds above zero")
        if source is not None and not 0 < len(source) <= SOURCE_MAXIMUM:
            raise RequestMalformed(f"the name of a source has 1 to {SOURCE_MAXIMUM} characters")
        self._program.add(MAC.parseUnicast(mac), peer, source, lifetime)
        return {}

    @commands.Delete.responder
    def delete(self, mac: str, source: str | None = None) -> Answer:
        """
        Take an entry out of the table.
        """
        self._program.delete(MAC.parse(mac), source)
        return {}

    @commands.Reload.responder
    def reload(self) -> Answer:
        """
        Read the configuration again, and answer with what changed.
        """
        return {"changes": self._program.reload()}

    @commands.Stop.responder
    def stop(self) -> Answer:
        """
        Stop the program, soon.
        """
        self._program.stop()
        return {}

    # Events.

    @commands.Subscribe.responder
    def subscribe(self) -> Answer:
        """
        Begin to tell the client of events.
        """
        self._subscriber.subscribe()
        return {}

    @commands.Unsubscribe.responder
    def unsubscribe(self) -> Answer:
        """
        Tell the client of events no more.
        """
        self._subscriber.unsubscribe()
        return {}


def _page(items: Sequence[object]) -> Answer:
    fitted = fitting(items)
    return {"page": items[:fitted], "more": fitted < len(items) or len(items) == PAGE_ITEMS}


def _remote(error: Exception) -> amp.RemoteAmpError:
    return amp.RemoteAmpError(ERRORS[type(error)], str(error)[:TEXT_MAXIMUM])


def _unknown(box: amp.AmpBox) -> Deferred[amp.AmpBox]:
    return fail(amp.RemoteAmpError(amp.UNHANDLED_ERROR_CODE, "the program does not know this command"))
