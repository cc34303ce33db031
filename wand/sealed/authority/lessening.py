"""
Lessening: the right of a member to admit others is taken back, or a part of it.  The grants that it has stand in the
certificates of those whom it admitted; so the network signs an allowance, which everybody hears of.
"""

from __future__ import annotations

import msgspec

from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NetworkKey
from wand.sealed.credentials.signed import signed, unverified


def appointed(record: MemberRecord, admits: int) -> MemberRecord:
    """
    What a member becomes that may admit so many.
    """
    losesSeats = admits < record.admits and bool(record.certificate)
    return msgspec.structs.replace(record, admits=admits, lessened=record.lessened or losesSeats)


def isAllowanceDue(record: MemberRecord) -> bool:
    """
    Has the network to sign another allowance of a member, because the last one gives more than it may admit now, or
    less to its new grants?
    """
    if not record.lessened or record.state == "revoked":
        return False
    said, certificate = unverified(record.allowance, Allowance), unverified(record.certificate, Certificate)
    granted = None if certificate is None or not certificate.admission else certificate.granted
    isBound = said is not None and granted is not None and granted.expires <= said.expires
    return said is None or said.members > record.admits or (isBound and said.members < record.admits)


def allowanceFor(record: MemberRecord, network: bytes, now: int) -> Allowance:
    """
    What the network would allow a member now, of what its grants say.
    """
    before = unverified(record.allowance, Allowance)
    return Allowance(
        network=network,
        identity=record.identity,
        number=now if before is None else max(now, before.number + 1),
        expires=max(record.granted, record.expires, 0 if before is None else before.expires),
        members=record.admits,
    )


def withAllowance(record: MemberRecord, key: NetworkKey, now: int) -> MemberRecord:
    """
    The same, with another allowance if one is due.
    """
    if not isAllowanceDue(record):
        return record
    return msgspec.structs.replace(record, allowance=signed(key.signing, allowanceFor(record, key.network, now)))


def heard(record: MemberRecord, allowance: Allowance, notice: bytes) -> MemberRecord:
    """
    What a member becomes as whose allowance others tell of a later one: our store was restored.
    """
    known = unverified(record.allowance, Allowance)
    if record.state == "revoked" or (known is not None and known.number >= allowance.number):
        return record
    admits = min(record.admits, allowance.members)
    return msgspec.structs.replace(record, admits=admits, lessened=True, allowance=notice)
