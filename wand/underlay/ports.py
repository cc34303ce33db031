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

        @param datagram: its payload, valid until this call returns.
        @param sender: where it says it comes from; equal to an L{Endpoint}.  A port on all addresses gives a
            L{wand.endpoint.Heard}, which L{DatagramPort.answering} understands; and the same object each time, as far
            as the port remembers.
        """

    def batchReceived(self) -> None:
        """
        The batch is over: do what was put off until then.
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

        @param slots: hold the datagrams, one a slot, valid until this call returns; each begins where its slot does.
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
        Was the last datagram that the system refused too long, for the interface or for UDP?
        """

    @property
    def wasRefused(self) -> bool:
        """
        Was the last datagram that the system did not take refused for its destination: by a firewall of this host, or
        because no route leads there?
        """

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram.  Never raises and never waits: a datagram that the system refuses is dropped and counted.

        @return: whether the system took it.
        """

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        Send the concatenation of C{parts} as one datagram, without copying it first.
        """

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        Send contiguous datagrams of one size.

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
        The offloads agreed with the kernel, or why there are none, for people.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """
        What an operator could do to make the port faster.
        """

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        Send one datagram to an unproven address: datagrams to forged addresses may wait in the port's queue for
        seconds, and must leave room for members.

        @param taken: how much of the queue may be taken already, 0 to 1.
        @return: whether the system took it.
        """

    def answering(self, sender: tuple[str, int]) -> DatagramSender:
        """
        This port, for sending from the address to which a datagram came: a stateful firewall or a NAT may stop answers
        from another address.  If the host has lost that address the system chooses one.

        @param sender: as the receiver got it with the datagram.
        """

    def towards(self, sender: tuple[str, int]) -> DatagramSender:
        """
        As L{answering}, for a conversation: this port itself if the system would choose that address anyway.  So we
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

        @param mayFragment: may IP cut sent datagrams into fragments, as with L{bind}?  If not, the sender has to know
            what the path carries.
        """
