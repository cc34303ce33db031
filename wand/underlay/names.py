"""
Names of hosts, resolved to numeric addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IReactorPluggableNameResolver,
    IReactorTime,
    IResolutionReceiver,
)
from zope.interface import implementer

from wand.underlay.unresolved_names import impossible

#: Resolves a name to its addresses, none if it has none; fails with any exception, whose text says why.
Resolve: TypeAlias = Callable[[str], Deferred[list[str]]]

#: The families of addresses that are asked for.
BOTH: Final = (IPv4Address, IPv6Address)
IPV4: Final = (IPv4Address,)


def resolverOf(reactor: IReactorTime, families: Sequence[type[IPv4Address] | type[IPv6Address]] = BOTH) -> Resolve:
    """
    The resolver of a reactor.  A simulated clock has none: with it names have no addresses.
    """

    def resolve(name: str) -> Deferred[list[str]]:
        if not IReactorPluggableNameResolver.providedBy(reactor):
            return succeed([])
        why = impossible(name)
        if why is not None:
            return fail(DNSLookupError(why))
        resolution = _Resolution()
        reactor.nameResolver.resolveHostName(resolution, name, addressTypes=families, transportSemantics="UDP")
        return resolution.found

    return resolve


@implementer(IResolutionReceiver)
class _Resolution:
    """
    Takes every address of a name.

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
        if isinstance(address, IPv4Address | IPv6Address):
            self._addresses.append(address.host)

    def resolutionComplete(self) -> None:
        """
        See L{IResolutionReceiver}.
        """
        self.found.callback(self._addresses)
