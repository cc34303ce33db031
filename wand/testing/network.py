"""
A simulated underlay: hosts that exchange datagrams over a network that loses, delays, repeats and reorders them, in the
simulated time of a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from random import Random
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.ethernet import Frame
from wand.slots import Slots
from wand.underlay import DATAGRAM_MAXIMUM, DatagramReceiver, TrainReceiver

#: How many datagrams wait at one port, at the most; those beyond are lost, as in a socket buffer.
INBOX_LIMIT: Final = 10_000

#: How many datagrams make a train at the most, as in Linux.
TRAIN_LIMIT: Final = 64

#: How many datagrams L{Network.sent} remembers.
RECORD_LIMIT: Final = 100_000

#: The first of the ports that C{bind} gives when it is asked for any (RFC 6335, section 6).
EPHEMERAL: Final = 49_152


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


@attrs.define
class Network:
    """
    A network of hosts.  How it treats datagrams can be changed at any time.

    @ivar loss: the probability that a datagram is lost, 0 to 1.
    @ivar duplication: the probability that a datagram arrives twice.
    @ivar delay: seconds that every datagram takes; with zero it arrives in the next turn of the clock.
    @ivar jitter: up to how many seconds more a datagram takes, at random; so datagrams overtake each other.
    @ivar sent: what the ports sent, whatever became of it, the newest last.
    """

    _clock: IReactorTime
    _random: Random
    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    sent: deque[Datagram] = attrs.field(init=False, factory=lambda: deque(maxlen=RECORD_LIMIT))
    _drops: list[Callable[[Datagram], bool]] = attrs.field(init=False, factory=list)
    _ports: dict[tuple[str, int], Port] = attrs.field(init=False, factory=dict)
    _ephemeral: int = attrs.field(init=False, default=EPHEMERAL)

    def host(self, address: str) -> Host:
        """
        A host of this network, seen as an underlay.

        @param address: its one IP address.
        """
        return Host(self, str(ip_address(address)))

    def drop(self, predicate: Callable[[Datagram], bool]) -> Callable[[], None]:
        """
        From now on lose every datagram of which C{predicate} is true.

        @return: a function that ends it; calling it again does nothing.
        """
        self._drops.append(predicate)

        def undo() -> None:
            self._drops = [each for each in self._drops if each is not predicate]

        return undo

    def attach(self, port: Port, source: Endpoint) -> None:
        """
        Deliver to C{port} what is sent to C{source}.

        @raise PortUnavailable: if another port has it.
        """
        if source in self._ports:
            raise PortUnavailable(f"the UDP port {source} is in use; choose another one")
        self._ports[source] = port

    def detach(self, source: Endpoint) -> None:
        """
        Deliver nothing more to C{source}.
        """
        self._ports.pop(source, None)

    def freePort(self, address: str) -> int:
        """
        A port of a host that nobody has bound; another one each time, as with real systems.
        """
        for _ in range(65_536 - EPHEMERAL):
            self._ephemeral = max(EPHEMERAL, (self._ephemeral + 1) % 65_536)
            if (address, self._ephemeral) not in self._ports:
                return self._ephemeral
        raise PortUnavailable(f"{address} has no UDP port left")

    def carry(self, payload: bytes, sender: Endpoint, destination: Endpoint) -> None:
        """
        Take a datagram, and deliver it or not.
        """
        datagram = Datagram(self._clock.seconds(), sender, destination, payload)
        self.sent.append(datagram)
        if any(predicate(datagram) for predicate in self._drops):
            return
        copies = 2 if self._random.random() < self.duplication else 1
        for _ in range(copies):
            if self._random.random() >= self.loss:
                self._send(datagram)

    def _send(self, datagram: Datagram) -> None:
        seconds = self.delay + self._random.random() * self.jitter
        if seconds > 0:
            self._clock.callLater(seconds, self._arrive, datagram)
        else:
            self._arrive(datagram)

    def _arrive(self, datagram: Datagram) -> None:
        port = self._ports.get(datagram.destination)
        if port is not None:
            port.arrive(datagram)

    def later(self, call: Callable[[], object]) -> None:
        """
        Call in the next turn of the clock.
        """
        self._clock.callLater(0, call)


@attrs.frozen
class Host:
    """
    A host with one IP address: an L{wand.underlay.Underlay}.
    """

    network: Network
    address: str

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> Port:
        """
        Bind a UDP port on the host's own address, or on any address.
        """
        return self._port(host, port, receiver, None)

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> Port:
        """
        As L{bind}, for there are no fragments here; datagrams of one size from one sender that arrive in one turn make
        a train.
        """
        return self._port(host, port, None, receiver)

    def _port(self, host: str, port: int, receiver: DatagramReceiver | None, trains: TrainReceiver | None) -> Port:
        if host not in (self.address, "0.0.0.0", "::"):
            raise PortUnavailable(f"this host has no address {host}; it has {self.address}")
        if not port:
            port = self.network.freePort(self.address)
        return Port(self.network, receiver, trains, Endpoint(host, port), Endpoint(self.address, port))


class Port:
    """
    A bound port: an L{wand.underlay.DatagramPort}.

    @ivar longest: octets of the longest datagram that its interface takes; a test may make it narrower.
    @ivar source: where its datagrams come from.
    @ivar lost: how many datagrams found its queue full.
    """

    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        network: Network,
        receiver: DatagramReceiver | None,
        trains: TrainReceiver | None,
        endpoint: Endpoint,
        source: Endpoint,
    ) -> None:
        self.endpoint = endpoint
        self.longest = DATAGRAM_MAXIMUM
        self.wasTooLong = False
        self.source = source
        self.lost = 0
        self._network = network
        self._receiver = receiver
        self._trains = trains
        self._inbox: deque[Datagram] = deque()
        self._closed = False
        network.attach(self, source)

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram, unless it is too long.
        """
        self.wasTooLong = len(datagram) > self.longest
        if self._closed or self.wasTooLong:
            return False
        self._network.carry(bytes(datagram), self.source, Endpoint(*destination))
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
        return self.send(datagram, destination)

    def close(self) -> None:
        """
        Free the port; what waits in its queue is lost.
        """
        if not self._closed:
            self._closed = True
            self._inbox.clear()
            self._network.detach(self.source)

    def arrive(self, datagram: Datagram) -> None:
        """
        Queue a datagram that the network delivers; all that are queued in one turn make one batch.
        """
        if len(self._inbox) >= INBOX_LIMIT:
            self.lost += 1
            return
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
            self._receiver.batchReceived()

    def _hand(self, datagram: Datagram) -> None:
        buffer = bytearray(datagram.payload)
        assert self._receiver is not None
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
                and len(train) < TRAIN_LIMIT
                and last == size
                and batch[0].sender == first.sender
                and len(batch[0].payload) <= size
            ):
                last = len(batch[0].payload)
                train.append(batch.popleft().payload)
            buffer = bytearray(b"".join(train))
            if len(train) == 1:
                receiver.datagramReceived(memoryview(buffer), first.sender)
            else:
                slots = Slots(max(size, 1), memoryview(buffer))
                receiver.trainReceived(slots, 0, len(train), size, last, first.sender)
            buffer[:] = b"\xdd" * len(buffer)
        if not self._closed:
            receiver.batchReceived()
