"""
Routers of a lab: the NATs and firewalls behind which hosts sit, made with nft(8), with the behaviours of RFC 4787.

    kind        mapping                        filtering               hairpin
    cone        endpoint-independent, as the   address and port        no, unless it is asked for
                kernel does it: it keeps the
                port if nobody has it
    symmetric   address and port, at random    address and port        no
    blocked     as cone, for TCP to port 443   address and port        no
                alone; nothing else leaves

Every router drops what comes from outside unasked.  It does so before the kernel remembers the packet: else an answer
that is early would take the port away from the one who waits for it.  Two routers behind each other make a
carrier-grade NAT, and a host with no router but L{guard} sits behind a stateful firewall.

The LAN is 192.168.1.0/24 behind each router: so it is at home, and so both ends of a path often have the same address.
"""

from __future__ import annotations

import itertools
from typing import Final

from wand.lab.internet import Internet, batch, enableIPv6, forward
from wand.lab.network import Host, Lab

#: The kinds of NATs.
CONE: Final = "cone"
SYMMETRIC: Final = "symmetric"
BLOCKED: Final = "blocked"

#: The first octets of the addresses in every LAN, and in the network of a carrier (RFC 6598).
LAN: Final = "192.168.1."
CARRIER: Final = "100.64.0."

_MASQUERADE: Final = {CONE: "masquerade", SYMMETRIC: "masquerade fully-random", BLOCKED: "masquerade"}
_LEAVES: Final = {CONE: "accept", SYMMETRIC: "accept", BLOCKED: "tcp dport 443 accept; drop"}

# The kernel has no hairpin for mappings that it made by itself, so the router remembers whose port is whose.
_HAIRPIN: Final = """
    map owners { type inet_service : ipv4_addr; size 4096; flags dynamic; }
    chain prerouting {
        type nat hook prerouting priority dstnat;
        iifname lan fib daddr type local dnat to udp dport map @owners
    }
"""

_RULES: Final = """\
table ip router
delete table ip router
table ip router {{
    {hairpin}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        {owners}
        oifname eth0 {masquerade}
        ct status dnat masquerade
    }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct status dnat accept
        iifname lan {leaves}
    }}
    chain input {{
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        icmp type echo-request accept
    }}
}}
"""

_GUARD: Final = """\
table inet guard {
    chain input {
        type filter hook input priority filter;
        iifname eth0 ct state established,related accept
        iifname eth0 meta l4proto ipv6-icmp accept
        iifname eth0 drop
    }
}
"""


class Router:
    """
    A router with a NAT: C{eth0} leads outside, and any number of hosts are in its LAN.

    @ivar host: the router itself.
    """

    def __init__(self, lab: Lab, name: str, internet: Internet, kind: str = CONE, hairpin: bool = False) -> None:
        """
        Make one whose C{eth0} is not connected yet.

        @param kind: L{CONE}, L{SYMMETRIC} or L{BLOCKED}.
        """
        self.host = lab.bare(name)
        self._internet = internet
        self._kind = kind
        self._hairpin = hairpin
        self._numbers = itertools.count(10)
        self._ports = itertools.count(1)
        self._prefix = LAN
        self._outer: Router | None = None
        self._rules("")
        forward(self.host)

    def onInternet(self) -> None:
        """
        Connect it to the Internet.
        """
        self._internet.connect(self.host)
        self._openLAN(LAN)

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
        enableIPv6(host, "eth0", False)
        self._internet.wire(host)
        return self._address(host)

    def adopt(self, host: Host, former: Router) -> str:
        """
        Take a host over from another router's LAN, as one who walks from one Wi-Fi to the next.

        @return: its address.
        """
        port = f"to-{host.name}"[:15]
        batch(former.host, f"link set {port} down", f"link set {port} netns {self.host.namespace}")
        batch(self.host, f"link set {port} master lan up")
        batch(host, "address flush dev eth0")
        return self._address(host)

    def _address(self, host: Host) -> str:
        address = f"{self._prefix}{next(self._numbers)}"
        batch(
            host,
            "link set eth0 up",
            f"address add {address}/24 dev eth0",
            f"route replace default via {self._prefix}1 dev eth0",
        )
        return address

    def _openLAN(self, prefix: str) -> None:
        self._prefix = prefix
        batch(
            self.host,
            "link add name lan type bridge",
            "link set lan up",
            f"address add {prefix}1/24 dev lan",
        )

    def fail(self) -> None:
        """
        Go away and forget every mapping and every connection, as a router does that restarts.
        """
        batch(self.host, "link set eth0 down")  # with it, the kernel drops all that was masqueraded through it

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
        self._rules(f"oifname eth0 meta l4proto udp masquerade to :{port}")

    def _rules(self, before: str) -> None:
        owners = "oifname eth0 update @owners { udp sport : ip saddr }" if self._hairpin else ""
        rules = _RULES.format(
            hairpin=_HAIRPIN if self._hairpin else "",
            owners=f"{owners}\n{before}",
            masquerade=_MASQUERADE[self._kind],
            leaves=_LEAVES[self._kind],
        )
        self.host.run("nft", "-f", "-", sent=rules)


def guard(host: Host) -> None:
    """
    Put a stateful firewall on a host: nothing comes in on C{eth0} that it did not ask for.
    """
    host.run("nft", "-f", "-", sent=_GUARD)
