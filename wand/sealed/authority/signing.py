"""
Signing: who signs the certificates of members, the network or a member that it lets admit others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from wand.errors import GrantEnded, MembershipRefused
from wand.sealed.authority.lessening import withAllowance
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.credentials.certificate import Certificate, isOfTheFuture
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.identity import Identity, NetworkKey, NodeKey
from wand.sealed.credentials.limits import DEFAULT_LIMITS
from wand.sealed.credentials.signed import SIGNED_MAXIMUM, signed, signedSize
from wand.sealed.credentials.trust import Trust

#: Why nobody can be admitted here.
NO_GRANT: Final = (
    "this node may not admit members: whoever founded the network, or a server, lets it do so (wand appoint NAME there)"
)

#: How many octets a seat and a binding take in a certificate, at most.
GIVEN_SIZE: Final = 66


class Signing(Protocol):
    """
    Signs certificates, or leaves that to whoever has the key.

    @ivar canSign: is there a key here?
    """

    @property
    def canSign(self) -> bool: ...

    def isOurs(self, record: MemberRecord) -> bool:
        """
        Do we sign for this member?
        """

    def isSaid(self, record: MemberRecord, certificate: Certificate) -> bool:
        """
        Does a certificate say what we would sign?
        """

    def isWorthIt(self, record: MemberRecord, now: float) -> bool:
        """
        Is a new certificate better than an old one that says the same?
        """

    def isVoid(self, record: MemberRecord) -> bool:
        """
        Is somebody no member any more by the certificate that we signed, because we may not admit so many?
        """

    def check(self, record: MemberRecord, now: int, waiting: int | None = None) -> None:
        """
        See that we could sign for a member, before anything is kept of it.

        @param waiting: if that one is new, how many wait for a certificate besides.
        @raise MembershipRefused: if not, with the reason.
        @raise GrantEnded: if not now.
        """

    def allow(self, record: MemberRecord, now: int) -> MemberRecord:
        """
        The same, with what has to be signed besides of what a member may admit.
        """

    def sign(self, record: MemberRecord, now: int, life: int) -> tuple[Certificate, bytes]:
        """
        Make a certificate.

        @param life: for how many seconds it is to be valid.
        @return: what it says, and the whole, signed.
        @raise MembershipRefused: if that cannot be.
        @raise GrantEnded: if that cannot be now.
        """


class NetworkSigning:
    """
    Signs with the network key, where it is here.
    """

    def __init__(self, network: Identity, key: NetworkKey | None) -> None:
        self._network = network
        self._key = key

    @property
    def canSign(self) -> bool:
        """
        See L{Signing}.
        """
        return self._key is not None

    def isOurs(self, record: MemberRecord) -> bool:
        """
        See L{Signing}: the network signs for everybody.
        """
        return True

    def isSaid(self, record: MemberRecord, certificate: Certificate) -> bool:
        """
        See L{Signing}.
        """
        return record.isSaidBy(certificate)

    def isWorthIt(self, record: MemberRecord, now: float) -> bool:
        """
        See L{Signing}.
        """
        return True

    def isVoid(self, record: MemberRecord) -> bool:
        """
        See L{Signing}: the network may admit everybody.
        """
        return False

    def check(self, record: MemberRecord, now: int, waiting: int | None = None) -> None:
        """
        See L{Signing}.
        """
        _checkSize(record.certificateFor(self._network, now, 1), record.grantUntil(now + 1))

    def allow(self, record: MemberRecord, now: int) -> MemberRecord:
        """
        See L{Signing}.
        """
        return record if self._key is None else withAllowance(record, self._key, now)

    def sign(self, record: MemberRecord, now: int, life: int) -> tuple[Certificate, bytes]:
        """
        See L{Signing}.
        """
        assert self._key is not None
        return signedByNetwork(record, self._key, now, life)


def signedByNetwork(record: MemberRecord, key: NetworkKey, now: int, life: int) -> tuple[Certificate, bytes]:
    """
    Sign what is kept of a member, with a grant if it may admit others.

    @raise MembershipRefused: if that would be too long.
    """
    certificate = record.certificateFor(key.network, now, life)
    grant = record.grantUntil(certificate.expires)
    _checkSize(certificate, grant)
    if grant is not None:
        certificate = msgspec.structs.replace(certificate, grant=signed(key.signing, grant))
    return certificate, signed(key.signing, certificate)


class GrantSigning:
    """
    Signs with a member's own key, for those whom it admitted.
    """

    def __init__(self, key: NodeKey, own: Callable[[], Certificate | None], trust: Trust) -> None:
        """
        @param own: our certificate, with our grant.
        @param trust: knows who has which seat, and what was taken back of our right.
        """
        self._network = trust.network
        self._key = key
        self._own = own
        self._trust = trust

    @property
    def grant(self) -> Grant | None:
        """
        What we may do; C{None} if we may not, or no longer.
        """
        own = self._own()
        grant = own.granted if own is not None and own.admission else None
        return grant if grant is not None and self._trust.seatsOf(grant) else None

    @property
    def canSign(self) -> bool:
        """
        See L{Signing}.
        """
        return self.grant is not None

    def isOurs(self, record: MemberRecord) -> bool:
        """
        See L{Signing}.
        """
        return record.admitter == self._key.identity

    def isSaid(self, record: MemberRecord, certificate: Certificate) -> bool:
        """
        See L{Signing}.
        """
        granted = certificate.granted
        if granted is None or certificate.admitter != self._key.identity:
            return False
        life = certificate.expires - certificate.issued
        same = _under(granted, record.certificateFor(self._network, certificate.issued, life))
        given = {"grant": certificate.grant, "seat": certificate.seat, "binding": record.binding}
        return msgspec.structs.replace(same, **given) == certificate

    def isWorthIt(self, record: MemberRecord, now: float) -> bool:
        """
        See L{Signing}: what is signed ends with our grant.
        """
        grant = self.grant
        if grant is None:
            return False
        return grant.expires > record.expires or isOfTheFuture(record.issued, max(now, grant.since))

    def isVoid(self, record: MemberRecord) -> bool:
        """
        See L{Signing}.
        """
        isOurs = record.state == "member" and self.isOurs(record)
        return isOurs and self._trust.check(record.certificate, expired=True, isKnown=True) is None

    def check(self, record: MemberRecord, now: int, waiting: int | None = None) -> None:
        """
        See L{Signing}: also whether a seat is free.
        """
        grant = self._checked(record, now)
        if waiting is not None:
            self._trust.seats.checkFree(grant.identity, self._trust.seatsOf(grant), waiting + 1)

    def allow(self, record: MemberRecord, now: int) -> MemberRecord:
        """
        See L{Signing}: nobody that a member admitted admits others.
        """
        return record

    def sign(self, record: MemberRecord, now: int, life: int) -> tuple[Certificate, bytes]:
        """
        See L{Signing}.
        """
        own, grant = self._own(), self._checked(record, now)
        assert own is not None  # it has our grant
        now = max(now, own.issued)  # it is later than that, whatever our clock says
        certificate = _under(grant, record.certificateFor(self._network, now, min(life, grant.expires - now)))
        seat = self._seatOf(record, grant)
        certificate = msgspec.structs.replace(certificate, grant=own.grant, seat=seat, binding=record.binding)
        octets = signed(self._key.signing, certificate)
        self._trust.seats.take(certificate)  # before anybody shows it to us: the next one is to get another seat
        return certificate, octets

    def _checked(self, record: MemberRecord, now: int) -> Grant:
        """
        Our grant, if it lets us sign for this member now.
        """
        grant = self.grant
        if grant is None:
            raise MembershipRefused(NO_GRANT)
        if grant.expires <= now:
            raise GrantEnded(
                "the right of this node to admit members has expired: it gets it anew as soon as it reaches whoever "
                "founded the network, or a server; try again then"
            )
        checkTerms(grant, bridge=record.bridge, relay=record.relay)
        _checkSize(record.certificateFor(self._network, now, 1), grant, GIVEN_SIZE)
        return grant

    def _seatOf(self, record: MemberRecord, grant: Grant) -> int:
        members = self._trust.seatsOf(grant)
        seat = self._trust.seats.seatOf(grant.identity, record.identity)
        return self._trust.seats.free(grant.identity, members) if seat is None or seat >= members else seat


def _checkSize(certificate: Certificate, grant: Grant | None, more: int = 0) -> None:
    """
    @param more: how many octets are added by whoever signs.
    @raise MembershipRefused: if nobody would accept that, because it is too long.
    """
    size = signedSize(certificate) + (0 if grant is None else signedSize(grant)) + more
    if size > SIGNED_MAXIMUM:
        raise MembershipRefused(
            f"the certificate of {certificate.name} would be too long, by {size - SIGNED_MAXIMUM} octets: give it "
            "fewer addresses, or a shorter name"
        )


def checkTerms(grant: Grant, *, bridge: bool, relay: bool) -> None:
    """
    @raise MembershipRefused: if a member may not pass these rights on.
    """
    if not grant.hasRights(bridge=bridge, relay=relay):
        raise MembershipRefused(
            "this node can pass on only the rights that it has itself: make the invitation on the node that founded "
            "the network, or on a server"
        )


def _under(grant: Grant, certificate: Certificate) -> Certificate:
    """
    What can be said under a grant of what is kept of a member: our clock may be behind the one by which it was given.
    """
    since = max(certificate.since, grant.since)
    issued = max(certificate.issued, since)
    return msgspec.structs.replace(
        certificate,
        since=since,
        issued=issued,
        expires=max(certificate.expires, issued + 1),
        limits=DEFAULT_LIMITS,
        confirmed=False,
    )
