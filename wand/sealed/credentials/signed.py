"""
Signed things: Pack(body, signature), the signature over the domain, a zero octet and the body (docs/sealed.md).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wand.sealed.credentials.fields import Octets64

#: The largest signed thing, in octets: a certificate with everything that it may have fits, and into an initiation.
SIGNED_MAXIMUM: Final = 512

#: How many of the last signed things that were read are remembered with what they say: a server looks into a
#: certificate several times while it takes an announcement, and to read it takes longer than all the rest of that but
#: the signature.  What they say cannot change.
READ_REMEMBERED: Final = 32


class Body(msgspec.Struct, frozen=True, array_like=True):
    """
    What is signed; its C{__post_init__} raises L{ValueError} for what the types of its fields cannot rule out.

    @cvar domain: what kind of thing it is, so that no signature passes for that of another kind.
    """

    domain: ClassVar[str]


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    body: bytes
    signature: Octets64


_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}

Thing = TypeVar("Thing")
Signable = TypeVar("Signable", bound=Body)


def packed(value: object) -> bytes:
    """
    Write a value, with public keys and MAC addresses as plain octets.
    """
    return _encoder.encode(value)


def unpacked(octets: bytes, kind: type[Thing], maximum: int = SIGNED_MAXIMUM) -> Thing | None:
    """
    Read a packed value that may be anything.

    @param maximum: its largest size in octets.
    @return: C{None} if it is not of that kind.
    """
    if len(octets) > maximum:
        return None
    try:
        return _decoder(kind).decode(octets)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # ValueError: a text that is not UTF-8
        return None


def signable(body: Body) -> bytes:
    """
    The octets that a signature of a body covers.
    """
    return _message(type(body), packed(body))


def signature(key: Ed25519PrivateKey, body: Body) -> bytes:
    """
    The signature of a body that the reader puts together himself.
    """
    return key.sign(signable(body))


def isSignature(octets: bytes, body: Body, key: bytes) -> bool:
    """
    Is this the signature of a body by the owner of a public key?
    """
    return _isSigned(octets, signable(body), key)


def signed(key: Ed25519PrivateKey, body: Body) -> bytes:
    """
    Sign a body.

    @raise ValueError: if it breaks a limit of its kind, so that nobody would accept it.
    """
    octets = packed(body)
    if unpacked(octets, type(body)) is None:
        raise ValueError(f"{body} cannot be signed: a field is out of its limits")
    thing = packed(_Signed(octets, key.sign(_message(type(body), octets))))
    if len(thing) > SIGNED_MAXIMUM:
        raise ValueError(f"{body} cannot be signed: it is too long")
    return thing


def signedSize(body: Body) -> int:
    """
    How many octets a body takes once it is signed.
    """
    return len(packed(_Signed(packed(body), bytes(64))))


def unverified(octets: bytes, kind: type[Signable]) -> Signable | None:
    """
    Read what a signed thing says before it is known who must have signed it.
    """
    said: Signable | None = _read(octets, kind) if len(octets) <= SIGNED_MAXIMUM else None
    return said


@lru_cache(READ_REMEMBERED)
def _read(octets: bytes, kind: type[Any]) -> Any:
    thing = _parts(octets)
    return None if thing is None else unpacked(thing.body, kind)


def verified(octets: bytes, kind: type[Signable], key: bytes) -> Signable | None:
    """
    Read a signed thing.

    @param key: the public key that must have signed it.
    @return: what it says, or C{None} if it is no such thing or not signed so.
    """
    body = unverified(octets, kind)
    thing = None if body is None else _parts(octets)
    return body if thing is not None and _isSigned(thing.signature, _message(kind, thing.body), key) else None


def _parts(octets: bytes) -> _Signed | None:
    """
    Take a signed thing apart.  The signature does not cover how body and signature are packed, so only one form counts:
    else whoever passes it on could make any number of others of it.
    """
    thing = unpacked(octets, _Signed)
    return thing if thing is not None and packed(thing) == octets else None


def _isSigned(octets: bytes, message: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(octets, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _plain(value: object) -> bytes:
    if isinstance(value, bytes):
        return bytes(value)
    raise TypeError(f"{type(value)} cannot be packed")


def _message(kind: type[Body], body: bytes) -> bytes:
    return kind.domain.encode() + b"\0" + body


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)


def _decoder(kind: type[Thing]) -> msgspec.msgpack.Decoder[Thing]:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    return decoder
