"""
Control messages about who is where: MessagePack arrays whose first element is the message's number (docs/sealed.md).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.sealed import control_numbers
from wand.sealed.credentials.fields import Count, Version
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM, Signed
from wand.sealed.credentials.signed import unpacked

#: How many pages answer one question at most.
PAGES_MAXIMUM: Final = 16

#: How many endpoints a member has at most.
ENDPOINTS_MAXIMUM: Final = 4

#: How long a certificate and a claim may be together, in octets, so that a page has room for one record.
PAIR_MAXIMUM: Final = 870

#: How many records a page has at most.
RECORDS_MAXIMUM: Final = 64

#: Octets of a page that are left for records.
PAGE_ROOM: Final = MESSAGE_MAXIMUM - 56

#: How many members are looked for at once, at most.
KEYS_MAXIMUM: Final = 16

#: What a member is looked for by: its identity (32 octets), a MAC address (6), an overlay address (4 or 16), its name
#: (UTF-8); by its place: it is online and has the lowest identity above the one given, after the highest the lowest; or
#: because everybody has to know it: of those with the relay right the next ones above an identity (32), as many as one
#: message takes.
BY_IDENTITY: Final = 0
BY_MAC: Final = 1
BY_ADDRESS: Final = 2
BY_NAME: Final = 3
AFTER: Final = 4
RELAYS: Final = 5

#: What a server calls its log, for as long as it keeps it.
Instance: TypeAlias = Annotated[bytes, Meta(max_length=8)]

Number: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 32)]
Endpoints: TypeAlias = Annotated[tuple[Annotated[str, Meta(max_length=47)], ...], Meta(max_length=ENDPOINTS_MAXIMUM)]


def _checkPair(certificate: bytes, claim: bytes) -> None:
    if len(certificate) + len(claim) > PAIR_MAXIMUM:
        raise ValueError("the certificate and the claim are too long for a page")


class PageRecord(msgspec.Struct, frozen=True, array_like=True):
    """
    What a server says of one member.  It can lie only about the endpoints.

    @ivar endpoints: where the member may be, best first; empty while it is not online.
    @ivar age: how long ago the server heard it, in seconds.
    @ivar version: the place of its last change in the server's log.
    """

    certificate: Signed
    claim: Signed
    endpoints: Endpoints
    age: Number
    version: Count

    def __post_init__(self) -> None:
        _checkPair(self.certificate, self.claim)


class Announce(msgspec.Struct, tag=control_numbers.ANNOUNCE, frozen=True, array_like=True):
    """
    A node says who and where it is.

    @ivar number: higher in every announcement of the same epoch that says something new.
    @ivar endpoints: where it can be reached on local networks.
    """

    number: Number
    certificate: Signed
    claim: Signed
    endpoints: Endpoints

    def __post_init__(self) -> None:
        _checkPair(self.certificate, self.claim)


class Announced(msgspec.Struct, tag=control_numbers.ANNOUNCED, frozen=True, array_like=True):
    """
    A server says what it has of the node that it talks to.

    @ivar epoch: of the node's claim; 0 for nothing.
    @ivar number: of the node's announcement; 0 for one that the server had from before its start.
    @ivar newest: the version of the server's log.
    @ivar members: how many members are in it; who thinks that these are too many looks for those that it needs.
    @ivar groups: does the network want frames to groups?
    @ivar release: which version of the program the server runs; empty for one before 0.2.
    """

    epoch: Count
    number: Number
    instance: Instance
    newest: Count
    members: Count = 0
    groups: bool = True
    release: Version = ""


class Ask(msgspec.Struct, tag=control_numbers.ASK, frozen=True, array_like=True):
    """
    A node asks what changed.

    @ivar number: repeated in the pages that answer.
    @ivar instance: the server's, as far as the node knows; empty for the first time.
    @ivar after: the version beyond which changes are wanted.
    @ivar upto: the version up to which; 0 for the newest.
    @ivar count: how many pages may come in answer.
    """

    number: Annotated[int, Meta(ge=1, lt=1 << 32)]
    instance: Instance
    after: Count
    upto: Count
    count: Annotated[int, Meta(ge=1, le=PAGES_MAXIMUM)]


class Page(msgspec.Struct, tag=control_numbers.PAGE, frozen=True, array_like=True):
    """
    The members that changed last beyond one version and up to another, in the order of their changes.

    @ivar number: of the question; 0 if nobody asked.
    @ivar last: is it the last page of the answer?
    @ivar newest: the version of the server's log.
    """

    number: Number
    last: bool
    instance: Annotated[bytes, Meta(min_length=8, max_length=8)]
    after: Count
    upto: Count
    newest: Count
    records: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=RECORDS_MAXIMUM)]

    def __post_init__(self) -> None:
        if not self.after <= self.upto <= self.newest:
            raise ValueError("a page covers versions in their order")


class Key(msgspec.Struct, frozen=True, array_like=True):
    """
    What a member is looked for by.

    @ivar kind: L{BY_IDENTITY}, L{BY_MAC}, L{BY_ADDRESS}, L{BY_NAME}, L{AFTER} or L{RELAYS}.
    """

    kind: Annotated[int, Meta(ge=0, lt=1 << 7)]
    what: Annotated[bytes, Meta(max_length=32)]


class Look(msgspec.Struct, tag=control_numbers.LOOK, frozen=True, array_like=True):
    """
    A node that does not follow the log looks for some members.  Without keys it says that it is there, and is answered
    with L{Announced}.

    @ivar number: repeated in the answers.
    """

    number: Annotated[int, Meta(ge=1, lt=1 << 32)]
    keys: Annotated[tuple[Key, ...], Meta(max_length=KEYS_MAXIMUM)]


class Found(msgspec.Struct, tag=control_numbers.FOUND, frozen=True, array_like=True):
    """
    Members that were looked for, each as it is now: in answer, or because something about them changed since.

    @ivar number: of the question; 0 if nobody asked.
    @ivar last: is it the last message of the answer?
    @ivar newest: the version of the server's log.
    @ivar absent: the places, in the question, of what nobody has.
    """

    number: Number
    last: bool
    instance: Annotated[bytes, Meta(min_length=8, max_length=8)]
    newest: Count
    records: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=RECORDS_MAXIMUM)]
    absent: Annotated[tuple[Annotated[int, Meta(ge=0, lt=KEYS_MAXIMUM)], ...], Meta(max_length=KEYS_MAXIMUM)]


Message: TypeAlias = Announce | Announced | Ask | Page | Look | Found


def pack(message: Message | PageRecord) -> bytes:
    """
    Write a message, or a record for a page.
    """
    return msgspec.msgpack.encode(message)


def parse(octets: bytes) -> Message | None:
    """
    Read a message that may be anything.

    @return: C{None} if it is not one of ours, which the caller counts.
    """
    return unpacked(octets, Message, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec


def parseRecord(octets: bytes | msgspec.Raw) -> PageRecord | None:
    """
    Read one record of a page; a mistake in it does not affect the others.

    @return: C{None} if it is not a record, which the caller counts.
    """
    return unpacked(bytes(octets), PageRecord, MESSAGE_MAXIMUM)
