"""
What a filter looks at: the fields of a frame.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.ethernet import Frame
from wand.headers import ARP, IPV4, IPV6, NOTHING, TAGS, TCP, UDP, carriedBy, number, payloadOf

#: The protocols with ports: TCP, UDP and SCTP.
_WITH_PORTS: Final = frozenset((TCP, UDP, 132))


@attrs.define
class Packet:
    """
    The fields of a frame, as far as it has them.

    @ivar frame: all of it.
    @ivar kind: the EtherType of what it carries, behind all tags.
    @ivar tag: the number of the outermost 802.1Q tag; C{None} without one.
    @ivar addresses: the IP addresses of the source and of the destination, in octets; of ARP those that it speaks of.
    @ivar protocol: what an IP packet carries.
    @ivar ports: of the source and of the destination.
    """

    frame: Frame
    kind: int = NOTHING
    tag: int | None = None
    addresses: tuple[bytes, bytes] = (b"", b"")
    protocol: int = NOTHING
    ports: tuple[int, int] = (NOTHING, NOTHING)


def packetOf(frame: Frame) -> Packet:
    """
    Read a frame; what is missing at its end stays empty.
    """
    packet = Packet(frame)
    try:
        if number(frame, 12) in TAGS:
            packet.tag = number(frame, 14) & 0x0FFF
        packet.kind, at = payloadOf(frame)
        if packet.kind == ARP:
            packet.addresses = bytes(frame[at + 14 : at + 18]), bytes(frame[at + 24 : at + 28])
        elif packet.kind == IPV4:
            _readIPv4(packet, frame, at)
        elif packet.kind == IPV6:
            packet.addresses = bytes(frame[at + 8 : at + 24]), bytes(frame[at + 24 : at + 40])
            packet.protocol, at = carriedBy(frame, at)
            _readPorts(packet, frame, at)
    except IndexError:
        pass
    return packet


def _readIPv4(packet: Packet, frame: Frame, at: int) -> None:
    packet.addresses = bytes(frame[at + 12 : at + 16]), bytes(frame[at + 16 : at + 20])
    packet.protocol = frame[at + 9]
    if not number(frame, at + 6) & 0x1FFF:  # no later fragment
        _readPorts(packet, frame, at + (frame[at] & 0x0F) * 4)


def _readPorts(packet: Packet, frame: Frame, at: int) -> None:
    if packet.protocol in _WITH_PORTS:
        packet.ports = number(frame, at), number(frame, at + 2)
