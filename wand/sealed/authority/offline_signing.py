"""
Signing elsewhere: a server without the network key exports what waits for a signature, whoever has the key signs it,
and the server imports the result.  Both documents are JSON, so that one can read what one signs.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from wand.errors import AddressInvalid, MembershipRefused
from wand.ethernet import MAC
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.signing import signedByNetwork
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.identity import Identity, NetworkKey
from wand.sealed.credentials.limits import BROADCASTS, DOCUMENT_MAXIMUM, MACS, Limits
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed

Document = TypeVar("Document")


class CertificateRequest(msgspec.Struct, frozen=True):
    """
    Somebody who needs a certificate; keys in hex.

    @ivar behind: how many MAC addresses may be behind it, if it has the bridge right.
    @ivar broadcasts: how many frames to groups it may send in a second.
    @ivar confirmed: did an operator say that the MAC addresses are its own?
    @ivar relay: may it pass datagrams on between other members?
    @ivar admission: may it admit members?
    @ivar admits: how many members it may admit, if it has not the network key itself.
    """

    name: str
    key: str
    exchangeKey: str
    server: bool
    addresses: list[str]
    macs: list[str]
    bridge: bool
    since: int
    behind: int = MACS
    broadcasts: int = BROADCASTS
    confirmed: bool = False
    relay: bool = False
    admission: bool = False
    admits: int = 0


class AllowanceRequest(msgspec.Struct, frozen=True):
    """
    A member that may admit fewer than its grants say; the key in hex.

    @ivar number: of this allowance.
    @ivar expires: until when its grants hold.
    @ivar members: how many count.
    """

    name: str
    key: str
    number: int
    expires: int
    members: int


class RevocationRequest(msgspec.Struct, frozen=True):
    """
    Somebody who was revoked; the key in hex.
    """

    name: str
    key: str
    revoked: int


class Requests(msgspec.Struct, frozen=True):
    """
    What waits for a signature of the network key.

    @ivar network: its public half in hex.
    @ivar life: for how many seconds certificates are to be valid.
    @ivar descriptor: the network's own, signed.
    @ivar known: the signed certificates of all members, so that who signs sees what others have.
    """

    network: str
    life: int
    certificates: list[CertificateRequest]
    revocations: list[RevocationRequest]
    descriptor: bytes = b""
    known: list[bytes] = []
    allowances: list[AllowanceRequest] = []


class Signatures(msgspec.Struct, frozen=True):
    """
    Signed certificates, revocations and allowances.
    """

    network: str
    certificates: list[bytes]
    revocations: list[bytes]
    allowances: list[bytes] = []


def signedOffline(document: bytes, key: NetworkKey, now: float, life: int | None = None) -> bytes:
    """
    Sign what a document of L{wand.sealed.authority.signing_requests.exported} asks for.

    @param life: for how many seconds the certificates are to be valid, if not for as long as was asked for.
    @raise MembershipRefused: if the document cannot be read, or is about another network.
    """
    requests = decoded(document, Requests)
    if requests.network != key.network.text:
        raise MembershipRefused(f"the requests are not for the network of this key, {key.network.text}")
    try:
        signatures = Signatures(
            network=requests.network,
            certificates=[
                _certificate(request, key, int(now), life or requests.life) for request in requests.certificates
            ],
            revocations=[_revocation(request, key) for request in requests.revocations],
            allowances=[_allowance(request, key) for request in requests.allowances],
        )
    except (ValueError, AddressInvalid) as error:
        raise MembershipRefused(f"the requests cannot be signed: {error}") from error
    return msgspec.json.format(msgspec.json.encode(signatures), indent=2) + b"\n"


def decoded(document: bytes, kind: type[Document]) -> Document:
    """
    Read a document.

    @raise MembershipRefused: if it cannot be read.
    """
    if len(document) > DOCUMENT_MAXIMUM:
        raise MembershipRefused("the document is too long")
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MembershipRefused(f"the document cannot be read: {error}") from error


def _certificate(request: CertificateRequest, key: NetworkKey, now: int, life: int) -> bytes:
    record = MemberRecord(
        identity=_key(request.key),
        exchangeKey=_key(request.exchangeKey),
        name=request.name,
        state="unsigned",
        since=request.since,
        server=request.server,
        addresses=tuple(request.addresses),
        macs=tuple(bytes(MAC.parseUnicast(mac)) for mac in request.macs),
        bridge=request.bridge,
        limits=Limits(request.behind, request.broadcasts),
        confirmed=request.confirmed,
        relay=request.relay,
        admission=request.admission,
        admits=request.admits,
    )
    return signedByNetwork(record, key, now, life)[1]


def _revocation(request: RevocationRequest, key: NetworkKey) -> bytes:
    return signed(key.signing, Revocation(key.network, _key(request.key), request.revoked))


def _allowance(request: AllowanceRequest, key: NetworkKey) -> bytes:
    said = Allowance(key.network, _key(request.key), request.number, request.expires, request.members)
    return signed(key.signing, said)


def _key(text: str) -> Identity:
    key = Identity.parse(text)
    if key is None:
        raise ValueError(f"{text!r} is not a key of 64 hex digits")
    return key
