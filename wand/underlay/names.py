"""
Names of servers, resolved to IPv4 addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IReactorPluggableNameResolver,
    IReactorTime,
    IResolutionReceiver,
)
from zope.interface import implementer

from wand.underlay.unresolved import impossible

#: Resolves a name to an IPv4 address; fails with any exception, whose text says why.
Resolve: TypeAlias = Callable[[str], Deferred[str]]


def resolverOf(reactor: IReactorTime) -> Resolve:
    """
    The resolver of a reactor.  A simulated clock has none: with it every name fails.
    """

    def resolve(name: str) -> Deferred[str]:
        if not IReactorPluggableNameResolver.providedBy(reactor):
            return fail(DNSLookupError(f"there is nobody to resolve {name}"))
        why = impossible(name)
        if why is not None:
            return fail(DNSLookupError(why))
        first = _First(name)
        reactor.nameResolver.resolveHostName(first, name, addressTypes=[IPv4Address], transportSemantics="UDP")
        return first.found

    return resolve


@implementer(IResolutionReceiver)
class _First:
    """
    Takes the first address of a resolution.

    @ivar found: fires with it.
    """

    def __init__(self, name: str) -> None:
        self.found: Deferred[str] = Deferred()
        self._name = name
        self._address: str | None = None

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """
        See L{IResolutionReceiver}.
        """

    def addressResolved(self, address: IAddress) -> None:
        """
        See L{IResolutionReceiver}.
        """
        if self._address is None and isinstance(address, IPv4Address):
            self._address = address.host

    def resolutionComplete(self) -> None:
        """
        See L{IResolutionReceiver}.
        """
        if self._address is None:
            self.found.errback(DNSLookupError(f"{self._name} has no IPv4 address"))
        else:
            self.found.callback(self._address)
