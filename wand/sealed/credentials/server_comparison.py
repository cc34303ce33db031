"""
How a member hears of servers: it says what it was told of them, and gets what it was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from wand.sealed.credentials.messages import MESSAGE_MAXIMUM, Server, ServersTold, pack
from wand.sealed.credentials.token import TokenServer

COUNTERS: Final = {"drop-control-servers": "questions for further servers dropped: too many from that member"}

#: How often somebody is answered what it was not told: per second in the long run, and at once.
ANSWER_RATE: Final = 0.1
ANSWER_BURST: Final = 3.0


def toldOf(certificate: bytes, server: TokenServer) -> bytes | None:
    """
    What is told of a server; C{None} if that cannot be said, as it has no certificate or would take too long.
    """
    message = pack(Server(certificate, server.endpoints))
    return message if certificate and len(message) <= MESSAGE_MAXIMUM else None


def digestOf(told: bytes) -> bytes:
    """
    Eight octets that stand for what was told of a server.
    """
    return blake2b(told, digest_size=8, person=b"wand server").digest()


def notTold(message: ServersTold, everything: Iterable[bytes]) -> list[bytes]:
    """
    What somebody was not told, by its own words.
    """
    return [told for told in everything if digestOf(told) not in message.digests]
