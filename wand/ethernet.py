"""
Ethernet: MAC addresses, and the few header fields that forwarding reads (IEEE 802.3, 802.1Q).
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from wand.errors import AddressInvalid

#: A frame, from the destination address to the end of the payload, without the frame check sequence.  A C{memoryview}
#: is good only until the call that it was handed to returns.
Frame: TypeAlias = bytes | bytearray | memoryview

#: Octets of destination, source and EtherType.
HEADER_SIZE: Final = 14

#: Octets that a frame may have in addition to the MTU: the header and one 802.1Q tag.
OVERHEAD: Final = HEADER_SIZE + 4

#: The largest MTU that a tap may have: what fits into a 64 KiB buffer with every header that we add.
MTU_MAXIMUM: Final = 65_000

#: The smallest MTU that IPv4 needs of a link (RFC 791).
MTU_MINIMUM: Final = 68

_ZEROS: Final = bytes(6)
_TEXT: Final = re.compile(r"[0-9a-fA-F]{2}([:-]?)[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2}){4}", re.ASCII)


class MAC(bytes):
    """
    An Ethernet address: six octets, equal to the same octets sliced out of a frame.
    """

    __slots__ = ()

    def __new__(cls, octets: bytes | memoryview) -> MAC:
        if len(octets) != 6:
            raise AddressInvalid(f"a MAC address has 6 octets, not {len(octets)}")
        return super().__new__(cls, octets)

    @classmethod
    def parse(cls, text: str) -> MAC:
        """
        Read twelve hex digits with C{:}, C{-} or nothing between the pairs.

        @raise AddressInvalid: if C{text} is anything else.
        """
        if not _TEXT.fullmatch(text):
            raise AddressInvalid(f"{text!r} is not a MAC address; write it like 02:00:5e:10:00:01")
        return cls(bytes.fromhex(text.replace(":", "").replace("-", "")))

    @classmethod
    def parseUnicast(cls, text: str) -> MAC:
        """
        Read an address that a single host can have.

        @raise AddressInvalid: if C{text} is not a MAC address, or a group's, or all zeros.
        """
        mac = cls.parse(text)
        if not mac.isUnicast:
            raise AddressInvalid(f"{mac} is not the address of a single host")
        return mac

    @classmethod
    def fromRandom(cls, octets: bytes) -> MAC:
        """
        Make a locally administered unicast address of six random octets.
        """
        return cls(bytes([octets[0] & 0xFC | 0x02]) + octets[1:6])

    @property
    def isUnicast(self) -> bool:
        """
        Can a single host have this address?  Neither a group's nor all zeros can.
        """
        return not self[0] & 1 and self != _ZEROS

    def __str__(self) -> str:
        return self.hex(":")

    def __repr__(self) -> str:
        return f"MAC({self.hex(':')})"


BROADCAST: Final = MAC(b"\xff" * 6)
