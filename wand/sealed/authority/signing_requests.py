"""
What a server has signed elsewhere: it exports what waits for a signature, and imports what was signed.
"""

from __future__ import annotations

import msgspec

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.lessening import allowanceFor, isAllowanceDue
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.offline_signing import (
    AllowanceRequest,
    CertificateRequest,
    Requests,
    RevocationRequest,
    Signatures,
    decoded,
)
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.identity import Identity


def exported(network: StoredNetwork, members: MemberRecords, issuer: Issuer, revoker: Revoker) -> bytes:
    """
    What waits for a signature, as a document.
    """
    due = issuer.due
    requests = Requests(
        network=network.identity.text,
        life=issuer.life,
        certificates=[_request(record) for record in due],
        revocations=[
            RevocationRequest(record.name, record.identity.hex(), record.revoked) for record in revoker.unsigned
        ],
        descriptor=network.signedDescriptor,
        known=[record.certificate for record in members.inState("member") if record.certificate],
        allowances=[_allowanceOf(record, network, issuer.now) for record in due if isAllowanceDue(record)],
    )
    return msgspec.json.format(msgspec.json.encode(requests), indent=2) + b"\n"


async def imported(document: bytes, network: Identity, issuer: Issuer, revoker: Revoker) -> int:
    """
    Take a document of L{wand.sealed.authority.offline_signing.signedOffline}.  What is not valid or not waited for is
    left out and disturbs nothing else.

    @return: how many certificates, revocations and allowances were taken.
    @raise MembershipRefused: if the document cannot be read, or is about another network.
    @raise wand.errors.StoreUnavailable: if that cannot be stored.
    """
    signatures = decoded(document, Signatures)
    if signatures.network != network.text:
        raise MembershipRefused("the signatures are for another network")
    taken = 0
    for revocation in signatures.revocations:
        taken += await revoker.accept(revocation)
    for certificate in signatures.certificates:
        taken += await issuer.accept(certificate)
    for allowance in signatures.allowances:
        taken += await issuer.acceptAllowance(allowance)
    return taken


def _allowanceOf(record: MemberRecord, network: StoredNetwork, now: int) -> AllowanceRequest:
    said = allowanceFor(record, network.identity, now)
    return AllowanceRequest(record.name, record.identity.hex(), said.number, said.expires, said.members)


def _request(record: MemberRecord) -> CertificateRequest:
    return CertificateRequest(
        name=record.name,
        key=record.identity.hex(),
        exchangeKey=record.exchangeKey.hex(),
        server=record.server,
        addresses=list(record.addresses),
        macs=[str(MAC(mac)) for mac in record.macs],
        bridge=record.bridge,
        since=record.since,
        behind=record.limits.macs,
        broadcasts=record.limits.broadcasts,
        confirmed=record.confirmed,
        relay=record.relay,
        admission=record.admission,
        admits=record.admits,
    )
