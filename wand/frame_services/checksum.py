"""
The checksum of IP, UDP and ICMP.

Source: RFC 1071.
"""

from __future__ import annotations


def checksum(octets: bytes) -> int:
    """
    The sum of the 16-bit words, an odd octet filled up, and its complement.  The sum is the number modulo 65,535.
    """
    even = octets + bytes(len(octets) % 2)
    return 0xFFFF - (int.from_bytes(even, "big") % 0xFFFF or 0xFFFF)
