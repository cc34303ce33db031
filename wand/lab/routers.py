"""
Routers of a lab: the NATs and firewalls behind which hosts sit, made with nft(8), with the behaviours of RFC 4787.

    kind        mapping                        filtering               hairpin
    cone        endpoint-independent, as the   address and port        no, unless it is asked for; then who is
                kernel does it: it keeps the                           reached sees the place outside of who
                port if nobody has it                                  sends (REQ-9)
    restricted  as cone                        address                 as cone
    full        as cone                        none                    as cone
    symmetric   address and port, at random    address and port        no
    blocked     as cone, for TCP to port 443   address and port        no
                alone; nothing else leaves
    proxy       none: only the proxy in the    -                       no
                LAN leaves, to TCP port 443

Every router drops what comes from outside unasked.  It does so before the kernel remembers the packet: else an answer
that is early would take the port away from the one who waits for it.  Two routers behind each other make a
carrier-grade NAT, and a host with no router but L{guard} sits behind a stateful firewall.

The LAN is 192.168.1.0/24 behind each router: so it is at home, and so both ends of a path often have the same address.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from wand.lab.internet import IPV4, IPV6, Internet, batch, enableIPv6, forward
from wand.lab.network import Host, Lab
from wand.lab.router_rules import CONE, GUARD, PROXY, PROXY_PORT, RULES6, rules

#: The first octets of the addresses in every LAN, and in the network of a carrier (RFC 6598).
LAN: Final = "192.168.1."
CARRIER: Final = "100.64.0."

_PROXY: Final = """\
Port {port}
Listen {address}
Timeout 600
MaxClients 20
ConnectPort 443
"""


class Router:
    """
    A router with a NAT: C{eth0} leads outside, and any number of hosts are in its LAN.

    @ivar host: the router itself.
    """

    def __init__(self, lab: Lab, name: str, internet: Internet, kind: str = CONE, hairpin: bool = False) -> None:
        """
        Make one whose C{eth0} is not connected yet.

        @param kind: one of those of L{wand.lab.router_rules}.
        """
        self.host = lab.bare(name)
        self._directory = lab.directory
        self._internet = internet
        self._kind = kind
        self._hairpin = hairpin
        self._port: int | None = None
        self._numbers = itertools.count(10)
        self._prefix = LAN
        self._prefix6 = ""
        self._outer: Router | None = None
        self._apply()
        forward(self.host)

    def onInternet(self, versions: Sequence[str] = (IPV4,)) -> None:
        """
        Connect it to the Internet.

        @param versions: with IPv6, hosts in its LAN have addresses of their own, behind a firewall.
        """
        self._internet.connect(self.host)
        if IPV6 in versions:
            self._prefix6 = self._internet.delegate(self.host)
            self.host.run("nft", "-f", "-", sent=RULES6)
        self._openLAN(LAN)
        if self._kind == PROXY:
            self._openProxy()

    def _openProxy(self) -> None:
        file = self._directory / f"{self.host.name}-proxy.conf"
        file.write_text(_PROXY.format(port=PROXY_PORT, address=f"{LAN}1"))
        self.host.start(f"{self.host.name}-proxy", "tinyproxy", "-d", "-c", str(file))

    def behind(self, carrier: Router) -> None:
        """
        Connect it to another router, which is a carrier's.
        """
        self._outer = carrier
        carrier.plug(self.host)
        self._openLAN(LAN)

    def asCarrier(self) -> None:
        """
        Connect it to the Internet, with other routers behind it.
        """
        self._internet.connect(self.host)
        self._openLAN(CARRIER)

    def plug(self, host: Host) -> str:
        """
        Take a new host into the LAN, with an C{eth0}, an address and a default route.

        @return: its address.
        """
        port = f"to-{host.name}"[:15]
        batch(
            self.host,
            f"link add name {port} type veth peer name eth0 netns {host.namespace}",
            f"link set {port} master lan up",
        )
        enableIPv6(host, "eth0", bool(self._prefix6))
        self._internet.wire(host)
        return self._address(host)

    def adopt(self, host: Host, former: Router | None = None) -> str:
        """
        Take a host over from another router's LAN, as one who walks from one Wi-Fi to the next.

        @param former: the other router; C{None} if the host hangs on the Internet itself.
        @return: its address.
        """
        port = f"to-{host.name}"[:15]
        if former is None:
            self._internet.unplug(host, self.host, port)
        else:
            batch(former.host, f"link set {port} down", f"link set {port} netns {self.host.namespace}")
        batch(self.host, f"link set {port} master lan up")
        batch(host, "address flush dev eth0")
        enableIPv6(host, "eth0", bool(self._prefix6))
        return self._address(host)

    def _address(self, host: Host) -> str:
        number = next(self._numbers)
        address = f"{self._prefix}{number}"
        batch(
            host,
            "link set eth0 up",
            f"address add {address}/24 dev eth0",
            f"route replace default via {self._prefix}1 dev eth0",
        )
        if self._prefix6:
            batch(host, f"address add {self._prefix6}{number}/64 dev eth0 nodad")
            batch(host, f"-6 route replace default via {self._prefix6}1 dev eth0")
        return address

    def _openLAN(self, prefix: str) -> None:
        self._prefix = prefix
        batch(
            self.host,
            "link add name lan type bridge",
            "link set lan up",
            f"address add {prefix}1/24 dev lan",
        )
        if self._prefix6:
            batch(self.host, f"address add {self._prefix6}1/64 dev lan nodad")

    def fail(self) -> None:
        """
        Go away and forget every mapping and every connection, as a router does that restarts.
        """
        batch(self.host, "link set eth0 down")  # with it, the kernel drops all that was masqueraded through it
        self._apply()

    def restore(self) -> None:
        """
        Be back after L{fail}.
        """
        if self._outer is None:
            self._internet.restore(self.host)
        else:
            batch(self.host, "link set eth0 up", f"route replace default via {CARRIER}1 dev eth0")

    def remap(self, port: int) -> None:
        """
        From the next restart on, every UDP mapping has this port outside, whatever it has inside.
        """
        self._port = port

    def forgetAfter(self, seconds: int) -> None:
        """
        Forget every mapping of UDP that was not used for some seconds.
        """
        timeouts = [f"/proc/sys/net/netfilter/nf_conntrack_udp_timeout{end}" for end in ("", "_stream")]
        self.host.run("sh", "-c", "; ".join(f"echo {seconds} > {timeout}" for timeout in timeouts))

    def _apply(self) -> None:
        self.host.run("nft", "-f", "-", sent=rules(self._kind, self._hairpin, self._port))


def guard(host: Host) -> None:
    """
    Put a stateful firewall on a host: nothing comes in on C{eth0} that it did not ask for.
    """
    host.run("nft", "-f", "-", sent=GUARD)
