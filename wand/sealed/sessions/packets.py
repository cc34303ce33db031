"""
The datagrams of the sealed protocol: what is where.  Functions of bytes, and nothing else.

    initiation   1 | version 1 | 0 0 | sender's index (4) | Noise message 1 | mac1 (16) | mac2 (16)
    response     2 | version 1 | 0 0 | sender's index (4) | receiver's index (4) | Noise message 2 | mac1 | mac2
    cookie       3 | 0 0 0 | receiver's index (4) | nonce (12) | sealed cookie (16 + 16)
    data         4 | 0 0 0 | receiver's index (4) | counter (8) | sealed plaintext (n + 16)
    relayed      5 | 0 0 0 | channel (4) | one of the datagrams above, to be passed on (docs/relays.md)
    echo         6 | 0 0 0 | chance (32), to ourselves
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2s
from hmac import compare_digest
from struct import Struct as Layout
from typing import Annotated, Final, TypeVar

import attrs
import msgspec

from wand.sealed.sessions.noise import OVERHEAD_FIRST, OVERHEAD_SECOND
from wand.underlay.ports import DATAGRAM_MAXIMUM

#: The first octet.
INITIATION: Final = 1
RESPONSE: Final = 2
COOKIE: Final = 3
DATA: Final = 4
RELAYED: Final = 5
ECHO: Final = 6

#: The highest version that this program speaks, and the lowest whose readers understand what it sends.
VERSION: Final = 1

#: The first octet of a plaintext.
CONTROL: Final = 0
FRAME: Final = 1

#: Why somebody begins a handshake.
MEMBER: Final = 0
JOIN: Final = 1

#: Octets of an initiation, and of a response: nobody is sent more than came from there.
HANDSHAKE_SIZE: Final = 832

#: Octets of a tag of the AEAD, and of mac1 and mac2.
TAG: Final = 16

#: Octets of a cookie message.
COOKIE_SIZE: Final = 52

#: Octets of a data datagram before the sealed plaintext, and all that it has beyond the plaintext.
DATA_HEADER: Final = 16
DATA_OVERHEAD: Final = DATA_HEADER + TAG

#: Octets of a relayed datagram before the one that is passed on: type and channel, and these two.
RELAY_HEADER: Final = 8
RELAY_LAYOUT: Final = Layout(">B3xI")

#: The longest plaintext, its first octet included.
PLAINTEXT_MAXIMUM: Final = DATAGRAM_MAXIMUM - DATA_OVERHEAD

_INITIATION: Final = Layout(">BBxxI")
_RESPONSE: Final = Layout(">BBxxII")
_COOKIE: Final = Layout(">B3xI12s32s")

#: The whole header of a data datagram: type, receiver's index, counter.
DATA_LAYOUT: Final = Layout(">B3xIQ")

#: Index and counter of a data datagram; the same octets are the nonce.
INDEX_AND_COUNTER: Final = Layout(">4xIQ")


@lru_cache(maxsize=128)
def headersOf(stride: int, count: int) -> Layout:
    """
    The headers of data datagrams that stand side by side, of each two numbers: type and index, and the counter.  What
    is written with it makes zeros of what is between them.

    @param stride: octets from one datagram to the next.
    """
    return Layout(">" + f"QQ{stride - DATA_HEADER}x" * (count - 1) + "QQ")


@lru_cache(maxsize=128)
def relayHeadersOf(stride: int, count: int) -> Layout:
    """
    The headers of relayed datagrams that stand side by side, of each one number: type and channel.

    @param stride: octets from one datagram to the next.
    """
    return Layout(">" + f"Q{stride - RELAY_HEADER}x" * (count - 1) + "Q")


_GREETING_SIZE: Final = HANDSHAKE_SIZE - _INITIATION.size - OVERHEAD_FIRST - 2 * TAG
_REPLY_SIZE: Final = HANDSHAKE_SIZE - _RESPONSE.size - OVERHEAD_SECOND - 2 * TAG

_Version = Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_Purpose = Annotated[int, msgspec.Meta(ge=0, le=0xFF)]
#: Of secrets; later releases may keep more of them than ours.
_Numbers = Annotated[tuple[Annotated[int, msgspec.Meta(ge=0, le=1 << 53)], ...], msgspec.Meta(max_length=16)]


class Greeting(msgspec.Struct, frozen=True, array_like=True):
    """
    The payload of an initiation.

    @ivar version: the highest version that the sender speaks.
    @ivar time: when it was made, in milliseconds since the epoch; each one of a sender's is later than the one before,
        unless its clock was set back and it was started again.
    @ivar purpose: L{MEMBER} or L{JOIN}.
    @ivar credential: a signed certificate, or the id of an invitation.
    @ivar clock: what the sender's clock says, in seconds since the epoch; 0 if it does not tell.
    @ivar cookie: the cookie that the receiver demanded, or nothing: under the seal it proves that this was made since.
    @ivar secrets: the numbers of the network secrets that the sender has; C{None} if it does not know of several, or
        redeems an invitation.
    """

    version: _Version
    time: _Milliseconds
    purpose: _Purpose
    credential: bytes
    clock: _Seconds = 0
    cookie: Annotated[bytes, msgspec.Meta(max_length=TAG)] = b""
    secrets: _Numbers | None = None


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """
    The payload of a response.

    @ivar version: the highest version that the sender speaks.
    @ivar credential: its signed certificate.
    @ivar clock: what its clock says, in seconds since the epoch; 0 if it does not tell.
    @ivar secrets: the numbers of the network secrets that it has; C{None} if it does not know of several.
    """

    version: _Version
    credential: bytes
    clock: _Seconds = 0
    secrets: _Numbers | None = None


@attrs.frozen
class Initiation:
    """
    An initiation as it came; only its length and type are known to be right.

    @ivar version: the lowest version whose readers understand it.
    @ivar sender: the index that its sender chose.
    """

    version: int
    sender: int
    noise: bytes

    @classmethod
    def parse(cls, datagram: bytes | memoryview) -> Initiation | None:
        """
        Take it apart, or C{None} if it has the wrong length.
        """
        if len(datagram) != HANDSHAKE_SIZE:
            return None
        _, version, sender = _INITIATION.unpack_from(datagram)
        return cls(version, sender, bytes(datagram[_INITIATION.size : -2 * TAG]))


@attrs.frozen
class Response:
    """
    A response as it came; only its length and type are known to be right.

    @ivar receiver: the index of the initiation that it answers.
    """

    version: int
    sender: int
    receiver: int
    noise: bytes

    @classmethod
    def parse(cls, datagram: bytes | memoryview) -> Response | None:
        """
        Take it apart, or C{None} if it has the wrong length.
        """
        if len(datagram) != HANDSHAKE_SIZE:
            return None
        _, version, sender, receiver = _RESPONSE.unpack_from(datagram)
        return cls(version, sender, receiver, bytes(datagram[_RESPONSE.size : -2 * TAG]))


@attrs.frozen
class CookieMessage:
    """
    A demand for a cookie, with the cookie.

    @ivar receiver: the index of the initiation that was not looked into.
    @ivar sealed: the cookie, sealed.
    """

    receiver: int
    nonce: bytes
    sealed: bytes

    @classmethod
    def parse(cls, datagram: bytes | memoryview) -> CookieMessage | None:
        """
        Take it apart, or C{None} if it has the wrong length.
        """
        if len(datagram) != COOKIE_SIZE:
            return None
        _, receiver, nonce, sealed = _COOKIE.unpack_from(datagram)
        return cls(receiver, nonce, sealed)

    def pack(self) -> bytes:
        """
        Make the datagram.
        """
        return _COOKIE.pack(COOKIE, self.receiver, self.nonce, self.sealed)


def packInitiation(sender: int, noise: bytes, key: bytes, cookie: bytes) -> bytes:
    """
    Make the datagram of an initiation.

    @param key: the receiver's L{macKey}.
    @param cookie: the cookie that the receiver demanded, or nothing.
    """
    return _withMacs(_INITIATION.pack(INITIATION, VERSION, sender) + noise, key, cookie)


def packResponse(sender: int, receiver: int, noise: bytes, key: bytes) -> bytes:
    """
    Make the datagram of a response.

    @param key: the receiver's L{macKey}.
    """
    return _withMacs(_RESPONSE.pack(RESPONSE, VERSION, sender, receiver) + noise, key, b"")


def prologueOf(network: bytes) -> bytes:
    """
    What both ends of a handshake must agree on before it begins.

    @param network: the public key of the network.
    """
    return b"wand 1" + network


def macKey(exchangeKey: bytes) -> bytes:
    """
    The key of mac1 in what is sent to the owner of an exchange key.
    """
    return blake2s(b"wand mac1" + exchangeKey).digest()


def macOneRight(datagram: bytes | memoryview, key: bytes) -> bool:
    """
    Does the sender of a handshake message know our exchange key?  Quick, so that strangers cost little.

    @param key: our own L{macKey}.
    """
    return compare_digest(_mac(key, datagram[: -2 * TAG]), datagram[-2 * TAG : -TAG])


def macTwoRight(datagram: bytes | memoryview, cookie: bytes) -> bool:
    """
    Does the sender of an initiation have the cookie of its address?
    """
    return compare_digest(_mac(cookie, datagram[:-TAG]), datagram[-TAG:])


def macOne(datagram: bytes | memoryview) -> bytes:
    """
    The mac1 of a handshake message.
    """
    return bytes(datagram[-2 * TAG : -TAG])


def packGreeting(greeting: Greeting) -> bytes:
    """
    Make the padded payload of an initiation.

    @raise ValueError: if the credential is too long.
    """
    return _padded(msgspec.msgpack.encode(greeting), _GREETING_SIZE)


def parseGreeting(payload: bytes) -> Greeting | None:
    """
    Read the payload of an initiation, or C{None} if it is malformed.
    """
    return _unpadded(payload, Greeting)


def packReply(reply: Reply) -> bytes:
    """
    Make the padded payload of a response.

    @raise ValueError: if the credential is too long.
    """
    return _padded(msgspec.msgpack.encode(reply), _REPLY_SIZE)


def parseReply(payload: bytes) -> Reply | None:
    """
    Read the payload of a response, or C{None} if it is malformed.
    """
    return _unpadded(payload, Reply)


_Payload = TypeVar("_Payload", Greeting, Reply)


def _unpadded(payload: bytes, kind: type[_Payload]) -> _Payload | None:
    size = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 + size:
        return None
    try:
        return msgspec.msgpack.decode(payload[2 : 2 + size], type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _padded(pack: bytes, size: int) -> bytes:
    if len(pack) > size - 2:
        raise ValueError(f"the credential is {len(pack) + 2 - size} octets too long for a handshake")
    return (len(pack).to_bytes(2, "big") + pack).ljust(size, b"\0")


def _withMacs(message: bytes, key: bytes, cookie: bytes) -> bytes:
    message += _mac(key, message)
    return message + (_mac(cookie, message) if cookie else bytes(TAG))


def _mac(key: bytes, message: bytes | memoryview) -> bytes:
    return blake2s(message, key=key, digest_size=TAG).digest()
