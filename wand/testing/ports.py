"""
The hosts of a simulated network, and their UDP ports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from wand.endpoint import Endpoint, Heard
from wand.errors import PortUnavailable
from wand.ethernet import Frame
from wand.health.failures import Failures
from wand.testing.inbox import Datagram, SimulatedInbox
from wand.underlay.ports import DATAGRAM_MAXIMUM, DatagramReceiver, DatagramSender, TrainReceiver


class Carrier(Protocol):
    """
    What ports need of their network.
    """

    def attach(self, port: Port, source: Endpoint) -> None:
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
class Host:
    """
    A host: an L{wand.underlay.ports.Underlay}.
    """

    network: Carrier
    addresses: tuple[str, ...]
    failures: Failures | None = None

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> Port:
        """
        Bind a UDP port on one of the host's own addresses, or on all of a family.
        """
        return self._port(host, port, receiver, None)

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> Port:
        """
        As L{bind}, for there are no fragments here; datagrams of one size from one sender that arrive in one turn make
        a train.
        """
        return self._port(host, port, receiver, receiver)

    def _port(self, host: str, port: int, receiver: DatagramReceiver, trains: TrainReceiver | None) -> Port:
        isAny = host in ("0.0.0.0", "::")
        if not isAny and host not in self.addresses:
            raise PortUnavailable(f"this host has no address {host}; it has {', '.join(self.addresses)}")
        ofFamily = [each for each in self.addresses if (":" in each) == (":" in host)]
        bound = (ofFamily or self.addresses) if isAny else [host]
        port = port or self.network.freePort(bound[0])
        sources = [Endpoint(each, port) for each in bound]
        inbox = SimulatedInbox(self.network.later, receiver, trains, self.failures)
        return Port(self.network, inbox, Endpoint(host, port), sources)


class Port:
    """
    A bound port: an L{wand.underlay.ports.DatagramPort}.

    @ivar longest: octets of the longest datagram that its interface takes; a test may make it narrower.
    @ivar sources: at which endpoints it is; datagrams come from the first, unless it is told otherwise.
    """

    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        network: Carrier,
        inbox: SimulatedInbox,
        endpoint: Endpoint,
        sources: Sequence[Endpoint],
    ) -> None:
        self.endpoint = endpoint
        self.longest = DATAGRAM_MAXIMUM
        self.wasTooLong = False
        self.sources = list(sources)
        self._network = network
        self._inbox = inbox
        self._closed = False
        self._heard: dict[tuple[Endpoint, str], Heard] = {}
        for each in sources:
            network.attach(self, each)

    @property
    def source(self) -> Endpoint:
        """
        Where its datagrams come from.
        """
        return self.sources[0]

    def lose(self, address: str) -> None:
        """
        The host loses one of its addresses.
        """
        gone = Endpoint(address, self.source.port)
        self.sources.remove(gone)
        self._network.detach(gone)

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram, unless it is too long.
        """
        return self.sendFrom(self.source, datagram, destination)

    def sendFrom(
        self, source: Endpoint, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]
    ) -> bool:
        """
        Send one datagram from one of our endpoints; from the first, if that is gone.
        """
        self.wasTooLong = len(datagram) > self.longest
        if self._closed or self.wasTooLong:
            return False
        source = source if source in self.sources else self.source
        self._network.carry(bytes(datagram), source, Endpoint(*destination))
        return True

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        Send the concatenation of C{parts} as one datagram.
        """
        return self.send(b"".join(parts), destination)

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        Send datagrams that lie one behind the other.
        """
        sent = [self.send(datagrams[first : first + size], destination) for first in range(0, len(datagrams), size)]
        return all(sent)

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        Send one datagram; what was sent never waits here.
        """
        return self.answering(destination).send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> DatagramSender:
        """
        Send from where a datagram came to.
        """
        if not isinstance(sender, Heard) or self.endpoint.host == self.source.host:
            return self
        return _AnsweringPort(self, Endpoint(sender.local, self.source.port))

    def towards(self, sender: tuple[str, int]) -> DatagramSender:
        """
        As L{answering}.
        """
        if isinstance(sender, Heard) and sender.local == self.source.host:
            return self
        return self.answering(sender)

    def move(self, address: str) -> None:
        """
        The host has another address from now on.
        """
        self._network.detach(self.source)
        self.sources[0] = Endpoint(address, self.source.port)
        self._network.attach(self, self.source)

    def close(self) -> None:
        """
        Free the port; what waits in its queue is lost.
        """
        if not self._closed:
            self._closed = True
            self._inbox.close()
            for each in self.sources:
                self._network.detach(each)

    def arrive(self, datagram: Datagram) -> None:
        """
        Take a datagram that the network delivers.
        """
        if self.endpoint.host != datagram.destination.host:  # bound to all
            key = datagram.sender, datagram.destination.host
            heard = self._heard.setdefault(key, Heard.at(*datagram.sender, datagram.destination.host))
            datagram = attrs.evolve(datagram, sender=heard)
        self._inbox.put(datagram)


@attrs.frozen
class _AnsweringPort:
    """
    A port that sends from one of its endpoints.
    """

    port: Port
    source: Endpoint

    @property
    def wasTooLong(self) -> bool:
        return self.port.wasTooLong

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{Port.send}.
        """
        return self.port.sendFrom(self.source, datagram, destination)

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{Port.sendParts}.
        """
        return self.send(b"".join(parts), destination)

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{Port.sendTrain}.
        """
        sent = [self.send(datagrams[first : first + size], destination) for first in range(0, len(datagrams), size)]
        return all(sent)
