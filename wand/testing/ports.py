"""
The UDP ports of the hosts of a simulated network.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wand.endpoint import Endpoint, Heard
from wand.ethernet import Frame
from wand.testing.carriers import Carrier
from wand.testing.inbox import Datagram, SimulatedInbox
from wand.underlay.ports import DATAGRAM_MAXIMUM, DatagramSender


class Port:
    """
    A bound port: an L{wand.underlay.ports.DatagramPort}.

    @ivar longest: octets of the longest datagram that its interface takes; a test may make it narrower.
    @ivar sources: at which endpoints it is; datagrams come from the first, unless it is told otherwise.  Without any,
        because the host has no address of the family, nothing is sent.
    @ivar isBlocked: does a firewall of the host refuse all that is sent?
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
        self.isBlocked = False
        self.wasTooLong = self.wasRefused = False
        self._network = network
        self._inbox = inbox
        self._closed = False
        self._heard: dict[tuple[Endpoint, str], Heard] = {}
        for each in sources:
            network.attach(self, each)
        self._place(sources)

    @property
    def isClosed(self) -> bool:
        """
        Was it closed?
        """
        return self._closed

    @property
    def source(self) -> Endpoint:
        """
        Where its datagrams come from.
        """
        return self.sources[0] if self.sources else self.endpoint

    def lose(self, address: str) -> None:
        """
        The host loses one of its addresses.
        """
        gone = Endpoint(address, self.source.port)
        self._network.detach(gone)
        self._place([each for each in self.sources if each != gone])

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
        self.wasRefused = self._isMute or self.isBlocked
        if self.wasRefused or self.wasTooLong:
            return False
        source = source if source in self.sources else self.sources[0]
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
        self.roam(self._network, [Endpoint(address, self.source.port), *self.sources[1:]])

    def roam(self, network: Carrier, sources: Sequence[Endpoint]) -> None:
        """
        The host is elsewhere from now on.
        """
        for each in self.sources:
            self._network.detach(each)
        self._network = network
        for each in sources:
            network.attach(self, each)
        self._place(sources)

    def close(self) -> None:
        """
        Free the port; what waits in its queue is lost.
        """
        if not self._closed:
            self._closed = self._isMute = True
            self._inbox.close()
            for each in self.sources:
                self._network.detach(each)

    def _place(self, sources: Sequence[Endpoint]) -> None:
        self.sources = list(sources)
        self._isMute = self._closed or not self.sources

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

    @property
    def wasRefused(self) -> bool:
        return self.port.wasRefused

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
