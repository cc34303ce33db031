"""
Where a server is: its configured endpoints, their names resolved, IPv4 and IPv6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import SERVER_PORT, Endpoint, splitHostPort
from wand.errors import AddressInvalid
from wand.underlay.names import Resolve
from wand.underlay.unresolved_names import UnresolvedNames

#: Seconds until a name that cannot be resolved is tried again: at first, and at most.
NAME_RETRY_FIRST: Final = 1.0
NAME_RETRY_MAXIMUM: Final = 30.0

#: Seconds after which the operator is told that DNS does not answer.
DNS_SLOW: Final = 5.0


class ServerEndpoints:
    """
    The endpoints of one server.  A name that cannot be resolved is tried again and again, and the operator is told.
    """

    _log = Logger()

    def __init__(
        self,
        endpoints: Iterable[str],
        resolve: Resolve,
        found: Callable[[list[Endpoint]], object],
        clock: IReactorTime,
        unresolved: UnresolvedNames,
        wanted: str = "address",
    ) -> None:
        """
        @param endpoints: C{HOST:PORT} each; a host may be a name.
        @param found: called with all of them whenever one is new.
        @param unresolved: told of names that have no address.
        @param wanted: what a name has to have, for people.
        """
        self._texts = tuple(endpoints)
        self._resolve = resolve
        self._tell = found
        self._known: dict[str, list[Endpoint]] = {}
        self._waiting: dict[str, Deferred[None]] = {}
        self._clock = clock
        self._unresolved = unresolved
        self._wanted = wanted
        self._timers: dict[str, IDelayedCall] = {}
        self._failures: dict[str, int] = {}

    def look(self) -> None:
        """
        Resolve what is a name, and tell.
        """
        for text in self._texts:
            try:
                self._found(text, [str(Endpoint.parse(text, SERVER_PORT).host)])
            except AddressInvalid:
                self._lookUp(text)

    def retryNow(self) -> None:
        """
        Look now, also for a name that could not be resolved a moment ago: the host moved.
        """
        for text in [each for each in self._timers if each not in self._waiting]:
            self._stopTimer(text)
        self.look()

    def stop(self) -> None:
        """
        Resolve nothing more.
        """
        for waiting in tuple(self._waiting.values()):
            waiting.cancel()
        self._waiting.clear()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._unresolved.clearAll()

    def _lookUp(self, text: str) -> None:
        if text in self._waiting or text in self._timers:
            return
        try:
            name, _ = splitHostPort(text, SERVER_PORT)
        except AddressInvalid as error:
            self._log.warn("a server cannot be asked: {error}", error=error)
            return
        self._later(DNS_SLOW, text, partial(self._unresolved.say, name, "DNS does not answer"))
        looking = self._waiting[text] = maybeDeferred(self._resolve, name).addCallback(partial(self._named, text, name))
        looking.addErrback(self._lost, text, name)
        looking.addBoth(self._done, text)

    def _named(self, text: str, name: str, hosts: list[str]) -> None:
        if not hosts:
            raise DNSLookupError(f"it has no {self._wanted}")
        self._stopTimer(text)
        self._failures.pop(text, None)
        self._unresolved.clear(name)
        self._found(text, hosts)

    def _found(self, text: str, hosts: list[str]) -> None:
        _, port = splitHostPort(text, SERVER_PORT)
        endpoints = []
        for host in hosts:
            try:
                endpoints.append(Endpoint.parse(str(Endpoint(host, port))))
            except AddressInvalid:
                continue
        if endpoints and self._known.get(text) != endpoints:
            self._known[text] = endpoints
            self._tell([each for known in self._known.values() for each in known])

    def _lost(self, failure: Failure, text: str, name: str) -> None:
        self._stopTimer(text)
        if failure.check(CancelledError):
            return
        self._unresolved.say(name, _why(failure))
        count = self._failures[text] = self._failures.get(text, 0) + 1
        wait = min(NAME_RETRY_MAXIMUM, NAME_RETRY_FIRST * 2 ** min(count - 1, 9))
        self._later(wait, text, partial(self._lookUp, text))

    def _later(self, seconds: float, text: str, call: Callable[[], object]) -> None:
        def due() -> None:
            del self._timers[text]
            call()

        self._timers[text] = self._clock.callLater(seconds, due)

    def _stopTimer(self, text: str) -> None:
        timer = self._timers.pop(text, None)
        if timer is not None:
            timer.cancel()

    def _done(self, _: None, text: str) -> None:
        self._waiting.pop(text, None)


def _why(failure: Failure) -> str:
    """
    The reason alone, without the words that Twisted puts around it.
    """
    error = failure.value
    if isinstance(error, DNSLookupError) and error.args:
        return str(error.args[0])
    return failure.getErrorMessage()
