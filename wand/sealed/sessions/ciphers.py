"""
The AEAD of a network: AES-256-GCM or ChaCha20-Poly1305, from buffer to buffer.

After C{InvalidTag} the destination of C{decrypt_into} holds the plaintext that was B{not} authenticated: nobody may
look at it.  Source and destination are different buffers, always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

Octets: TypeAlias = bytes | bytearray | memoryview

#: Takes a nonce, what to seal or open, C{None}, and where the result goes.
Sealing: TypeAlias = Callable[[Octets, Octets, None, memoryview], int]
Opening: TypeAlias = Callable[[Octets, Octets, None, memoryview], int]


class AEAD(Protocol):
    """
    What is used of C{cryptography}'s ciphers.
    """

    def encrypt_into(
        self, nonce: Octets, data: Octets, associated_data: Octets | None, buf: bytearray | memoryview
    ) -> int:
        """
        Seal C{data} into C{buf}, which is 16 octets longer.
        """

    def decrypt_into(
        self, nonce: Octets, data: Octets, associated_data: Octets | None, buf: bytearray | memoryview
    ) -> int:
        """
        Open C{data} into C{buf}, which is 16 octets shorter.

        @raise cryptography.exceptions.InvalidTag: if it was not sealed with this key and nonce.
        """


#: The ciphers by the name that a network gives them.  There is no other, and no null cipher.
CIPHERS: Final[dict[str, type[AESGCM] | type[ChaCha20Poly1305]]] = {
    "aes-256-gcm": AESGCM,
    "chacha20-poly1305": ChaCha20Poly1305,
}


def aead(cipher: str, key: bytes) -> AEAD:
    """
    A cipher with a key of 32 octets.
    """
    return CIPHERS[cipher](key)
