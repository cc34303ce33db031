"""
The underlay: the network that carries our datagrams, seen as ports to bind.

L{wand.udp} is the real one; L{wand.testing.network} has one in simulated time.  Both pass the same contract tests.
"""

from __future__ import annotations

from typing import Protocol

from wand.endpoint import Endpoint

#: The largest UDP payload over IPv4: 65,535 less 20 octets of IP header and 8 of UDP (RFC 768, RFC 791).
DATAGRAM_MAXIMUM = 65_507


class DatagramReceiver(Protocol):
    """
    Takes the datagrams of a port.
    """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        A datagram came.

        @param datagram: its payload, good until this call returns.
        @param sender: where it says it comes from; equal to an L{Endpoint}.
        """

    def batchReceived(self) -> None:
        """
        For now there are no more datagrams: what was put off for a batch can be done.
        """


class DatagramPort(Protocol):
    """
    A bound UDP port.

    @ivar endpoint: where it is bound.
    """

    endpoint: Endpoint

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram.  Never raises and never waits: what the system does not take is dropped and counted.

        @return: whether the system took it.
        """

    def sendParts(self, parts: list[bytes | memoryview], destination: tuple[str, int]) -> bool:
        """
        Send the concatenation of C{parts} as one datagram, without making a copy of it first.
        """

    def close(self) -> None:
        """
        Stop receiving and sending, at once; more calls do nothing.
        """


class Underlay(Protocol):
    """
    Where ports can be bound.
    """

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> DatagramPort:
        """
        Bind a UDP port and hand its datagrams to C{receiver}.

        @param host: a numeric local address.
        @param port: the port, or 0 for one that is free.
        @raise wand.errors.PortUnavailable: if it can not be bound, with the reason and what to do.
        """
