"""
The underlay: the network that carries our datagrams, seen as ports to bind.

L{wand.underlay.udp} is the real one; L{wand.testing.network} has one in simulated time.  Both pass the same contract
tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.underlay.slots import Slots

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
        @param sender: where it says it comes from; equal to an L{Endpoint}.  Of a port on all addresses it is a
            L{wand.endpoint.Heard}, which L{DatagramPort.answering} understands; and the same object each time, as far
            as the port remembers.
        """

    def batchReceived(self) -> None:
        """
        For now there are no more datagrams: what was put off for a batch can be done.
        """


class TrainReceiver(Protocol):
    """
    Takes the datagrams of a port in trains: rows of datagrams of one size from one sender.
    """

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        A datagram came alone; see L{DatagramReceiver.datagramReceived}.
        """

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        A train came.

        @param slots: what holds the datagrams, one a slot, good until this call returns; they fill their slots, or at
            least begin there.
        @param first: the slot of the first.
        @param count: how many there are, at least one.
        @param size: octets of each but the last.
        @param last: octets of the last, at most C{size}.
        @param sender: where they say they come from; equal to an L{Endpoint}.
        """

    def batchReceived(self) -> None:
        """
        See L{DatagramReceiver.batchReceived}.
        """


class DatagramSender(Protocol):
    """
    Sends datagrams through a bound UDP port.
    """

    @property
    def wasTooLong(self) -> bool:
        """
        Was the last that the system did not take too long, for the interface or for UDP?
        """

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram.  Never raises and never waits: what the system does not take is dropped and counted.

        @return: whether the system took it.
        """

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        Send the concatenation of C{parts} as one datagram, without making a copy of it first.
        """

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        Send datagrams of one size that lie one behind the other.

        @param size: octets of each; the last may be shorter.
        @return: whether the system took them all.
        """


class DatagramPort(DatagramSender, Protocol):
    """
    A bound UDP port.

    @ivar endpoint: where it is bound.
    """

    endpoint: Endpoint

    @property
    def features(self) -> tuple[str, ...]:
        """
        What was agreed with the kernel, or why not, for people.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """
        What an operator could do to make it faster.
        """

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        Send one datagram to an address that nobody has proven: datagrams to forged addresses may wait in the port's
        queue for seconds, and members need room beside them.

        @param taken: how much of the queue may be taken already, 0 to 1.
        @return: whether the system took it.
        """

    def answering(self, sender: tuple[str, int]) -> DatagramSender:
        """
        This port for sending from the address to which a datagram came: whoever asked one address may not hear what
        another one answers (a stateful firewall, a NAT).  When the host has lost that address the system chooses one.

        @param sender: what the receiver was given with the datagram.
        """

    def towards(self, sender: tuple[str, int]) -> DatagramSender:
        """
        As L{answering}, for a conversation: this port itself where the system would choose that address anyway.  So we
        follow when the system's choice changes, as on a host that moves.
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
        @raise wand.errors.PortUnavailable: if it cannot be bound, with the reason and what to do.
        """

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> DatagramPort:
        """
        As L{bind}, for a receiver that takes trains.

        @param mayFragment: whether what is sent may be cut into IP fragments, as with L{bind}.  If not, who sends has
            to know what the path carries.
        """
