"""
How NATs and firewalls tell one remote endpoint from another (RFC 4787, sections 4.1 and 5).
"""

from __future__ import annotations

from enum import Enum
from math import inf

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint


class Dependence(Enum):
    """
    What of a remote endpoint makes a difference: to which external port a datagram's sender is mapped, or whether an
    answer passes.
    """

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address-and-port-dependent"

    def of(self, remote: Endpoint) -> tuple[str | int, ...]:
        """
        As much of a remote endpoint as makes a difference.
        """
        if self is Dependence.ENDPOINT_INDEPENDENT:
            return ()
        return remote[:1] if self is Dependence.ADDRESS_DEPENDENT else remote


@attrs.define(eq=False)
class Filter:
    """
    Lets in what was asked for: datagrams from where one went, and for so long.  Only what goes out makes that longer
    (RFC 4787, REQ-6).

    @ivar dependence: how alike the origin must be to where one went (REQ-8).
    @ivar lifetime: seconds.
    """

    clock: IReactorTime
    dependence: Dependence
    lifetime: float
    _last: float = attrs.field(init=False, default=-inf)
    _until: dict[tuple[str | int, ...], float] = attrs.field(init=False, factory=dict)

    def went(self, destination: Endpoint) -> None:
        """
        A datagram went out.
        """
        self._last = self.clock.seconds() + self.lifetime
        self._until[self.dependence.of(destination)] = self._last

    def passes(self, sender: Endpoint) -> bool:
        """
        May a datagram from this endpoint come in?
        """
        return self.clock.seconds() < self._until.get(self.dependence.of(sender), -inf)

    @property
    def isIdle(self) -> bool:
        """
        Has nothing gone out for so long that nothing comes in any more?
        """
        return self.clock.seconds() >= self._last
