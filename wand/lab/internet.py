"""
The Internet of a lab, as far as reaching each other goes: sites that share no link, and what may happen in between.

Each site hangs on a cable of its own, as a rented server does: it has one address with a prefix of 32 bits (or 128) and
a default route, and no multicast of one site is heard at another.  A backbone passes packets between the cables; it can
be told to drop those that are too long, without a word (RFC 2923 calls that a black hole), and UDP between two sites.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import attrs

from wand.lab.commands import execute
from wand.lab.network import Host, Lab

#: Where the sites' addresses are from: the blocks for examples (RFC 5737, RFC 3849).
BLOCKS: Final = ("198.51.100.", "203.0.113.")
PREFIX6: Final = "2001:db8::"

#: The versions of IP that a site has.
IPV4: Final = "4"
IPV6: Final = "6"
BOTH: Final = (IPV4, IPV6)

#: The backbone, as each site sees it.
_GATEWAY: Final = "192.0.2.1"
_GATEWAY6: Final = "fe80::1"
_ROUTER6: Final = "fe80::2"

_RULES: Final = """\
table inet backbone {
    set forbidden { type ipv4_addr . ipv4_addr; }
    set cut { type ifname; }
    set deaf { type ifname; }
    chain forward {
        type filter hook forward priority filter;
        iifname @cut drop
        oifname @cut drop
        meta l4proto udp iifname @deaf drop
        meta l4proto udp oifname @deaf drop
        meta l4proto udp ip saddr . ip daddr @forbidden drop
    }
    chain holes { type filter hook forward priority 1; }
}
"""


@attrs.frozen
class Site:
    """
    Where a host hangs on the Internet.

    @ivar number: of its cable.
    @ivar versions: the versions of IP that it has.
    """

    number: int
    versions: Sequence[str]

    @property
    def cable(self) -> str:
        """
        The backbone's end of the cable.
        """
        return f"site{self.number}"

    @property
    def addresses(self) -> list[str]:
        """
        Its addresses, without prefix lengths: IPv4 first.
        """
        known = {IPV4: f"{BLOCKS[self.number // 250]}{self.number % 250 + 2}", IPV6: f"{PREFIX6}{self.number + 2:x}"}
        return [known[version] for version in self.versions]


class Internet:
    """
    The backbone of a lab, and who hangs on it.

    @ivar host: the backbone.
    @ivar sites: the sites, by the names of their hosts.
    """

    def __init__(self, lab: Lab, *, trains: bool = False) -> None:
        """
        @param trains: may many datagrams cross a cable in one piece, as they do between namespaces?  They do not cross
            any wire, and what drops packets that are too long would drop all of them.
        """
        self.host = lab.bare("internet")
        self._trains = trains
        self.sites: dict[str, Site] = {}
        self._numbers = itertools.count()
        forward(self.host)
        self._ip(f"address add {_GATEWAY}/32 dev lo")
        self.host.run("nft", "-f", "-", sent=_RULES)

    def connect(self, host: Host, versions: Sequence[str] = (IPV4,)) -> Site:
        """
        Give a host an C{eth0} on the Internet.
        """
        site = self.sites[host.name] = Site(next(self._numbers), versions)
        self._ip(
            f"link add name {site.cable} type veth peer name eth0 netns {host.namespace}",
            f"link set {site.cable} up",
            f"address add {_GATEWAY6}/64 dev {site.cable} nodad",
        )
        self.wire(host)
        self._settle(host, site)
        return site

    def wire(self, host: Host) -> None:
        """
        Make the C{eth0} of a host cut trains into datagrams, unless they may cross.
        """
        if not self._trains:
            batch(host, "link set eth0 gso_max_segs 1")

    def renumber(self, host: Host) -> Site:
        """
        Take the addresses of a host away and give it others, as providers do and as one does who walks away.
        """
        former = self.sites[host.name]
        number = next(self._numbers)
        self._ip(f"link set {former.cable} down", f"link set {former.cable} name site{number}")
        self._ip(f"link set site{number} up", f"address add {_GATEWAY6}/64 dev site{number} nodad")
        batch(host, "address flush dev eth0 scope global")
        site = self.sites[host.name] = Site(number, former.versions)
        self._settle(host, site)
        return site

    def delegate(self, host: Host) -> str:
        """
        Give a router the addresses of IPv6 for its LAN (RFC 8415 section 6.3); it has none outside but a link-local.

        @return: the first half of them, with the two colons at its end.
        """
        site = self.sites[host.name]
        prefix = f"2001:db8:{site.number + 1:x}::"
        enableIPv6(host, "eth0", True)
        batch(host, f"address add {_ROUTER6}/64 dev eth0 nodad")
        batch(host, f"-6 route replace default via {_GATEWAY6} dev eth0")
        self._ip(f"-6 route replace {prefix}/64 via {_ROUTER6} dev {site.cable}")
        return prefix

    def unplug(self, host: Host, router: Host, port: str) -> None:
        """
        Put the other end of the C{eth0} of a host into a router, as somebody does who comes home.

        @param port: what it is called there.
        """
        cable = self.sites.pop(host.name).cable
        self._ip(f"link set {cable} down", f"link set {cable} netns {router.namespace}")
        batch(router, f"link set {cable} name {port}")

    def restore(self, host: Host) -> None:
        """
        Set up again what a host forgot of its site when its C{eth0} was down.
        """
        self._settle(host, self.sites[host.name])

    def _settle(self, host: Host, site: Site) -> None:
        enableIPv6(host, "eth0", IPV6 in site.versions)
        lines, routes = ["link set eth0 up"], []
        for version, address in zip(site.versions, site.addresses, strict=True):
            bits, gateway = (32, _GATEWAY) if version == IPV4 else (128, _GATEWAY6)
            nodad = "" if version == IPV4 else "nodad"
            lines += [f"address replace {address}/{bits} dev eth0 {nodad}"]
            lines += [f"-{version} route replace default via {gateway} dev eth0 onlink"]
            routes += [f"-{version} route replace {address}/{bits} dev {site.cable}"]
        self._ip(*routes)
        batch(host, *lines)

    def hole(self, host: Host, size: int, *, inward: bool = False) -> None:
        """
        Drop IP packets to and from a site that have more than C{size} octets, without a word.

        @param inward: only those to it.
        """
        cable = self.sites[host.name].cable
        for way in ("oifname",) if inward else ("oifname", "iifname"):
            self.host.run("nft", "add", "rule", "inet", "backbone", "holes", f"{way} {cable} meta length > {size} drop")

    def forbid(self, one: Host, two: Host, forbidden: bool = True) -> None:
        """
        Drop UDP between two sites, or no longer.
        """
        there, back = self.sites[one.name].addresses[0], self.sites[two.name].addresses[0]
        self._element("forbidden", forbidden, f"{there} . {back}", f"{back} . {there}")

    def cut(self, host: Host, isCut: bool = True) -> None:
        """
        Let nothing through to and from a site, or everything again; nobody at the site is told.
        """
        self._element("cut", isCut, self.sites[host.name].cable)

    def block(self, host: Host, isBlocked: bool = True) -> None:
        """
        Let no UDP through to and from a site, or let it through again.
        """
        self._element("deaf", isBlocked, self.sites[host.name].cable)

    def _element(self, name: str, isIn: bool, *elements: str) -> None:
        words = ("nft", "add" if isIn else "delete", "element", "inet", "backbone", name)
        self.host.run(*words, f"{{ {', '.join(elements)} }}")

    def _ip(self, *lines: str) -> None:
        batch(self.host, *lines)


def batch(host: Host, *lines: str) -> None:
    """
    Run some commands of ip(8) in a host.

    @raise wand.lab.CommandFailed: if one of them fails.
    """
    version4 = "\n".join(line for line in lines if not line.startswith("-"))
    execute("ip", "-n", host.namespace, "-batch", "-", sent=version4)
    for line in lines:
        if line.startswith("-"):
            execute("ip", "-n", host.namespace, *line.split())


def forward(host: Host) -> None:
    """
    Make a host a router.
    """
    settings = ("ipv4/ip_forward", "ipv6/conf/all/forwarding")
    host.run("sh", "-c", "; ".join(f"echo 1 > /proc/sys/net/{setting}" for setting in settings))


def enableIPv6(host: Host, interface: str, enabled: bool) -> None:
    """
    Let an interface of a host have IPv6, or not.
    """
    host.run("sh", "-c", f"echo {int(not enabled)} > /proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
