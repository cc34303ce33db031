"""
Control messages about membership: MessagePack arrays whose first element is the message's number (docs/sealed.md).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from wand.sealed import control_numbers
from wand.sealed.credentials.fields import (
    Count,
    Octets6,
    Octets16,
    Octets32,
    Octets64,
    WantedAddresses,
    checkSecret,
    checkWanted,
    printable,
)
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, Body, packed, unpacked
from wand.sealed.credentials.token import Endpoints

#: The largest message, in octets.
MESSAGE_MAXIMUM: Final = 1152

#: Of how many servers one message says that they were told.
SERVERS_TOLD_MAXIMUM: Final = 16

#: How many revocations are in one message at most.
REVOCATIONS_PAGE: Final = 6

#: How many ranges of addresses are in one message at most, and in how many messages all of them are.
RANGES_PAGE: Final = 32
RESERVED_PARTS: Final = 8

#: How many rotations are, and how many revocations beside them.
ROTATIONS_PAGE: Final = 3
REVOCATIONS_BESIDE: Final = 3

Signed: TypeAlias = Annotated[bytes, Meta(max_length=SIGNED_MAXIMUM)]
Index: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 32)]
Reason: TypeAlias = Annotated[str, Meta(max_length=300)]
_Digest: TypeAlias = Annotated[bytes, Meta(min_length=8, max_length=8)]
_SignedRotation: TypeAlias = Annotated[bytes, Meta(max_length=176)]
_SignedRevocation: TypeAlias = Annotated[bytes, Meta(max_length=176)]


class JoinProof(Body, frozen=True, array_like=True):
    """
    What a node signs to prove that an identity and the key of its handshake belong together; it does not travel.
    """

    domain: ClassVar[str] = "wand join 1"

    network: Octets32
    identity: Octets32
    exchangeKey: Octets32
    invitation: Octets16


class Join(msgspec.Struct, tag=control_numbers.JOIN, frozen=True, array_like=True):
    """
    A node wants to become a member.

    @ivar name: what it would like to be called; anything.
    @ivar mac: the address of its tap.
    @ivar proof: the signature of a L{JoinProof}.
    @ivar binding: see L{wand.sealed.credentials.key_binding}; a node that is older than deputies sends none.
    @ivar addresses: the overlay addresses that it would like, without the lengths of their prefixes: at most one of
        each kind.  Of a member they change nothing.
    """

    identity: Octets32
    name: Annotated[str, Meta(max_length=64)]
    mac: Octets6
    proof: Octets64
    binding: Annotated[bytes, Meta(max_length=64)] = b""
    addresses: WantedAddresses = ()

    def __post_init__(self) -> None:
        checkWanted(self.addresses)


class Admitted(msgspec.Struct, tag=control_numbers.ADMITTED, frozen=True, array_like=True):
    """
    The node is a member.

    @ivar certificate: its certificate.
    @ivar descriptor: the network's descriptor, signed.
    @ivar secret: the network secret with which the network began; those that took its place come in sessions.
    @ivar server: the certificate of the server that answers.
    """

    certificate: Signed
    descriptor: Signed
    secret: Octets32
    server: Signed

    def __post_init__(self) -> None:
        checkSecret(self.secret)

    def __repr__(self) -> str:
        return "Admitted()"  # the secret stays out of logs


class Pending(msgspec.Struct, tag=control_numbers.PENDING, frozen=True, array_like=True):
    """
    The request is kept; somebody must approve or sign it.  The node asks again later.
    """


class Refused(msgspec.Struct, tag=control_numbers.REFUSED, frozen=True, array_like=True):
    """
    The request is refused, for good; the reason is for people.
    """

    reason: Reason

    def __post_init__(self) -> None:
        force_setattr(self, "reason", printable(self.reason))


class NotNow(msgspec.Struct, tag=control_numbers.NOT_NOW, frozen=True, array_like=True):
    """
    The request can be neither granted nor refused now; the sender asks again later.  The reason is for people, and
    reveals nothing about the inside of the server.
    """

    reason: Reason

    def __post_init__(self) -> None:
        force_setattr(self, "reason", printable(self.reason))


class Renew(msgspec.Struct, tag=control_numbers.RENEW, frozen=True, array_like=True):
    """
    A member wants a new certificate.

    @ivar mac: the address of its tap.
    """

    mac: Octets6


class Renewed(msgspec.Struct, tag=control_numbers.RENEWED, frozen=True, array_like=True):
    """
    A member's certificate: a new one, or again the one that it has.
    """

    certificate: Signed


class Overtaken(msgspec.Struct, tag=control_numbers.OVERTAKEN, frozen=True, array_like=True):
    """
    The sender lives, though somebody with its key has announced a later epoch.

    @ivar own: the sender's epoch.
    @ivar seen: the later one.
    """

    own: Count
    seen: Count


class Twice(msgspec.Struct, tag=control_numbers.TWICE, frozen=True, array_like=True):
    """
    Two hosts run with the receiver's key.

    @ivar endpoints: where they were heard, for people.
    """

    endpoints: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=4)]

    def __post_init__(self) -> None:
        force_setattr(self, "endpoints", tuple(map(printable, self.endpoints)))


class RevocationsDigest(msgspec.Struct, tag=control_numbers.REVOCATIONS_DIGEST, frozen=True, array_like=True):
    """
    What the sender knows of revocations.

    @ivar digest: see L{wand.sealed.credentials.notices.Notices.digest}.
    """

    digest: Octets16


class RevocationsWanted(msgspec.Struct, tag=control_numbers.REVOCATIONS_WANTED, frozen=True, array_like=True):
    """
    The sender asks for revocations.

    @ivar after: the key beyond which, in their order; empty for the first.
    """

    after: Annotated[bytes, Meta(max_length=32)]


class Introduction(msgspec.Struct, tag=control_numbers.INTRODUCTION, frozen=True, array_like=True):
    """
    What a member says of itself to another when their session begins, so that they need no server for it.
    """

    certificate: Signed
    claim: Signed


class Revocations(msgspec.Struct, tag=control_numbers.REVOCATIONS, frozen=True, array_like=True):
    """
    Some signed revocations.

    @ivar after: after which the reader may ask for more; empty if there are no more.
    """

    revocations: Annotated[tuple[_SignedRevocation, ...], Meta(max_length=REVOCATIONS_PAGE)]
    after: Annotated[bytes, Meta(max_length=32)]


class Goodbye(msgspec.Struct, tag=control_numbers.GOODBYE, frozen=True, array_like=True):
    """
    The sender stops in good order, and ends the session.

    @ivar session: the number by which the reader knows the session; a goodbye that was held up ends no later one.
    """

    session: Index


class Farewell(msgspec.Struct, tag=control_numbers.FAREWELL, frozen=True, array_like=True):
    """
    The answer to a L{Goodbye}, which need not be said again.
    """


class Server(msgspec.Struct, tag=control_numbers.SERVER, frozen=True, array_like=True):
    """
    A server of the network, as another one tells of it.

    @ivar certificate: its certificate.
    @ivar endpoints: where it is; a host may be a name, and there may be places of streams.
    """

    certificate: Signed
    endpoints: Endpoints


class ServersTold(msgspec.Struct, tag=control_numbers.SERVERS_TOLD, frozen=True, array_like=True):
    """
    What the sender was told of servers; it wants to hear what it was not.

    @ivar digests: see L{wand.sealed.credentials.server_comparison.digestOf}.
    """

    digests: Annotated[tuple[_Digest, ...], Meta(max_length=SERVERS_TOLD_MAXIMUM)]


class Reserved(msgspec.Struct, tag=control_numbers.RESERVED, frozen=True, array_like=True):
    """
    Some of the overlay addresses that the sender gives to nobody.

    @ivar part: which of the messages that say all of it together; the first is 0.
    @ivar parts: how many they are.
    @ivar ranges: the first address of each and the last.
    @ivar whole: the first octets of the SHA-256 of all ranges of all parts: by it parts belong together, and none is
        taken for one of an earlier set.
    """

    part: Annotated[int, Meta(ge=0, lt=RESERVED_PARTS)]
    parts: Annotated[int, Meta(ge=1, le=RESERVED_PARTS)]
    ranges: Annotated[tuple[Annotated[bytes, Meta(min_length=8, max_length=32)], ...], Meta(max_length=RANGES_PAGE)]
    whole: _Digest

    def __post_init__(self) -> None:
        if self.part >= self.parts:
            raise ValueError("there are not so many parts")
        for each in self.ranges:
            if len(each) not in (8, 32) or each[: len(each) // 2] > each[len(each) // 2 :]:
                raise ValueError("a range goes from an address to a later one of the same kind")


class ReserveWanted(msgspec.Struct, tag=control_numbers.RESERVE_WANTED, frozen=True, array_like=True):
    """
    The sender admits members, and asks which addresses it must give to nobody.
    """


class Secret(msgspec.Struct, tag=control_numbers.SECRET, frozen=True, array_like=True):
    """
    Which network secret is the sender's newest; it wants to hear of later ones.

    @ivar number: its number.
    """

    number: Count


class Rotations(msgspec.Struct, tag=control_numbers.ROTATIONS, frozen=True, array_like=True):
    """
    The secrets that took the place of the one with which the network began.

    @ivar rotations: signed, in their order.
    @ivar revocations: the latest that the sender knows, signed: whoever gets a secret knows to whom not to pass it on.
    """

    rotations: Annotated[tuple[_SignedRotation, ...], Meta(max_length=ROTATIONS_PAGE)]
    revocations: Annotated[tuple[_SignedRevocation, ...], Meta(max_length=REVOCATIONS_BESIDE)] = ()

    def __repr__(self) -> str:
        return "Rotations()"  # the secrets stay out of logs


Message: TypeAlias = (
    Join
    | Admitted
    | Pending
    | Refused
    | NotNow
    | Renew
    | Renewed
    | Overtaken
    | Twice
    | RevocationsDigest
    | RevocationsWanted
    | Revocations
    | Introduction
    | Goodbye
    | Farewell
    | Server
    | ServersTold
    | Reserved
    | ReserveWanted
    | Secret
    | Rotations
)


def pack(message: Message) -> bytes:
    """
    Write a message.
    """
    return packed(message)


def parse(octets: bytes) -> Message | None:
    """
    Read a message that may be anything.

    @return: C{None} if it is not one of ours, which the caller counts.
    """
    return unpacked(octets, Message, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec
