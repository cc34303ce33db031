"""
A directory server as a member of its network, and whom it admits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable
from wand.interfaces.membership import Member
from wand.sealed.authority.invitations import Invitations
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.member_recovery import MemberRecovery
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.trust import Trust

_Value = TypeVar("_Value")


class ServerMembership:
    """
    Who this server is, and whom it admits; it provides L{wand.interfaces.membership.Membership}.
    """

    _log = Logger()

    def __init__(
        self,
        key: NodeKey,
        network: StoredNetwork,
        members: MemberRecords,
        invitations: Invitations,
        recovery: MemberRecovery,
        trust: Trust,
        wallClock: Callable[[], float],
    ) -> None:
        """
        @param key: the server's own.
        @param recovery: told of members that the store does not know.
        @param wallClock: gives the seconds since the epoch.
        """
        self._key = key
        self._network = network
        self._members = members
        self._invitations = invitations
        self._recovery = recovery
        self._trust = trust
        self._wallClock = wallClock
        self._recovering: set[bytes] = set()

    # Who we are.

    @property
    def network(self) -> Identity:
        return self._network.identity

    @property
    def cipher(self) -> str:
        return self._network.descriptor.cipher

    @property
    def secrets(self) -> NetworkSecrets:
        return self._network.secrets

    @property
    def exchangeKey(self) -> X25519PrivateKey:
        return self._key.exchange

    @property
    def exchangePublic(self) -> bytes:
        """
        The public half of L{exchangeKey}.
        """
        return self._key.exchangePublic

    @property
    def identity(self) -> Identity:
        return self._key.identity

    @property
    def certificate(self) -> bytes:
        record = self._members.get(self.identity)
        return record.certificate if record else b""

    # Whom we admit.

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        Check a presented certificate.  An expired one is good enough for a member in the store, which was away and
        wants a new one.
        """
        isKnown = self._isStored(certificate)
        member = self._trust.admit(certificate, exchangeKey, expired=True, isKnown=isKnown)
        record = None if member is None else self._members.get(member.identity)
        if member is None or (record is not None and record.state == "revoked"):
            return None
        if record is None or record.issued < member.issued:
            self.learn(member.identity, certificate)
        isStored = record is not None and record.state == "member"
        if not isStored and member.expires <= self._wallClock():
            return None
        return member if record is None else _sharing(member, record)

    def check(self, certificate: bytes) -> Certificate | None:
        """
        Check the certificate in an announcement.  As in L{admit}, an expired one is good enough for a member in the
        store, which is here: it waits for a new one, or our clock is ahead.
        """
        content = self._trust.check(certificate, expired=True, isKnown=self._isStored(certificate))
        record = None if content is None else self._members.get(content.identity)
        isStored = record is not None and record.state == "member"
        return content if content is not None and (isStored or content.expires > self._wallClock()) else None

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return self._invitations.secretOf(invitation)

    def invitationSecrets(self) -> Iterable[bytes]:
        """
        The secrets of all invitations that can be redeemed, the one that was made last in front.
        """
        return self._invitations.secrets

    def _isStored(self, certificate: bytes) -> bool:
        """
        Is a certificate the one in the store, whose signature was verified before it came there?
        """
        said = unverified(certificate, Certificate)
        record = None if said is None else self._members.get(said.identity)
        return record is not None and record.certificate == certificate

    def learn(self, identity: bytes, certificate: bytes) -> None:
        """
        Somebody has a certificate that the store does not know, or is older than: take what it says.
        """
        content = self._trust.check(certificate, expired=True)
        if content is None or identity in self._recovering:
            return
        self._recovering.add(identity)
        expired = content.expires <= self._wallClock()
        recovering = Deferred.fromCoroutine(self._recovery.learn(content, certificate, expired=expired))
        recovering.addErrback(self._notRecovered, Identity(identity))
        recovering.addBoth(lambda _: self._recovering.discard(identity))

    def _notRecovered(self, failure: Failure, identity: Identity) -> None:
        failure.trap(MembershipRefused, NoSuchMember, StoreUnavailable)
        self._log.warn(
            "{identity} is a member that the store does not know, and cannot take yet: {reason}",
            identity=identity,
            reason=failure.getErrorMessage(),
        )


def _sharing(member: Member, record: MemberRecord) -> Member:
    """
    The same, with the very values of the record: of thousands of members they are kept once.
    """
    return attrs.evolve(
        member,
        identity=_kept(record.identity, member.identity),
        exchangeKey=_kept(record.exchangeKey, member.exchangeKey),
        name=_kept(record.name, member.name),
        addresses=_kept(record.addresses, member.addresses),
        since=_kept(record.since, member.since),
        issued=_kept(record.issued, member.issued),
        expires=_kept(record.expires, member.expires),
    )


def _kept(ours: _Value, theirs: _Value) -> _Value:
    return ours if ours == theirs else theirs
