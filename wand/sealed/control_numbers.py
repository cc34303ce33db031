"""
The numbers of all control messages: the first element of each tells whose it is.

A number is given once and means the same in every version.  Numbers that are kept for what is to come are taken from
nobody, and counted as unknown until somebody reads them.  Those up to 127 take one octet.
"""

from __future__ import annotations

from typing import Final

# Joining, in the session that redeems an invitation.
JOIN: Final = 1
ADMITTED: Final = 2
PENDING: Final = 3
JOINING_NUMBERS: Final = range(1, 4)

# Certificates of members; a node that joins is also refused, or put off, with these.
REFUSED: Final = 4
RENEW: Final = 5
RENEWED: Final = 6
NOT_NOW: Final = 7
CERTIFICATE_NUMBERS: Final = range(4, 8)

# Two processes with one key.
OVERTAKEN: Final = 8
TWICE: Final = 9
COPY_NUMBERS: Final = range(8, 10)

# Who is no longer a member.
REVOCATIONS_DIGEST: Final = 10
REVOCATIONS_WANTED: Final = 11
REVOCATIONS: Final = 12
REVOCATION_NUMBERS: Final = range(10, 13)

# Two members that meet.
INTRODUCTION: Final = 13
INTRODUCTION_NUMBERS: Final = range(13, 14)

# A program that stops.
GOODBYE: Final = 14
FAREWELL: Final = 15
GOODBYE_NUMBERS: Final = range(14, 16)

# Who is where.
ANNOUNCE: Final = 16
ANNOUNCED: Final = 17
ASK: Final = 18
PAGE: Final = 19
LOOK: Final = 20
FOUND: Final = 21
DIRECTORY_NUMBERS: Final = range(16, 32)

# To reach members behind NATs.
CALL: Final = 32
CALLED: Final = 33
CALL_NUMBERS: Final = range(32, 34)
LOCATE: Final = 40
LOCATED: Final = 41
LOCATING_NUMBERS: Final = range(40, 42)
STREAMS: Final = 44
STREAM_NUMBERS: Final = range(44, 45)
REACH_NUMBERS: Final = range(32, 48)

# Members that tell each other who is where.
PROBE: Final = 48
ALIVE: Final = 49
PROBE_FOR: Final = 50
PROBED: Final = 51
NEWS: Final = 52
DIGESTS: Final = 53
HELD: Final = 54
WANTED: Final = 55
GOSSIP_NUMBERS: Final = range(48, 64)

# Members that pass datagrams on.
ALLOCATE: Final = 64
ALLOCATED: Final = 65
UNALLOCATED: Final = 66
RELEASE: Final = 67
DISPLACED: Final = 68
RELAY_NUMBERS: Final = range(64, 80)

# Servers that are there besides the one that tells, and what members that admit others have to know.
SERVER: Final = 80
SERVERS_TOLD: Final = 81

# Addresses that no member gets, as whoever admits members has to know.
RESERVED: Final = 82
RESERVE_WANTED: Final = 83
SERVER_NUMBERS: Final = range(80, 84)

# Frames to groups, in large networks.
GROUP_PART: Final = 84
GROUP_RECEIPT: Final = 85
GROUP_ORIGINATOR: Final = 86
GROUP_NUMBERS: Final = range(84, 87)

# Another secret of the network.
SECRET: Final = 87
ROTATIONS: Final = 88
SECRET_NUMBERS: Final = range(87, 89)

#: All of them, by what they are for.
RANGES: Final = {
    "joining": JOINING_NUMBERS,
    "certificates": CERTIFICATE_NUMBERS,
    "copies": COPY_NUMBERS,
    "revocations": REVOCATION_NUMBERS,
    "introductions": INTRODUCTION_NUMBERS,
    "goodbyes": GOODBYE_NUMBERS,
    "directory": DIRECTORY_NUMBERS,
    "reach": REACH_NUMBERS,
    "gossip": GOSSIP_NUMBERS,
    "relay": RELAY_NUMBERS,
    "servers": SERVER_NUMBERS,
    "groups": GROUP_NUMBERS,
    "secrets": SECRET_NUMBERS,
}
