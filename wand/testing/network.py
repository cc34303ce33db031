"""
A simulated underlay: hosts that exchange datagrams over a network that loses, delays, repeats and reorders them, in the
simulated time of a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable
from wand.testing.carriers import Arrival, Kind
from wand.testing.hosts import Region
from wand.testing.inbox import Datagram

#: How many datagrams L{Network.sent} remembers.
RECORD_MAXIMUM: Final = 100_000

#: The first of the ports that C{bind} gives when it is asked for any (RFC 6335, section 6).
EPHEMERAL: Final = 49_152


@attrs.define
class Network(Region):
    """
    A network of hosts.  How it treats datagrams can be changed at any time.  What stands before some of the hosts is in
    L{wand.testing.sites} and L{wand.testing.nats}.

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
    sent: deque[Datagram] = attrs.field(init=False, factory=lambda: deque(maxlen=RECORD_MAXIMUM))
    _drops: list[Callable[[Datagram], bool]] = attrs.field(init=False, factory=list)
    _ports: dict[tuple[str, int], Arrival] = attrs.field(init=False, factory=dict)
    _ephemeral: int = attrs.field(init=False, default=EPHEMERAL)
    _asked: dict[str, set[tuple[Endpoint, Endpoint]]] = attrs.field(init=False, factory=dict)

    @property
    def clock(self) -> IReactorTime:
        """
        The simulated time.
        """
        return self._clock

    def allows(self, kind: Kind) -> bool:
        """
        Everything is let through here.
        """
        return True

    def guard(self, address: str) -> None:
        """
        From now on a host gets only what comes from where it sent something to: it is behind a stateful firewall.
        """
        self._asked.setdefault(address, set())

    def drop(self, predicate: Callable[[Datagram], bool]) -> Callable[[], None]:
        """
        From now on lose every datagram of which C{predicate} is true.

        @return: a function that ends it; calling it again does nothing.
        """
        self._drops.append(predicate)

        def undo() -> None:
            self._drops = [each for each in self._drops if each is not predicate]

        return undo

    @property
    def bound(self) -> int:
        """
        How many ports are bound, of all hosts.
        """
        return len(self._ports)

    def attach(self, port: Arrival, source: Endpoint) -> None:
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
        if sender.host in self._asked:
            self._asked[sender.host].add((sender, destination))
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
        asked = self._asked.get(datagram.destination.host)
        if port is not None and (asked is None or (datagram.destination, datagram.sender) in asked):
            port.arrive(datagram)

    def later(self, call: Callable[[], object]) -> None:
        """
        Call in the next turn of the clock.
        """
        self._clock.callLater(0, call)
