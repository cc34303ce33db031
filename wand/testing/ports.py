"""
The hosts of a simulated network, and their UDP ports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

import attrs

from wand.endpoint import Endpoint, Heard
from wand.errors import PortUnavailable
from wand.ethernet import Frame
from wand.failures import Failures
from wand.underlay.ports import DATAGRAM_MAXIMUM, DatagramReceiver, DatagramSender, TrainReceiver
from wand.underlay.slots import Slots

#: How many datagrams wait at one port, at most; those beyond are lost, as in a socket buffer.
INBOX_MAXIMUM: Final = 10_000

#: How many datagrams make a train at most, as in Linux.
TRAIN_MAXIMUM: Final = 64


@attrs.frozen
class Datagram:
    """
    A datagram that a port sent.

    @ivar time: when it was sent, in the clock's seconds.
    """

    time: float
    sender: Endpoint
    destination: Endpoint
    payload: bytes


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
        return self._port(host, port, None, receiver)

    def _port(self, host: str, port: int, receiver: DatagramReceiver | None, trains: TrainReceiver | None) -> Port:
        isAny = host in ("0.0.0.0", "::")
        if not isAny and host not in self.addresses:
            raise PortUnavailable(f"this host has no address {host}; it has {', '.join(self.addresses)}")
        ofFamily = [each for each in self.addresses if (":" in each) == (":" in host)]
        bound = (ofFamily or self.addresses) if isAny else [host]
        port = port or self.network.freePort(bound[0])
        sources = [Endpoint(each, port) for each in bound]
        return Port(self.network, receiver, trains, Endpoint(host, port), sources, self.failures)


class Port:
    """
    A bound port: an L{wand.underlay.ports.DatagramPort}.

    @ivar longest: octets of the longest datagram that its interface takes; a test may make it narrower.
    @ivar sources: at which endpoints it is; datagrams come from the first, unless it is told otherwise.
    @ivar lost: how many datagrams found its queue full.
    """

    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        network: Carrier,
        receiver: DatagramReceiver | None,
        trains: TrainReceiver | None,
        endpoint: Endpoint,
        sources: Sequence[Endpoint],
        failures: Failures | None = None,
    ) -> None:
        """
        @param failures: what counts and logs a receiver that raises; without it, the exception is raised to the test.
        """
        self.endpoint = endpoint
        self.longest = DATAGRAM_MAXIMUM
        self.wasTooLong = False
        self.sources = list(sources)
        self.lost = 0
        self._network = network
        self._receiver = receiver
        self._trains = trains
        self._failures = failures
        self._inbox: deque[Datagram] = deque()
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
            self._inbox.clear()
            for each in self.sources:
                self._network.detach(each)

    def arrive(self, datagram: Datagram) -> None:
        """
        Queue a datagram that the network delivers; all that are queued in one turn make one batch.
        """
        if len(self._inbox) >= INBOX_MAXIMUM:
            self.lost += 1
            return
        if self.endpoint.host != datagram.destination.host:  # bound to all
            key = datagram.sender, datagram.destination.host
            heard = self._heard.setdefault(key, Heard.at(*datagram.sender, datagram.destination.host))
            datagram = attrs.evolve(datagram, sender=heard)
        if not self._inbox:
            self._network.later(self._drain)
        self._inbox.append(datagram)

    def _drain(self) -> None:
        batch, self._inbox = self._inbox, deque()
        if not batch:
            return
        if self._trains is not None:
            self._handTrains(self._trains, batch)
            return
        for datagram in batch:
            if not self._closed:
                self._hand(datagram)
        if not self._closed and self._receiver is not None:
            with self._guarded("batch of datagrams"):
                self._receiver.batchReceived()

    @contextmanager
    def _guarded(self, place: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            if self._failures is None:
                raise
            self._failures.caught(place)

    def _hand(self, datagram: Datagram) -> None:
        buffer = bytearray(datagram.payload)
        assert self._receiver is not None
        with self._guarded("datagram"):
            self._receiver.datagramReceived(memoryview(buffer), datagram.sender)
        # The real underlay uses its buffer again: whoever kept a view finds rubbish here too.
        buffer[:] = b"\xdd" * len(buffer)

    def _handTrains(self, receiver: TrainReceiver, batch: deque[Datagram]) -> None:
        while batch and not self._closed:
            first = batch.popleft()
            size = last = len(first.payload)
            train = [first.payload]
            while (
                batch
                and len(train) < TRAIN_MAXIMUM
                and last == size
                and batch[0].sender == first.sender
                and len(batch[0].payload) <= size
            ):
                last = len(batch[0].payload)
                train.append(batch.popleft().payload)
            buffer = bytearray(b"".join(train))
            with self._guarded("datagram"):
                if len(train) == 1:
                    receiver.datagramReceived(memoryview(buffer), first.sender)
                else:
                    slots = Slots(max(size, 1), memoryview(buffer))
                    receiver.trainReceived(slots, 0, len(train), size, last, first.sender)
            buffer[:] = b"\xdd" * len(buffer)
        if not self._closed:
            with self._guarded("batch of datagrams"):
                receiver.batchReceived()


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
