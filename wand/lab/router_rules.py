"""
What nft(8) is told in the routers of a lab.

The kernel keeps a mapping for itself, and gives it only to who was asked.  Where others may come in, from inside (a
hairpin, RFC 4787 section 6) or from outside (filtering that is not by address and port, section 5), the router
remembers besides which place outside is whose inside, and to whom that one sent.
"""

from __future__ import annotations

from typing import Final

#: The kinds of NATs.
CONE: Final = "cone"
RESTRICTED: Final = "restricted"
FULL: Final = "full"
SYMMETRIC: Final = "symmetric"
BLOCKED: Final = "blocked"
PROXY: Final = "proxy"

#: The TCP port of the proxy in the LAN.
PROXY_PORT: Final = 8888

_MASQUERADE: Final = {SYMMETRIC: "masquerade fully-random"}
_LEAVES: Final = {BLOCKED: "tcp dport 443 accept; drop", PROXY: "drop"}

# Which datagrams from outside are for whom inside, though nobody there asked for them.
_UNASKED: Final = {
    RESTRICTED: "iifname eth0 ip saddr . udp dport @asked dnat ip to udp dport map @inside",
    FULL: "iifname eth0 dnat ip to udp dport map @inside",
}

# REQ-9 of RFC 4787: who is reached through a hairpin sees the place outside of who sends.
_HAIRPIN: Final = "iifname lan fib daddr type local meta mark set 1 dnat ip to udp dport map @inside"
_SHOWN: Final = """\
        ct status dnat meta mark 1 snat ip to ip saddr . udp sport map @outside
        ct status dnat meta mark 1 snat ip to ct original ip daddr"""

_RULES: Final = """\
table ip router
delete table ip router
table ip router {{
    map inside {{ type inet_service : ipv4_addr . inet_service; size 4096; flags dynamic; }}
    map outside {{ type ipv4_addr . inet_service : ipv4_addr . inet_service; size 4096; flags dynamic; }}
    set asked {{ type ipv4_addr . inet_service; size 4096; flags dynamic; }}
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        {unasked}
        {hairpin}
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        {remapped}
        oifname eth0 {masquerade}
{shown}
    }}
    chain mapped {{
        type filter hook postrouting priority srcnat + 10;
        meta l4proto udp oifname eth0 ct direction original update @inside {{ {outer} : {inner} }}
        meta l4proto udp oifname eth0 ct direction original update @outside {{ {inner} : ip saddr . {outer} }}
        meta l4proto udp oifname eth0 ct direction original update @asked {{ ip daddr . {outer} }}
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
        iifname lan tcp dport {proxy} accept
    }}
}}
"""

#: A stateful firewall for the IPv6 of a LAN, as home routers have it (RFC 6092).
RULES6: Final = """\
table ip6 router {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        meta l4proto ipv6-icmp accept
        iifname lan accept
    }
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        meta l4proto ipv6-icmp accept
    }
}
"""

#: A stateful firewall on a host.
GUARD: Final = """\
table inet guard {
    chain input {
        type filter hook input priority filter;
        iifname eth0 ct state established,related accept
        iifname eth0 meta l4proto ipv6-icmp accept
        iifname eth0 drop
    }
}
"""


def rules(kind: str, hairpin: bool, port: int | None) -> str:
    """
    What makes a router of a kind, which has forgotten everything.

    @param port: the one that every UDP mapping has outside; C{None} for as the kind has it.
    """
    return _RULES.format(
        unasked=_UNASKED.get(kind, ""),
        hairpin=_HAIRPIN if hairpin else "",
        shown=_SHOWN if hairpin else "",
        remapped="" if port is None else f"oifname eth0 meta l4proto udp masquerade to :{port}",
        masquerade=_MASQUERADE.get(kind, "masquerade"),
        leaves=_LEAVES.get(kind, "accept"),
        inner="ct original ip saddr . ct original proto-src",
        outer="udp sport",
        proxy=PROXY_PORT,
    )
