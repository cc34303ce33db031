"""
The questions of ARP and of neighbour discovery, "who has this address?", and the answers to them.  Functions of octets
and nothing else.

Sources: RFC 826 (ARP), RFC 5227 (is the address free?), RFC 4861, sections 4.3, 4.4 and 7.2.4 (neighbour discovery),
RFC 4862, section 5.4 (is the address free?).
"""

from __future__ import annotations

from ipaddress import ip_address
from struct import Struct
from typing import Final

import attrs

from wand.ethernet import Frame
from wand.frame_services.checksum import checksum

_ARP: Final = bytes.fromhex("0806 0001 0800 06 04")
_ARP_QUESTION: Final = 1
_ARP_ANSWER: Final = 2
_ARP_SIZE: Final = 42

#: The shortest frame of Ethernet, without its check sequence.
_SHORTEST: Final = 60

_IPV6: Final = bytes.fromhex("86dd")
_IPV6_HEADER: Final = Struct("!IHBB16s16s")
_VERSION: Final = 6 << 28
_ICMPV6: Final = 58
_FAR: Final = 255
_SOLICITATION: Final = 135
_ADVERTISEMENT: Final = 136
_SOLICITATION_SIZE: Final = 14 + 40 + 24
_SOLICITED: Final = 0x40
_OVERRIDE: Final = 0x20
_TARGET_LINK_ADDRESS: Final = bytes((2, 1))
_UNSPECIFIED: Final = bytes(16)
_ALL_NODES: Final = ip_address("ff02::1").packed
_TO_ALL_NODES: Final = bytes.fromhex("333300000001")


@attrs.frozen
class Question:
    """
    Who has an address?

    @ivar asker: the MAC address that asks.
    @ivar source: the IP address that asks, packed; nothing but zeros where the asker wants to know whether the address
        is free.
    @ivar target: the IP address that is asked for, packed.
    """

    asker: bytes
    source: bytes
    target: bytes

    def answer(self, mac: bytes) -> bytes:
        """
        The frame that the owner of the address would send.

        @param mac: the owner's MAC address.
        """
        if len(self.target) == 4:
            answer = self.asker + mac + _ARP + _ARP_ANSWER.to_bytes(2, "big")
            return (answer + mac + self.target + self.asker + self.source).ljust(_SHORTEST, b"\0")
        isFree = self.source == _UNSPECIFIED
        flags = _OVERRIDE if isFree else _OVERRIDE | _SOLICITED
        message = bytes((_ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0)) + self.target + _TARGET_LINK_ADDRESS + mac
        destination = _ALL_NODES if isFree else self.source
        ethernet = (_TO_ALL_NODES if isFree else self.asker) + mac + _IPV6
        return ethernet + _packet(self.target, destination, message)


def questionOf(frame: Frame) -> Question | None:
    """
    Read a frame to a group.  What is tagged, or has headers between, is left to the owner of the address to answer.
    """
    if frame[12:20] == _ARP:
        return _arpQuestion(bytes(frame))
    if frame[12:14] == _IPV6:
        return _solicitation(bytes(frame))
    return None


def _arpQuestion(frame: bytes) -> Question | None:
    if len(frame) < _ARP_SIZE or int.from_bytes(frame[20:22], "big") != _ARP_QUESTION:
        return None
    return _question(frame, frame[22:28], frame[28:32], frame[38:42])


def _solicitation(frame: bytes) -> Question | None:
    if len(frame) < _SOLICITATION_SIZE or frame[14] >> 4 != 6:
        return None
    _, _, following, hops, source, _ = _IPV6_HEADER.unpack_from(frame, 14)
    if following != _ICMPV6 or hops != _FAR or frame[54] != _SOLICITATION:
        return None
    return _question(frame, frame[6:12], source, frame[62:78])


def _question(frame: bytes, asker: bytes, source: bytes, target: bytes) -> Question | None:
    """
    A question, unless somebody asks for another, or only tells where its own address is.
    """
    return Question(asker, source, target) if asker == frame[6:12] and source != target else None


def _packet(source: bytes, destination: bytes, message: bytes) -> bytes:
    """
    An IPv6 packet with an ICMPv6 message whose checksum is filled in (RFC 4443, section 2.3).
    """
    pseudo = source + destination + len(message).to_bytes(4, "big") + _ICMPV6.to_bytes(4, "big")
    check = checksum(pseudo + message)
    message = message[:2] + check.to_bytes(2, "big") + message[4:]
    return _IPV6_HEADER.pack(_VERSION, len(message), _ICMPV6, _FAR, source, destination) + message
