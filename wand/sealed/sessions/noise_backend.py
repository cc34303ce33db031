"""
What the C{noiseprotocol} library calculates with: Curve25519 and the two ciphers of C{cryptography}, and Python's own
BLAKE2s, which takes a quarter of the time of the library's.  A handshake needs 34 hashes, and a server with thousands
of members makes a hundred handshakes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from noise.backends.noise_backend import NoiseBackend
from noise.functions.cipher import Cipher
from noise.functions.dh import DH
from noise.functions.hash import Hash
from noise.functions.keypair import KeyPair

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


class HandshakeHash(Hash):  # type: ignore[misc]  # the library has no types, here and below
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


class ExchangeKey(KeyPair):  # type: ignore[misc]
    """
    A key pair of Curve25519, or the public half of one.
    """

    @classmethod
    def from_private_bytes(cls, private_bytes: bytes) -> NoReturn:
        """
        Never: our own keys come as keys.
        """
        raise NotImplementedError

    @classmethod
    def from_public_bytes(cls, public_bytes: bytes) -> ExchangeKey:
        """
        Somebody else's key.

        @raise ValueError: if it is none.
        """
        return cls(None, X25519PublicKey.from_public_bytes(public_bytes), public_bytes)


class Exchange(DH):  # type: ignore[misc]
    """
    The key exchange X25519 (RFC 7748).
    """

    klass = ExchangeKey
    dhlen = 32

    def generate_keypair(self) -> NoReturn:
        """
        Never: whoever begins or answers brings a fresh key.
        """
        raise NotImplementedError

    def dh(self, private_key: X25519PrivateKey, public_key: X25519PublicKey) -> bytes:
        """
        The secret of two keys.

        @raise ValueError: if the public key is one with which there is no secret.
        """
        return private_key.exchange(public_key)


class _Sealing(Cipher):  # type: ignore[misc]
    """
    A cipher as the library wants it, and the nonces of Noise (revision 34, section 12).
    """

    cipher: Any
    klass: Any
    byteorder: Any

    def encrypt(self, k: bytes, n: int, ad: bytes, plaintext: bytes) -> bytes:
        """
        Seal.
        """
        return bytes(self.cipher.encrypt(self._nonce(n), plaintext, ad))

    def decrypt(self, k: bytes, n: int, ad: bytes, ciphertext: bytes) -> bytes:
        """
        Open.

        @raise cryptography.exceptions.InvalidTag: if it does not open.
        """
        return bytes(self.cipher.decrypt(self._nonce(n), ciphertext, ad))

    def _nonce(self, number: int) -> bytes:
        return bytes(4) + number.to_bytes(8, self.byteorder)


class _SealingAES(_Sealing):
    """
    AES-256-GCM.
    """

    klass = AESGCM
    byteorder = "big"


class _SealingChacha(_Sealing):
    """
    ChaCha20-Poly1305.
    """

    klass = ChaCha20Poly1305
    byteorder = "little"


class Backend(NoiseBackend):  # type: ignore[misc]
    """
    All of it, under the names that it has in the names of protocols.
    """

    def __init__(self) -> None:
        super().__init__()
        self.diffie_hellmans = {"25519": Exchange}
        self.ciphers = {"AESGCM": _SealingAES, "ChaChaPoly": _SealingChacha}
        self.hashes = {"BLAKE2s": HandshakeHash}
        self.keypairs = {"25519": ExchangeKey}
        self.hmac = authenticated
