"""
Where things are in a frame: what it carries behind tags, SNAP headers and IPv6's chain of headers.  Functions of octets
and nothing else; beyond the end of a frame they raise C{IndexError}.

Sources: IEEE 802.1Q, IEEE 802.3, RFC 8200.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import Frame

IPV4: Final = 0x0800
ARP: Final = 0x0806
IPV6: Final = 0x86DD
TAGS: Final = frozenset((0x8100, 0x88A8, 0x9100))

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58

#: In place of a protocol: the rest of a packet in fragments, which says nothing of what it carries.
NOTHING: Final = -1

#: Below this the field is a length, and an LLC header follows (IEEE 802.3).
_TYPES_FROM: Final = 0x0600
_SNAP: Final = (0xAA, 0xAA, 3)

#: Headers between that of IPv6 and what it carries: hop-by-hop, routing, fragment, authentication, destination.
_BETWEEN: Final = frozenset((0, 43, 44, 51, 60))
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51


def payloadOf(frame: Frame) -> tuple[int, int]:
    """
    The EtherType of what a frame carries, and where it begins.
    """
    at = 12
    while True:
        kind = number(frame, at)
        at += 2
        if kind in TAGS:
            at += 2
        elif kind < _TYPES_FROM and (frame[at], frame[at + 1], frame[at + 2]) == _SNAP:
            at += 6
        else:
            return kind, at


def carriedBy(frame: Frame, at: int) -> tuple[int, int]:
    """
    The protocol that an IPv6 packet carries, and where it begins.

    @param at: where the packet begins.
    """
    following, at = frame[at + 6], at + 40
    while following in _BETWEEN:
        if following == _FRAGMENT:
            if number(frame, at + 2) & 0xFFF8:
                return NOTHING, at
            size = 8
        else:
            size = (frame[at + 1] + 2) * 4 if following == _AUTHENTICATION else (frame[at + 1] + 1) * 8
        following, at = frame[at], at + size
    return following, at


def number(frame: Frame, at: int) -> int:
    """
    The 16-bit number at a place.
    """
    return frame[at] << 8 | frame[at + 1]
