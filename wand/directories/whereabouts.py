"""
Where a server is: its configured endpoints, their names resolved, IPv4 and IPv6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IReactorPluggableNameResolver,
    IReactorTime,
    IResolutionReceiver,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.endpoint import SERVER_PORT, Endpoint, splitHostPort
from wand.errors import AddressInvalid

#: Resolves a name to numeric addresses; none if there are none.
ResolveAll: TypeAlias = Callable[[str], Deferred[list[str]]]


def allResolverOf(reactor: IReactorTime) -> ResolveAll:
    """
    The resolver of a reactor.  A simulated clock has none: with it names have no addresses.
    """

    def resolve(name: str) -> Deferred[list[str]]:
        if not IReactorPluggableNameResolver.providedBy(reactor):
            return succeed([])
        every = _Every()
        reactor.nameResolver.resolveHostName(every, name, transportSemantics="UDP")
        return every.found

    return resolve


@implementer(IResolutionReceiver)
class _Every:
    """
    Takes every address of a resolution.

    @ivar found: fires with them.
    """

    def __init__(self) -> None:
        self.found: Deferred[list[str]] = Deferred()
        self._addresses: list[str] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """
        See L{IResolutionReceiver}.
        """

    def addressResolved(self, address: IAddress) -> None:
        """
        See L{IResolutionReceiver}.
        """
        if isinstance(address, (IPv4Address, IPv6Address)):
            self._addresses.append(address.host)

    def resolutionComplete(self) -> None:
        """
        See L{IResolutionReceiver}.
        """
        self.found.callback(self._addresses)


class Whereabouts:
    """
    The endpoints of one server.
    """

    _log = Logger()

    def __init__(
        self, endpoints: Iterable[str], resolve: ResolveAll, found: Callable[[list[Endpoint]], object]
    ) -> None:
        """
        @param endpoints: C{HOST:PORT} each; a host may be a name.
        @param found: called with all of them whenever one is news.
        """
        self._texts = tuple(endpoints)
        self._resolve = resolve
        self._tell = found
        self._known: dict[str, list[Endpoint]] = {}
        self._waiting: dict[str, Deferred[None]] = {}

    def look(self) -> None:
        """
        Resolve what is a name, and tell.
        """
        for text in self._texts:
            try:
                self._found(text, [str(Endpoint.parse(text, SERVER_PORT).host)])
            except AddressInvalid:
                self._lookUp(text)

    def stop(self) -> None:
        """
        Resolve nothing more.
        """
        for waiting in tuple(self._waiting.values()):
            waiting.cancel()
        self._waiting.clear()

    def _lookUp(self, text: str) -> None:
        if text in self._waiting:
            return
        try:
            name, _ = splitHostPort(text, SERVER_PORT)
        except AddressInvalid as error:
            self._log.warn("a server can not be asked: {error}", error=error)
            return
        looking = self._waiting[text] = maybeDeferred(self._resolve, name).addCallback(partial(self._found, text))
        looking.addErrback(self._lost, name)
        looking.addBoth(self._done, text)

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

    def _lost(self, failure: Failure, name: str) -> None:
        self._log.info("{name} can not be resolved: {why}", name=name, why=failure.getErrorMessage())

    def _done(self, _: None, text: str) -> None:
        self._waiting.pop(text, None)
