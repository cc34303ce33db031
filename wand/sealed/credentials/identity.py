"""
Identities: the keys of a node, of a server and of a network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wand.errors import StateUnavailable
from wand.sealed.credentials.secret_files import readSecretFile
from wand.state import StateDirectory

#: Gives as many random octets as it is asked for, good enough for keys.
Entropy = Callable[[int], bytes]

#: The file of a node's or server's seed in its state directory.
NODE_KEY: Final = "node.key"

#: The file of the network's private key in the state directory of a server that signs.
NETWORK_KEY: Final = "network.key"

#: The file there with a copy of the network's record: without its secret nobody who is a member could be recognized
#: again.
NETWORK: Final = "network"

_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Identity(bytes):
    """
    A public key, which identifies a member, a server or a network.  It equals its plain octets.  C{str} gives a short
    form for people, which is never compared; C{text} gives the whole key.
    """

    __slots__ = ()

    def __new__(cls, octets: bytes) -> Identity:
        if len(octets) != 32:
            raise ValueError(f"a public key has 32 octets, not {len(octets)}")
        return super().__new__(cls, octets)

    @classmethod
    def parse(cls, text: str) -> Identity | None:
        """
        Read a whole key of 64 hex digits; C{None} for anything else.
        """
        return cls(bytes.fromhex(text)) if _HEX.fullmatch(text := text.lower()) else None

    @property
    def text(self) -> str:
        """
        The whole key in hex.
        """
        return self.hex()

    def __str__(self) -> str:
        short = self[:6].hex()
        return f"{short[:4]}-{short[4:8]}-{short[8:]}"

    def __repr__(self) -> str:
        return f"Identity({self.hex()})"


@attrs.frozen(eq=False)
class NodeKey:
    """
    The keys of a node or of a server.

    @ivar signing: signs claims and requests.
    @ivar exchange: for handshakes.
    @ivar identity: the public half of C{signing}.
    @ivar exchangePublic: the public half of C{exchange}.
    """

    signing: Ed25519PrivateKey = attrs.field(repr=False)
    exchange: X25519PrivateKey = attrs.field(repr=False)
    identity: Identity
    exchangePublic: bytes

    @classmethod
    def fromSeed(cls, seed: bytes) -> NodeKey:
        """
        Derive both keys from 32 random octets.
        """
        signing = Ed25519PrivateKey.from_private_bytes(_derived(seed, b"wand sign"))
        exchange = X25519PrivateKey.from_private_bytes(_derived(seed, b"wand exchange"))
        public = Identity(signing.public_key().public_bytes_raw())
        return cls(signing, exchange, public, exchange.public_key().public_bytes_raw())

    @classmethod
    def kept(cls, state: StateDirectory, entropy: Entropy = os.urandom, beside: Sequence[str] = ()) -> NodeKey:
        """
        The keys of this program; makes them the first time.

        @param beside: files that are there only if there was a key before: then none is made.
        @raise StateUnavailable: if they cannot be read or written, others can read them, or they are lost.
        """
        seed = _keptSeed(state, NODE_KEY)
        other = None if seed else state.has(*beside)
        if other is not None:
            raise StateUnavailable(
                f"{state.path / NODE_KEY} is lost, though there is {other} beside it; nothing was changed: restore a "
                "backup (wand restore FILE). Without one, give this program an empty state directory and a new "
                "invitation"
            )
        return cls.fromSeed(seed or _madeSeed(state, NODE_KEY, entropy))


@attrs.frozen(eq=False)
class NetworkKey:
    """
    The key of a network: whoever has it decides who is a member.

    @ivar network: its public half, which I{is} the network.
    """

    signing: Ed25519PrivateKey = attrs.field(repr=False)
    network: Identity

    @classmethod
    def fromSeed(cls, seed: bytes) -> NetworkKey:
        """
        The key whose private half is 32 random octets.
        """
        signing = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(signing, Identity(signing.public_key().public_bytes_raw()))

    @classmethod
    def kept(cls, state: StateDirectory, name: str = NETWORK_KEY) -> NetworkKey | None:
        """
        The network key in this state directory; C{None} where it is kept elsewhere.

        @param name: the file.

        @raise StateUnavailable: if it cannot be read, or others can read it.
        """
        seed = _keptSeed(state, name)
        return None if seed is None else cls.fromSeed(seed)

    @classmethod
    def made(cls, state: StateDirectory, entropy: Entropy = os.urandom, name: str = NETWORK_KEY) -> NetworkKey:
        """
        Make a network key and keep it.

        @param name: the file.

        @raise StateUnavailable: if it cannot be written.
        """
        return cls.fromSeed(_madeSeed(state, name, entropy))

    @classmethod
    def parse(cls, text: str) -> NetworkKey:
        """
        Read the content of a key file.

        @raise StateUnavailable: if it is not a key.
        """
        return cls.fromSeed(_seedFrom(text.encode(), "the network key"))


def _derived(seed: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, purpose).derive(seed)


def _keptSeed(state: StateDirectory, name: str) -> bytes | None:
    content = readSecretFile(state, name)
    return None if content is None else _seedFrom(content, str(state.path / name))


def _seedFrom(content: bytes, where: str) -> bytes:
    text = content.decode("ascii", "replace").strip()
    seed = bytes.fromhex(text) if _HEX.fullmatch(text) else b""
    if not any(seed):
        raise StateUnavailable(f"{where} holds no key; nothing was changed: restore a backup (wand restore FILE)")
    return seed


def _madeSeed(state: StateDirectory, name: str, entropy: Entropy) -> bytes:
    seed = entropy(32)
    state.write(name, f"{seed.hex()}\n".encode())
    return seed
