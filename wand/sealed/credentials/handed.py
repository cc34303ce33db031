"""
Joining by hand: a node writes a request, whoever has the network key answers it, and both texts are carried by people.
There is no session between the two, and none is needed later.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, ClassVar, Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from wand.errors import TokenInvalid
from wand.sealed.credentials.fields import Octets6, Octets32, Octets64, checkSecret
from wand.sealed.credentials.identity import Entropy, NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.messages import ROTATIONS_PAGE, Signed
from wand.sealed.credentials.signed import Body, isSignature, packed, signature, unpacked
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.credentials.token_text import ANSWER_PREFIX, REQUEST_PREFIX

#: How many characters of a text are looked at.
TEXT_MAXIMUM: Final = 8192

_CHECKSUM: Final = 4
_NONCE: Final = bytes(12)  # the key is for one answer


class RequestProof(Body, frozen=True, array_like=True):
    """
    What a node signs to prove that an identity and an exchange key belong together; it does not travel.
    """

    domain: ClassVar[str] = "wand request 1"

    identity: Octets32
    exchangeKey: Octets32
    name: str
    mac: Octets6


class HandedRequest(msgspec.Struct, frozen=True, array_like=True):
    """
    A node wants to be a member of whatever network answers.

    @ivar name: what it would like to be called.
    @ivar mac: the address of its tap.
    @ivar proof: its signature of a L{RequestProof}.
    @ivar binding: see L{wand.sealed.credentials.key_binding}; a node that is older than deputies sends none.
    """

    identity: Octets32
    exchangeKey: Octets32
    name: Annotated[str, Meta(max_length=64)]
    mac: Octets6
    proof: Octets64
    binding: Annotated[bytes, Meta(max_length=64)] = b""

    @classmethod
    def of(cls, key: NodeKey, name: str, mac: bytes) -> Self:
        """
        The request of a node.
        """
        proof = RequestProof(key.identity, key.exchangePublic, name[:64], mac)
        return cls(key.identity, key.exchangePublic, name[:64], mac, signature(key.signing, proof), bindingOf(key))

    @property
    def text(self) -> str:
        """
        The request as it is handed over; it is no secret.
        """
        return _textOf(REQUEST_PREFIX, packed(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a request that somebody pasted.

        @raise TokenInvalid: if it is none, or was not signed with its own key.
        """
        request = unpacked(_octetsOf(text, REQUEST_PREFIX, "wand request"), cls, TEXT_MAXIMUM)
        if request is None or not request._isProven:
            raise TokenInvalid("the request is incomplete or was changed; paste the whole line again")
        return request

    @property
    def _isProven(self) -> bool:
        proof = RequestProof(self.identity, self.exchangeKey, self.name, self.mac)
        return isSignature(self.proof, proof, self.identity) and _isUsable(self.exchangeKey)


class HandedAnswer(msgspec.Struct, frozen=True, array_like=True):
    """
    What a node needs to be a member.

    @ivar network: the network's public key.
    @ivar descriptor: what the network is, signed.
    @ivar secret: the one that the network began with.
    @ivar certificate: the node's.
    @ivar by: the certificate of whoever answered.
    @ivar endpoints: where that one is.
    @ivar rotations: the secrets that took the place of the first, signed.
    """

    network: Octets32
    descriptor: Signed
    secret: Octets32
    certificate: Signed
    by: Signed
    endpoints: Annotated[tuple[Annotated[str, Meta(max_length=261)], ...], Meta(max_length=ENDPOINTS_MAXIMUM)] = ()
    rotations: Annotated[tuple[Signed, ...], Meta(max_length=ROTATIONS_PAGE)] = ()

    def __post_init__(self) -> None:
        checkSecret(self.secret)

    def __repr__(self) -> str:
        return "HandedAnswer()"  # the secret stays out of logs

    def sealedFor(self, exchangeKey: bytes, entropy: Entropy) -> str:
        """
        The answer as it is handed over: only the node that asked can read it.

        @param exchangeKey: the node's public one.
        """
        key = X25519PrivateKey.from_private_bytes(entropy(32))
        public = key.public_key().public_bytes_raw()
        shared = key.exchange(X25519PublicKey.from_public_bytes(exchangeKey))
        sealed = _cipher(shared, public, exchangeKey).encrypt(_NONCE, packed(self), None)
        return _textOf(ANSWER_PREFIX, public + sealed)

    @classmethod
    def opened(cls, text: str, key: NodeKey) -> Self:
        """
        Read an answer that somebody pasted.

        @raise TokenInvalid: if it is none, or the answer to another node.
        """
        octets = _octetsOf(text, ANSWER_PREFIX, "wand admit")
        try:
            shared = key.exchange.exchange(X25519PublicKey.from_public_bytes(octets[:32]))
            content = _cipher(shared, octets[:32], key.exchangePublic).decrypt(_NONCE, octets[32:], None)
        except (InvalidTag, ValueError) as error:
            raise TokenInvalid("this is the answer to another node's request, or to one from before") from error
        answer = unpacked(content, cls, TEXT_MAXIMUM)
        if answer is None:
            raise TokenInvalid("the answer cannot be read: its maker has another version, perhaps")
        return answer


def _isUsable(exchangeKey: bytes) -> bool:
    """
    Is this a key to which something can be sealed, and no point of small order (RFC 7748, section 6.1)?
    """
    try:
        X25519PrivateKey.from_private_bytes(bytes([1]) * 32).exchange(X25519PublicKey.from_public_bytes(exchangeKey))
    except ValueError:
        return False
    return True


def _cipher(shared: bytes, public: bytes, exchangeKey: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, public + exchangeKey, b"wand answer 1").derive(shared))


def _textOf(prefix: str, octets: bytes) -> str:
    return prefix + urlsafe_b64encode(octets + sha256(octets).digest()[:_CHECKSUM]).rstrip(b"=").decode()


def _octetsOf(text: str, prefix: str, command: str) -> bytes:
    """
    @raise TokenInvalid: if it is not such a text.
    """
    joined = "".join(text[: TEXT_MAXIMUM + 1].split())
    if len(text) > TEXT_MAXIMUM or not joined.startswith(prefix):
        raise TokenInvalid(f"this is not what `{command}` printed: that begins with {prefix}")
    encoded = joined.removeprefix(prefix)
    try:
        octets = urlsafe_b64decode(encoded.encode("ascii") + b"=" * (-len(encoded) % 4))
    except ValueError:  # not ASCII, too
        octets = b""
    content, checksum = octets[:-_CHECKSUM], octets[-_CHECKSUM:]
    if not content or checksum != sha256(content).digest()[:_CHECKSUM]:
        raise TokenInvalid(f"it is incomplete or was changed; paste the whole line that `{command}` printed again")
    return content
