"""
What members say to each other on a link: datagrams that all look alike, and like chance, to whoever is not a member
of the network (docs/sealed.md).

    24 octets of chance | sealed: the length of the message (2), the message, zeros

The chance and a key that all members derive from the network secret make a key for this one datagram.  So nothing in it
tells strangers the network or the member, and two datagrams of one member have nothing in common.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s
from typing import Annotated, ClassVar, Final

import attrs
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from wand.sealed.credentials.fields import Octets16, Octets32, Octets64
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.signed import Body, packed, unpacked

#: Octets of every datagram: what IPv6 carries on every link in one piece (RFC 8200, section 5), less 40 for its header
#: and 8 for UDP's.
SIZE: Final = 1232

CHANCE: Final = 24
_TAG: Final = 16

#: The most octets of a message in it.
ROOM: Final = SIZE - CHANCE - _TAG

#: What a message is: a question to everybody; an answer to one; and the receipt for an answer.
QUESTION: Final = 0
ANSWER: Final = 1
RECEIPT: Final = 2

_NONCE: Final = bytes(12)  # the key is for one datagram


class LanProof(Body, frozen=True, array_like=True):
    """
    What a member signs; it does not travel.
    """

    domain: ClassVar[str] = "wand lan 1"

    network: Octets32
    identity: Octets32
    step: int
    port: int
    run: Octets16
    challenge: Octets16
    echo: Octets16
    wanted: bytes


class LanMessage(msgspec.Struct, frozen=True, array_like=True):
    """
    A question, an answer or a receipt.

    @ivar step: L{QUESTION}, L{ANSWER} or L{RECEIPT}.
    @ivar port: the sender's UDP port for data; its host is where the datagram comes from.
    @ivar run: chance, another one each time that the sender's program starts.
    @ivar challenge: chance; whoever sends it back has heard this message.
    @ivar echo: the challenge of the message that is answered; zeros in a question.
    @ivar wanted: who is to answer; empty for everybody that does not know the sender yet.
    @ivar certificate: the sender's.
    @ivar claim: the sender's.
    @ivar signature: of a L{LanProof}.
    """

    step: Annotated[int, Meta(ge=QUESTION, le=RECEIPT)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    run: Octets16
    challenge: Octets16
    echo: Octets16
    wanted: Annotated[bytes, Meta(max_length=32)]
    certificate: Signed
    claim: Signed
    signature: Octets64

    def proof(self, network: bytes, identity: bytes) -> LanProof:
        """
        What C{signature} is of.
        """
        said = self.step, self.port, self.run, self.challenge, self.echo, self.wanted
        return LanProof(network, identity, *said)


@attrs.define
class LanSeal:
    """
    Seals and opens the datagrams of one network.
    """

    _key: bytes = attrs.field(repr=False)

    @classmethod
    def of(cls, secret: bytes, network: bytes, purpose: bytes = b"wand lan 1") -> LanSeal:
        """
        The seal of a network.

        @param secret: the network secret.
        @param network: the network's public key.
        @param purpose: what the key is for.
        """
        return cls(HKDF(SHA256(), 32, network, purpose).derive(secret))

    def sealed(self, message: msgspec.Struct, entropy: Callable[[int], bytes]) -> bytes:
        """
        A datagram with this message.
        """
        octets, chance = packed(message), entropy(CHANCE)
        plaintext = (len(octets).to_bytes(2, "big") + octets).ljust(ROOM, b"\0")
        return chance + self._cipher(chance).encrypt(_NONCE, plaintext, None)

    def opened(self, datagram: bytes) -> bytes | None:
        """
        The octets of the message in a datagram that may be anything; C{None} if it is none of this network's.
        """
        if len(datagram) != SIZE:
            return None
        chance = datagram[:CHANCE]
        try:
            plaintext = self._cipher(chance).decrypt(_NONCE, datagram[CHANCE:], None)
        except InvalidTag:
            return None
        return plaintext[2 : 2 + int.from_bytes(plaintext[:2], "big")]

    def _cipher(self, chance: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(blake2s(chance, key=self._key, person=b"wand lan").digest())


def parse(octets: bytes) -> LanMessage | None:
    """
    Read a message that may be anything.
    """
    return unpacked(octets, LanMessage, ROOM)
