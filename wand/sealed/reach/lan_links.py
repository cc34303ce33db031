"""
The links on which members look for each other: those that are up, and not of the overlay.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from wand.host.changes import Address, HostListener, Link

#: How many links are listened on, and how many addresses of each are remembered.
LINKS_MAXIMUM: Final = 64
ADDRESSES_MAXIMUM: Final = 64

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
        ours: Callable[[], Container[str]],
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
            self._near = self._networks()
        address = ip_address(host.partition("%")[0])
        return address.is_link_local or any(address in each for each in self._near)

    def isOwn(self, host: str) -> bool:
        """
        Is an address one of ours?
        """
        return any(host in each for each in self._addresses.values())

    def _networks(self) -> list[IPv4Network | IPv6Network]:
        addresses = [each for link in self._running() for each in self._addresses.get(link.index, {}).values()]
        return list(dict.fromkeys(ip_network((each.host, each.prefix), strict=False) for each in addresses))

    def _running(self) -> list[Link]:
        """
        The links that count: Ethernet, for neighbours are not found through other tunnels, and none of the overlay.
        """
        ours = self._ours()
        return [each for each in self._links.values() if each.isRunning and any(each.mac) and each.name not in ours]

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
        self._near = None

    def _changed(self) -> None:
        self._near = None
        self.changed()


def _ofEachFamily(hosts: list[str]) -> list[str]:
    return list({(":" in host): host for host in reversed(hosts)}.values())
