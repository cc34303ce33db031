"""
The interface of this host whose mDNS is reflected: it may come and go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wand.frame_services.mdns_packets import Packet
from wand.host.changes import Address, HostChanges, HostListener, Link
from wand.nearest import nearest


class MulticastLink(Protocol):
    """
    A link on which mDNS is spoken: see L{wand.frame_services.mdns_link.MDNSLink}.
    """

    def send(self, payload: bytes) -> bool:
        """
        Send a packet to everybody there.
        """

    def close(self) -> None:
        """
        Hear no more.
        """


#: Opens the link of an interface, of which it is told the number, and by whom to be heard.
Opener = Callable[[int, Callable[[str, Packet], object]], MulticastLink]


class Lan(HostListener):
    """
    Hears and sends there whenever it is up.
    """

    def __init__(
        self,
        interface: str,
        openLink: Opener,
        heard: Callable[[str, Packet], object],
        failed: Callable[[OSError], object],
        missing: Callable[[str], object],
    ) -> None:
        """
        @param interface: its name.
        @param heard: called with the address of whoever sent it and each packet, but for those of this host itself.
        @param failed: called when the system does not let us.
        @param missing: called with what is wrong with the interface, and with an empty text when it is there.
        """
        self._interface = interface
        self._openLink = openLink
        self._heard = heard
        self._failed = failed
        self._missing = missing
        self._links: dict[int, Link] = {}
        self._isSettled = False
        self._link: MulticastLink | None = None
        self._index = 0
        self._own: set[tuple[int, str]] = set()
        self._hosts: frozenset[str] = frozenset()
        self._end: Callable[[], None] = lambda: None

    def follow(self, host: HostChanges) -> None:
        """
        Begin.
        """
        self._end = host.watch(self)

    def send(self, payload: bytes) -> bool:
        """
        Send a packet to everybody there.

        @return: whether the system took it.
        """
        return self._link is not None and self._link.send(payload)

    def close(self) -> None:
        """
        Hear no more; more calls do nothing.
        """
        end, self._end = self._end, lambda: None
        end()
        self._shut()

    def _receive(self, source: str, packet: Packet) -> None:
        if source not in self._hosts:
            self._heard(source, packet)

    def _open(self, index: int) -> None:
        try:
            self._link, self._index = self._openLink(index, self._receive), index
        except OSError as error:
            self._failed(error)

    def _shut(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    # What happens on the host.

    def linkSeen(self, link: Link) -> None:
        """
        See L{HostListener}.  An interface that is down has left its groups when it comes up again.
        """
        isIt = link.name == self._interface
        if self._link is not None and link.index == self._index and not (isIt and link.isUp):
            self._shut()
        if isIt and link.isUp and (self._link is None or link.index != self._index):
            self._shut()
            self._open(link.index)
        self._links[link.index] = link
        self._judge()

    def linkGone(self, index: int) -> None:
        """
        See L{HostListener}.
        """
        if index == self._index:
            self._shut()
        self._keep({each for each in self._own if each[0] != index})
        self._links.pop(index, None)
        self._judge()

    def addressSeen(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        self._keep(self._own | {(address.link, address.host)})

    def addressGone(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        self._keep(self._own - {(address.link, address.host)})

    def routeChanged(self, link: int) -> None:
        """
        See L{HostListener}: it changes nothing here.
        """

    def settled(self) -> None:
        """
        See L{HostListener}.
        """
        self._isSettled = True
        self._judge()

    def lost(self) -> None:
        """
        See L{HostListener}.
        """
        self._keep(set())
        self._links.clear()
        self._isSettled = False

    def _judge(self) -> None:
        """
        Say whether the interface is there.
        """
        if not self._isSettled:
            return
        names = {each.name: each for each in self._links.values()}
        if self._interface not in names:
            close = nearest(self._interface, names)
            instead = f"did you mean {close}?" if close else f"there are {', '.join(sorted(names)) or 'none'}"
            self._missing(f"there is no interface {self._interface}; {instead}")
        else:
            self._missing("" if names[self._interface].isUp else f"the interface {self._interface} is down")

    def _keep(self, own: set[tuple[int, str]]) -> None:
        self._own, self._hosts = own, frozenset(host for _, host in own)
