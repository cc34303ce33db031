"""
The hashes of handshakes: Python's own, which take a quarter of the time of those of the C{noiseprotocol} library.  A
handshake needs 34 of them, and a server with thousands of members makes a hundred handshakes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s
from typing import Final

from noise.backends.default import DefaultNoiseBackend
from noise.functions.hash import Hash

#: Octets of a block of BLAKE2s (RFC 7693, section 2.1).
BLOCK: Final = 64

_INNER: Final = bytes(each ^ 0x36 for each in range(256))
_OUTER: Final = bytes(each ^ 0x5C for each in range(256))


def authenticated(key: bytes, data: bytes, algorithm: Callable[[], object] | None = None) -> bytes:
    """
    HMAC with BLAKE2s (RFC 2104).

    @param key: at most L{BLOCK} octets.
    @param algorithm: which hash the library means; there is one only.
    """
    padded = key.ljust(BLOCK, b"\0")
    inner = blake2s(padded.translate(_INNER) + data).digest()
    return blake2s(padded.translate(_OUTER) + inner).digest()


class HandshakeHash(Hash):  # type: ignore[misc]  # the library has no types
    """
    BLAKE2s as the library wants it.
    """

    fn = None
    hashlen = 32
    blocklen = BLOCK

    def hash(self, data: bytes) -> bytes:
        """
        The hash of some octets.
        """
        return blake2s(data).digest()


class Backend(DefaultNoiseBackend):  # type: ignore[misc]  # as above
    """
    What the library calculates with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hashes = {"BLAKE2s": HandshakeHash}
        self.hmac = authenticated
