"""
Simulated links: hosts that hear each other's multicast, in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.underlay.links import LINK_PORT, LinkReceiver


@attrs.frozen
class Spoken:
    """
    A datagram on a link.

    @ivar isQuestion: is it for everybody?
    """

    datagram: bytes
    sender: Endpoint
    receiver: Endpoint
    isQuestion: bool


class SimulatedLink:
    """
    One link and the hosts on it.

    @ivar spoken: everything that was sent.
    @ivar drop: loses the datagrams of which it is true.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.spoken: list[Spoken] = []
        self.drop: Callable[[Spoken], bool] = lambda spoken: False
        self._clock = clock
        self._ports: list[SimulatedLinkPort] = []

    def host(self, index: int, *addresses: str) -> SimulatedLinks:
        """
        A host on this link.

        @param index: the number of its interface.
        @param addresses: its addresses there.
        """
        return SimulatedLinks(self, index, addresses)

    def attach(self, port: SimulatedLinkPort) -> None:
        """
        A host listens.
        """
        self._ports.append(port)

    def detach(self, port: SimulatedLinkPort) -> None:
        """
        A host listens no longer.
        """
        self._ports = [each for each in self._ports if each is not port]

    def carry(self, spoken: Spoken) -> None:
        """
        Deliver a datagram in the next turn of the clock.
        """
        self.spoken.append(spoken)
        if not self.drop(spoken):
            for port in self._ports:
                self._clock.callLater(0, port.arrive, spoken)


@attrs.define
class SimulatedLinks:
    """
    The links of a host: L{wand.underlay.links.Links}; there is one.

    @ivar addresses: our addresses there, which a test may change.
    """

    link: SimulatedLink
    index: int
    addresses: tuple[str, ...]

    def open(self, receiver: LinkReceiver) -> SimulatedLinkPort:
        """
        See L{wand.underlay.links.Links}.
        """
        port = SimulatedLinkPort(self, receiver)
        self.link.attach(port)
        return port


class SimulatedLinkPort:
    """
    Speaks to the hosts on a link: L{wand.underlay.links.LinkPort}.
    """

    _ephemeral = 50_000

    def __init__(self, host: SimulatedLinks, receiver: LinkReceiver) -> None:
        SimulatedLinkPort._ephemeral += 1
        self.number = SimulatedLinkPort._ephemeral
        self._host = host
        self._receiver = receiver
        self._joined: set[bool] = set()

    def join(self, link: int, source: str) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        if link == self._host.index:
            self._joined.add(":" in source)
        return link == self._host.index

    def leave(self, link: int, source: str) -> None:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        self._joined.discard(":" in source)

    def ask(self, datagram: bytes, link: int, source: str) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        if link != self._host.index or source not in self._host.addresses:
            return False
        everybody = Endpoint("ff12::7761:6e64" if ":" in source else "239.255.119.100", LINK_PORT)
        self._host.link.carry(Spoken(datagram, Endpoint(source, self.number), everybody, isQuestion=True))
        return True

    def answer(self, datagram: bytes, sender: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        source = next((each for each in self._host.addresses if (":" in each) == (":" in sender[0])), None)
        if source is None:
            return False
        self._host.link.carry(Spoken(datagram, Endpoint(source, self.number), Endpoint(*sender), isQuestion=False))
        return True

    def close(self) -> None:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        self._host.link.detach(self)
        self._joined.clear()

    def arrive(self, spoken: Spoken) -> None:
        """
        Take a datagram, if it is for us.
        """
        isOurs = spoken.receiver.port == self.number and spoken.receiver.host in self._host.addresses
        if isOurs or (spoken.isQuestion and spoken.sender.isIPv6 in self._joined):
            self._receiver.heard(spoken.datagram, spoken.sender)
