"""
What the ports of a simulated network need of the part of the network that they are in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.testing.inbox import Datagram

#: What a network lets out, or does not: UDP, or streams of TCP.
Kind: TypeAlias = Literal["udp", "tcp"]


class Arrival(Protocol):
    """
    Where datagrams arrive: a port of a host, or what stands before it.
    """

    def arrive(self, datagram: Datagram) -> None:
        """
        Take a datagram that the network delivers.
        """


class Carrier(Protocol):
    """
    What ports need of their network.
    """

    __slots__ = ()

    @property
    def clock(self) -> IReactorTime:
        """
        The simulated time.
        """

    def allows(self, kind: Kind) -> bool:
        """
        Can hosts here send this to the rest of the network?
        """

    def attach(self, port: Arrival, source: Endpoint) -> None:
        """
        Deliver to C{port} what is sent to C{source}.

        @raise PortUnavailable: if another port has it.
        """

    def detach(self, source: Endpoint) -> None:
        """
        Deliver nothing more to C{source}.
        """

    def freePort(self, address: str) -> int:
        """
        A port of a host that nobody has bound.

        @raise PortUnavailable: if there is none.
        """

    def carry(self, payload: bytes, sender: Endpoint, destination: Endpoint) -> None:
        """
        Take a datagram, and deliver it or not.
        """

    def later(self, call: Callable[[], object]) -> None:
        """
        Call in the next turn of the clock.
        """


@attrs.frozen
class Door:
    """
    Where datagrams arrive that are handed on to a function.
    """

    arrive: Callable[[Datagram], None]
