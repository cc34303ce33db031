"""
What a directory server keeps of a member.
"""

from __future__ import annotations

from typing import Literal, Self

import msgspec

from wand.ethernet import MAC
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.grant import Grant, rightsOf
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.member_status import MemberStatus
from wand.sealed.credentials.signed import unverified


class MemberRecord(msgspec.Struct, frozen=True):
    """
    A member as it stands in a store, under its identity.

    @ivar state: C{pending} until an operator approves, C{unsigned} until the network key signs, C{member}, or
        C{revoked}.
    @ivar since: when it joined, in seconds since the epoch.
    @ivar invitation: the id of the one that it joined with.
    @ivar certificate: the last one, signed; empty before the first.
    @ivar revoked: when it was revoked.
    @ivar revocation: signed; empty until it is.
    @ivar limits: how much it may bring.
    @ivar confirmed: did an operator say that the MAC addresses are its own?
    @ivar relay: has it the relay right?
    @ivar admission: has it the admission right?
    @ivar admits: how many members it may admit under a grant; 0 for none, or for one that has the network key.
    @ivar granted: until when the longest of its grants holds, in seconds since the epoch.
    @ivar lessened: was that right taken back, or a part of it, while it had a grant?
    @ivar allowance: what the network signed then, the last time; see L{wand.sealed.credentials.allowance}.
    @ivar admitter: the member that admitted it; empty if a server did, or whoever has the network key.
    @ivar binding: what the member says of its keys, for the certificates that its admitter signs; see
        L{wand.sealed.credentials.key_binding}.
    @ivar asked: when a server without the network key asked for a new certificate, in seconds since the epoch; 0 if
        that is answered.
    @ivar learned: does the server know of it by its certificate only, because the store was lost or restored?
    """

    identity: bytes
    exchangeKey: bytes
    name: str
    state: Literal["pending", "unsigned", "member", "revoked"]
    since: int
    server: bool = False
    addresses: tuple[str, ...] = ()
    macs: tuple[bytes, ...] = ()
    bridge: bool = False
    invitation: bytes = b""
    certificate: bytes = b""
    issued: int = 0
    expires: int = 0
    revoked: int = 0
    revocation: bytes = b""
    limits: Limits = Limits()
    confirmed: bool = False
    learned: bool = False
    relay: bool = False
    asked: int = 0
    admission: bool = False
    admits: int = 0
    admitter: bytes = b""
    binding: bytes = b""
    granted: int = 0
    lessened: bool = False
    allowance: bytes = b""

    @classmethod
    def of(cls, content: Certificate, certificate: bytes) -> Self:
        """
        What a certificate says of a member.

        @param certificate: the whole, signed.
        """
        granted = content.granted
        mayGrant = content.admission and granted is not None
        return cls(
            identity=content.identity,
            exchangeKey=content.exchangeKey,
            name=content.name,
            state="member",
            since=content.since,
            server=content.role == SERVER,
            addresses=content.addresses,
            macs=content.macs,
            bridge=content.bridge,
            certificate=certificate,
            issued=content.issued,
            expires=content.expires,
            limits=content.limits,
            confirmed=content.confirmed,
            relay=content.relay,
            admission=content.admission and not mayGrant,
            admits=granted.members if mayGrant and granted is not None else 0,
            admitter=content.admitter,
            binding=content.binding,
            granted=content.expires if mayGrant else 0,
        )

    def certificateFor(self, network: bytes, now: int, life: int) -> Certificate:
        """
        What the network would certify now.
        """
        return Certificate(
            network=network,
            identity=self.identity,
            exchangeKey=self.exchangeKey,
            role=SERVER if self.server else NODE,
            name=self.name,
            addresses=self.addresses,
            macs=self.macs,
            bridge=self.bridge,
            since=min(self.since, now),
            issued=now,
            expires=now + life,
            limits=self.limits,
            confirmed=self.confirmed,
            relay=self.relay,
            admission=self.admission or bool(self.admits),
        )

    def grantUntil(self, expires: int) -> Grant | None:
        """
        What the network would grant now; C{None} for nothing.
        """
        if not self.admits:
            return None
        rights = rightsOf(bridge=self.bridge, relay=self.relay)
        return Grant(self.identity, min(self.since, expires - 1), expires, rights, self.admits)

    def withCertificate(self, certificate: Certificate, signed: bytes) -> MemberRecord:
        """
        The same with a new certificate.
        """
        granted = certificate.expires if certificate.admission and certificate.grant else 0
        return msgspec.structs.replace(
            self,
            state="member",
            certificate=signed,
            issued=certificate.issued,
            expires=certificate.expires,
            asked=0,
            granted=max(self.granted, granted),
        )

    def isSaidBy(self, certificate: Certificate) -> bool:
        """
        Does a certificate of the network say what this record says?
        """
        if certificate.granted != self.grantUntil(certificate.expires):
            return False  # and what the record says may be more than that grant allows
        same = self.certificateFor(certificate.network, certificate.issued, certificate.expires - certificate.issued)
        return (msgspec.structs.replace(same, grant=certificate.grant) if certificate.grant else same) == certificate

    @property
    def areRightsCertified(self) -> bool:
        """
        Does the certificate give the rights and the limits that the record gives?
        """
        certificate = unverified(self.certificate, Certificate)
        if certificate is None:
            return not (self.bridge or self.relay or self.admits)
        hasAll = (certificate.bridge or not self.bridge) and (certificate.relay or not self.relay)
        isGranted = certificate.granted is not None or not self.admits
        return hasAll and isGranted and certificate.limits == self.limits

    @property
    def status(self) -> MemberStatus:
        """
        The same, for people.
        """
        return MemberStatus(
            name=self.name,
            key=self.identity.hex(),
            short=str(Identity(self.identity)),
            state=self.state,
            server=self.server,
            addresses=list(self.addresses),
            macs=[str(MAC(mac)) for mac in self.macs],
            bridge=self.bridge,
            since=self.since,
            expires=self.expires if self.certificate and self.state != "revoked" else None,
            behind=self.limits.macs,
            broadcasts=self.limits.broadcasts,
            confirmed=self.confirmed,
            learned=self.learned,
            relay=self.relay,
            admission=self.admission or bool(self.admits),
            admits=self.admits,
            admitter=self.admitter.hex(),
        )
