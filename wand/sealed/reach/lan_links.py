"""
The links on which members look for each other: those that are up, and lead into no tunnel, ours or another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from wand.host.changes import Address, HostListener, Link
from wand.host.tunnels import TUNNELS, isOurs
from wand.sealed.overlay import Overlay

#: How many links are listened on, and how many addresses of each are remembered.
LINKS_MAXIMUM: Final = 64
ADDRESSES_MAXIMUM: Final = 64

#: The MAC address of the loopback interface.
_LOOPBACK: Final = bytes(6)

#: The hosts that stand for all addresses of this host.
_ANY: Final = ("0.0.0.0", "::")


class LanLinks(HostListener):
    """
    Knows the links and our addresses there, whether anybody is looked for on them or not.

    @ivar changed: called when there may be other links or addresses than before.
    """

    def __init__(
        self,
        host: str,
        ours: Callable[[], Collection[str]],
        mayReach: Callable[[str], bool],
    ) -> None:
        """
        @param host: the local address that the UDP port for data is bound to; others lead nowhere.
        @param ours: the names of the interfaces that lead into the overlay: our tap, and its bridge.
        @param mayReach: may datagrams go to this host?
        """
        self._host = host
        self._ours = ours
        self._mayReach = mayReach
        self.changed: Callable[[], object] = lambda: None
        self._near: list[IPv4Network | IPv6Network] | None = None
        self._inside: list[Overlay] | None = None
        self._links: dict[int, Link] = {}
        self._addresses: dict[int, dict[str, Address]] = {}

    def sources(self) -> list[tuple[int, str]]:
        """
        Where to speak: of each link one address of either family, with the number of the link.
        """
        found = []
        for link in self._running()[:LINKS_MAXIMUM]:
            hosts = [each for each in self._addresses.get(link.index, {}) if self._host in (*_ANY, each)]
            found += [(link.index, host) for host in _ofEachFamily(self._overlayLess(hosts))]
        return found

    def isNear(self, host: str) -> bool:
        """
        Is an address on a link of ours: within the prefix of one of our addresses there?
        """
        if self._near is None:
            self._near = self._networks(self._running())
        address = ip_address(host.partition("%")[0])
        return address.is_link_local or any(address in each for each in self._near)

    def leadsInside(self, host: str) -> bool:
        """
        Does an address lead into a network of ours, this one or another that runs on this host: is it within the prefix
        of one of our addresses on such an interface, and of none on a link?
        """
        if self._inside is None:
            self._inside = self._overlays()
        return any(host in each for each in self._inside) and not self.isNear(host)

    def isOwn(self, host: str) -> bool:
        """
        Is an address one of ours?
        """
        return any(host in each for each in self._addresses.values())

    def _networks(self, links: Iterable[Link]) -> list[IPv4Network | IPv6Network]:
        addresses = [each for link in links for each in self._addresses.get(link.index, {}).values()]
        return list(dict.fromkeys(ip_network((each.host, each.prefix), strict=False) for each in addresses))

    def _running(self) -> list[Link]:
        """
        The links that count: Ethernet, and neither a tunnel nor a bridge that a tap of ours is a port of.
        """
        ours = self._ours()
        inside = {number for each in self._inner() for number in (each.index, each.master)}
        outer = [each for each in self._links.values() if each.index not in inside and each.kind not in TUNNELS]
        return [each for each in outer if each.isRunning and any(each.mac) and each.name not in ours]

    def _inner(self) -> list[Link]:
        """
        The links that lead into a network of ours, this one or another.
        """
        return [each for each in self._links.values() if isOurs(each.alias)]

    def _overlays(self) -> list[Overlay]:
        """
        Where networks of ours are; nowhere if there is no other way out, as in a container that was given only a tap.
        """
        inside = self._inner()
        others = [each for each in self._links.values() if each not in inside and each.mac != _LOOPBACK]
        isElsewhere = any(self._addresses.get(each.index) for each in others)
        return [Overlay(str(each)) for each in self._networks(inside)] if isElsewhere else []

    def _overlayLess(self, hosts: list[str]) -> list[str]:
        """
        None if one is of the overlay: then the others may be heard through it, too.
        """
        return hosts if all(map(self._mayReach, hosts)) else []

    # What happens.

    def linkSeen(self, link: Link) -> None:
        """
        See L{HostListener}.
        """
        if self._links.get(link.index) != link:
            self._links[link.index] = link
            self._changed()

    def linkGone(self, index: int) -> None:
        """
        See L{HostListener}.
        """
        self._addresses.pop(index, None)
        if self._links.pop(index, None) is not None:
            self._changed()

    def addressSeen(self, address: Address) -> None:
        """
        See L{HostListener}.  Of IPv6 only those count that mean the same on every link.
        """
        known = self._addresses.setdefault(address.link, {})
        isGood = address.isUsable or ":" not in address.host
        if isGood and address.host not in known and len(known) < ADDRESSES_MAXIMUM:
            known[address.host] = address
            self._changed()

    def addressGone(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        if self._addresses.get(address.link, {}).pop(address.host, None) is not None:
            self._changed()

    def routeChanged(self, link: int) -> None:
        """
        See L{HostListener}: it changes nothing on a link.
        """

    def settled(self) -> None:
        """
        See L{HostListener}.
        """
        self._changed()

    def lost(self) -> None:
        """
        See L{HostListener}.
        """
        self._links.clear()
        self._addresses.clear()
        self._near = self._inside = None

    def _changed(self) -> None:
        self._near = self._inside = None
        self.changed()


def _ofEachFamily(hosts: list[str]) -> list[str]:
    return list({(":" in host): host for host in reversed(hosts)}.values())
