"""
The roster: everything that a directory server and its operator do with the members of a network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import splitHostPort
from wand.errors import MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.events import Events
from wand.interfaces import IHookListener, IRecords
from wand.membership.certificate import Certificate
from wand.membership.evidence import Evidence
from wand.membership.foundation import TRACES, Foundation, NetworkWish, founded
from wand.membership.identity import Entropy, Identity, NodeKey
from wand.membership.invitations import Invitations
from wand.membership.limits import USUAL, Limits
from wand.membership.member import Member
from wand.membership.messages import Admitted, Join, NotNow, Pending, Refused, Renewed
from wand.membership.offline import exported, imported
from wand.membership.record import MemberRecord
from wand.membership.redemption import Redemption
from wand.membership.register import Register
from wand.membership.status import InvitationStatus, MemberStatus, NetworkStatus
from wand.membership.token import Token
from wand.membership.trust import Trust
from wand.state import StateDirectory
from wand.timing.budget import Budget

#: How often in a second, for as long as it likes and at once, an event tells of one node that cannot be answered.
DELAY_RATE: Final = 1 / 60
DELAY_BURST: Final = 1.0


class RosterObserver(Protocol):
    """
    Is told what the members must be told.
    """

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        A member has a new certificate: it was approved, renamed, or signed elsewhere.
        """

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        An identity is no longer a member: end its sessions, and push the signed revocation.  Called for whatever is
        news, whether an operator revoked it here, another server did, or a peer told it.

        @param revocation: empty as long as it waits for a signature made elsewhere.
        """


class Roster:
    """
    The members of a network, on a directory server; it provides L{wand.membership.member.Membership}.

    @ivar trust: whose certificates are valid.
    @ivar created: was the network created just now?
    @ivar recovered: was the store empty, though there was a network?
    """

    _log = Logger()

    def __init__(
        self,
        foundation: Foundation,
        key: NodeKey,
        records: IRecords,
        clock: IReactorTime,
        events: Events,
        wish: NetworkWish,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        *,
        wallClock: Callable[[], float],
    ) -> None:
        """
        Use L{open}.
        """
        self.trust = Trust(foundation.network, wallClock)
        self.created = foundation.created
        self.recovered = foundation.recovered
        self._foundation = foundation
        self._key = key
        self._wallClock = wallClock
        self._events = events
        self._serverName = wish.server
        self._observers: list[RosterObserver] = []
        self._delays = Budget(clock, DELAY_RATE, DELAY_BURST)
        self._register = Register(records, foundation, self.trust, wallClock, wish.life, wish.quarantine, self._issued)
        self._evidence = Evidence(self._register, events)
        self._learning: set[bytes] = set()
        self._invitations = Invitations(records, wallClock, entropy, self._isAwaited)
        self._redemption = Redemption(self._register, self._invitations, clock, wallClock, hooks)
        self.trust.observe(self._revoked)

    @classmethod
    async def open(
        cls,
        records: IRecords,
        state: StateDirectory,
        clock: IReactorTime,
        events: Events,
        wish: NetworkWish,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        *,
        wallClock: Callable[[], float],
    ) -> Roster:
        """
        Read the roster of a store; create the network if the store is empty.

        @param wallClock: gives the seconds since the epoch.
        @raise ConfigurationInvalid: if the wish cannot be fulfilled.
        @raise StoreUnavailable: if the store cannot be used.
        @raise StateUnavailable: if a key cannot be used.
        """
        wish.check()
        key = NodeKey.kept(state, entropy, beside=TRACES)
        foundation = await founded(records, state, wish, wallClock, entropy)
        roster = cls(foundation, key, records, clock, events, wish, hooks, entropy, wallClock=wallClock)
        await roster.reload()
        try:
            await roster.certifyItself()
        except StoreUnavailable as error:
            if not roster.certificate:
                raise
            cls._log.error("the store takes nothing; members are served all the same: {error}", error=error)
        return roster

    async def reload(self) -> None:
        """
        See what other servers wrote into the store.

        @raise StoreUnavailable: if that fails.
        """
        await self._register.load()
        await self._invitations.load()

    async def certifyItself(self) -> None:
        """
        Make a certificate for this server, if it needs one.  To be called every few minutes.

        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._register.get(self.identity)
        if record is None:
            name = await self._register.assignments.takeNameLike(self._serverName, self.identity)
            record = await self._register.add(
                MemberRecord(
                    identity=self.identity,
                    exchangeKey=self._key.exchangePublic,
                    name=name,
                    state="unsigned",
                    since=int(self._wallClock()),
                    server=True,
                )
            )
        if self._register.isDue(record):
            await self._register.issue(self.identity)

    def observe(self, observer: RosterObserver) -> None:
        """
        Tell C{observer} from now on.
        """
        self._observers.append(observer)

    # Membership.

    @property
    def network(self) -> Identity:
        return self._foundation.network

    @property
    def cipher(self) -> str:
        return self._foundation.descriptor.cipher

    @property
    def secret(self) -> bytes:
        return self._foundation.secret

    @property
    def exchangeKey(self) -> X25519PrivateKey:
        return self._key.exchange

    @property
    def identity(self) -> Identity:
        return self._key.identity

    @property
    def certificate(self) -> bytes:
        record = self._register.get(self.identity)
        return record.certificate if record else b""

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        Check a presented certificate.  One that has expired is good enough for a member of the roster, which was away
        and wants a new one.
        """
        member = self.trust.admit(certificate, exchangeKey, expired=True)
        record = None if member is None else self._register.get(member.identity)
        if member is None or (record is not None and record.state == "revoked"):
            return None
        if record is None or record.issued < member.issued:
            self._learn(member.identity, certificate)
        isListed = record is not None and record.state == "member"
        return member if isListed or member.expires > self._wallClock() else None

    def check(self, certificate: bytes) -> Certificate | None:
        """
        Check the certificate in an announcement.  As in L{admit}, one that has expired is good enough for a member of
        the roster, which is here: it waits for a new one, or our clock is ahead.
        """
        content = self.trust.check(certificate, expired=True)
        record = None if content is None else self._register.get(content.identity)
        isListed = record is not None and record.state == "member"
        return content if content is not None and (isListed or content.expires > self._wallClock()) else None

    def _learn(self, identity: bytes, certificate: bytes) -> None:
        content = self.trust.check(certificate, expired=True)
        if content is None or identity in self._learning:
            return
        self._learning.add(identity)
        expired = content.expires <= self._wallClock()
        learning = Deferred.fromCoroutine(self._evidence.learn(content, certificate, expired=expired))
        learning.addErrback(self._notLearned, Identity(identity))
        learning.addBoth(lambda _: self._learning.discard(identity))

    def _notLearned(self, failure: Failure, identity: Identity) -> None:
        failure.trap(MembershipRefused, NoSuchMember, StoreUnavailable)
        self._log.warn(
            "{identity} is a member that the store does not know, and it takes it not yet: {reason}",
            identity=identity,
            reason=failure.getErrorMessage(),
        )

    @property
    def hasUnreadable(self) -> bool:
        """
        Does the store have records of members that cannot be read?
        """
        return self._register.hasUnreadable

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return self._invitations.secretOf(invitation)

    # What nodes ask.

    async def redeem(
        self, join: Join, exchangeKey: bytes, invitation: bytes, endpoint: str
    ) -> Admitted | Pending | Refused | NotNow:
        """
        Answer a node that wants to join, or a member that has an invitation which gives it more.

        @param exchangeKey: the public key that the handshake proved.
        @param invitation: the id of the invitation whose secret the handshake proved.
        @param endpoint: where it came from, for the hooks.
        """
        before = self._register.get(join.identity)
        try:
            record = await self._redemption.redeem(join, self.network, exchangeKey, invitation, endpoint)
        except MembershipRefused as error:
            self._events.publish("member-refused", key=join.identity.hex(), endpoint=endpoint, reason=str(error))
            return Refused(str(error)[:300])
        except (StoreUnavailable, TemporarilyUnavailable) as error:
            if self._delays.take(join.identity.hex()):
                self._events.publish("member-delayed", key=join.identity.hex(), endpoint=endpoint, reason=str(error))
            return _notNow(error)
        if record is None:
            return Pending()
        self._tellRedeemed(before, record, endpoint)
        return self.admitted(record.identity) or Pending()

    def _tellRedeemed(self, before: MemberRecord | None, after: MemberRecord, endpoint: str) -> None:
        known = {"name": after.name, "key": after.identity.hex()}
        if before is None or before.state != after.state:
            kind = "member-joined" if after.state == "member" else "member-pending"
            self._events.publish(kind, **known, endpoint=endpoint)
        elif after.bridge and not before.bridge:
            self._events.publish("member-changed", **known, what="may bridge now")
        elif after.limits != before.limits:
            self._events.publish("member-changed", **known, what="has larger limits now")

    def admitted(self, identity: bytes) -> Admitted | None:
        """
        What a node gets when it is a member; C{None} while it is none, or has rights that are not certified yet, or we
        are not certified ourselves.
        """
        record = self._register.get(identity)
        if record is None or record.state != "member" or not self.certificate or not record.areRightsCertified:
            return None
        return Admitted(record.certificate, self._foundation.signedDescriptor, self.secret, self.certificate)

    async def renew(self, identity: bytes, mac: MAC) -> Renewed | Refused | NotNow:
        """
        Answer a member that wants a new certificate; it gets the one that it has while nothing is to change.

        @param mac: the address of its tap.
        """
        try:
            record = self._register.get(identity)
            if record is None or record.state != "member":
                raise MembershipRefused("this key is no member; ask for an invitation")
            if mac not in record.macs:
                record = await self._register.move(record, mac)
            if self._register.isDue(record):
                record = await self._register.issue(identity)
        except (MembershipRefused, NoSuchMember) as error:
            return Refused(str(error)[:300])
        except (StoreUnavailable, TemporarilyUnavailable) as error:
            return _notNow(error)
        return Renewed(record.certificate)

    # What operators ask.

    @property
    def prefix(self) -> str:
        """
        Where overlay addresses come from.
        """
        return self._foundation.descriptor.prefix

    @property
    def status(self) -> NetworkStatus:
        """
        What the network is, and what waits for a signature.
        """
        descriptor = self._foundation.descriptor
        return NetworkStatus(
            name=descriptor.name,
            key=self.network.text,
            cipher=descriptor.cipher,
            prefix=descriptor.prefix,
            created=descriptor.created,
            signs=self._foundation.key is not None,
            unsigned=sum(map(self._isUnsigned, self._register)),
        )

    @property
    def pending(self) -> list[str]:
        """
        The names of those who wait for an approval.
        """
        return sorted(record.name for record in self._register if record.state == "pending")

    @property
    def members(self) -> list[MemberStatus]:
        """
        Everybody, by name; also those who wait, and those who were revoked.
        """
        return [record.status for record in self._register.records]

    @property
    def invitations(self) -> list[InvitationStatus]:
        """
        The invitations that can be redeemed.
        """
        return self._invitations.open

    async def invite(
        self,
        endpoints: Sequence[str],
        uses: int = 1,
        lifetime: float = 86_400.0,
        name: str = "",
        bridge: bool = False,
        approval: bool = False,
        limits: Limits = USUAL,
    ) -> Token:
        """
        Make an invitation; the C{text} of the token is what is handed over.

        @param endpoints: where nodes reach this server, C{HOST:PORT} each.
        @param lifetime: in seconds.
        @raise AddressInvalid: if an endpoint is none.
        @raise MembershipRefused: if it cannot be made so.
        @raise StoreUnavailable: if it cannot be stored.
        """
        if not 1 <= len(endpoints) <= 8:
            raise MembershipRefused("an invitation must say where this server is reached: 1 to 8 of HOST:PORT")
        for endpoint in endpoints:
            splitHostPort(endpoint)
        made = await self._invitations.make(uses, lifetime, name, bridge, approval, limits)
        return Token(
            network=self.network,
            identity=self.identity,
            server=self._key.exchangePublic,
            endpoints=tuple(endpoints),
            invitation=made.invitation,
            secret=made.secret,
            cipher=self._foundation.descriptor.cipher,
        )

    async def withdraw(self, invitation: str) -> None:
        """
        Withdraw an invitation.

        @param invitation: its whole id in hex.
        @raise NoSuchMember: if there is none.
        """
        for known in self._invitations.open:
            if known.invitation == invitation:
                return await self._invitations.withdraw(bytes.fromhex(invitation))
        raise NoSuchMember(f"there is no open invitation {invitation}")

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Let somebody in who waits for it.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if they do not wait.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._register.find(nameOrKey)
        if record.state != "pending":
            raise MembershipRefused(f"{record.name} does not wait for an approval")
        approved = await self._register.issue(record.identity)
        if approved.state == "member":
            self._events.publish("member-joined", name=approved.name, key=approved.identity.hex(), endpoint="")
        return approved.status

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if the new name cannot be had.
        @raise StoreUnavailable: if that cannot be stored.
        """
        renamed = await self._register.rename(self._register.find(nameOrKey), name)
        if renamed.state == "member":
            renamed = await self._register.issue(renamed.identity)
        return renamed.status

    async def limit(self, nameOrKey: str, macs: int | None = None, broadcasts: int | None = None) -> MemberStatus:
        """
        Say how much a member may bring; C{None} leaves a limit as it is.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if a number is out of range.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._register.find(nameOrKey)
        limits = record.limits.changed(macs, broadcasts)
        return await self._saidAnew(record, lambda before: msgspec.structs.replace(before, limits=limits))

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own, also where they were heard behind another.  It holds until
        the member changes its address.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if it was revoked.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._register.find(nameOrKey)
        return await self._saidAnew(record, lambda before: msgspec.structs.replace(before, confirmed=True))

    async def _saidAnew(self, record: MemberRecord, to: Callable[[MemberRecord], MemberRecord]) -> MemberStatus:
        if record.state == "revoked":
            raise MembershipRefused(f"{record.name} was revoked")
        changed = await self._register.change(record.identity, to)
        if changed.state == "member":
            changed = await self._register.issue(changed.identity)
        return changed.status

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke somebody permanently.  A whole key can be revoked even if nobody here ever heard of it.

        @raise NoSuchMember: if nobody has that whole name.
        @raise MembershipRefused: if it is this server itself.
        @raise StoreUnavailable: if that cannot be stored.
        """
        identity = Identity.parse(nameOrKey) or Identity(self._register.find(nameOrKey).identity)
        if identity == self.identity:
            raise MembershipRefused("this is the server itself; revoke it from another server of the network")
        record = await self._register.revoke(identity)
        self._events.publish("member-revoked", name=record.name, key=identity.text)
        if not record.revocation:
            self._tellRevoked(identity, b"")
        return record.status

    # Signing elsewhere.

    @property
    def requests(self) -> bytes:
        """
        What waits for a signature, as a document for L{wand.membership.offline.signedOffline}.
        """
        return exported(self._foundation, self._register)

    async def importSignatures(self, document: bytes) -> int:
        """
        Take what was signed elsewhere.

        @return: how many certificates and revocations were taken.
        @raise MembershipRefused: if the document cannot be read, or is about another network.
        @raise StoreUnavailable: if that cannot be stored.
        """
        return await imported(document, self._foundation, self._register)

    def _isUnsigned(self, record: MemberRecord) -> bool:
        if record.state == "revoked":
            return not record.revocation
        return self._foundation.key is None and self._register.isDue(record)

    def _isAwaited(self, invitation: bytes) -> bool:
        return any(
            record.invitation == invitation and record.state in ("pending", "unsigned") for record in self._register
        )

    def _issued(self, identity: Identity, certificate: bytes) -> None:
        for observer in self._observers:
            observer.certificateIssued(identity, certificate)

    def _revoked(self, identity: Identity, revocation: bytes) -> None:
        self._tellRevoked(identity, revocation)
        record = self._register.get(identity)
        if record is None or not record.revocation:  # a peer told us
            Deferred.fromCoroutine(self._adopt(identity, revocation))

    async def _adopt(self, identity: Identity, revocation: bytes) -> None:
        try:
            record = await self._register.adopt(revocation)
        except (MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable) as error:
            self._log.error("the revocation of {identity} is not stored: {error}", identity=identity, error=error)
            return
        if record is not None:
            self._events.publish("member-revoked", name=record.name, key=identity.text)

    def _tellRevoked(self, identity: Identity, revocation: bytes) -> None:
        for observer in self._observers:
            observer.memberRevoked(identity, revocation)


def _notNow(error: Exception) -> NotNow:
    """
    What a node is told of a trouble, whose details are for our operator alone.
    """
    if isinstance(error, StoreUnavailable):
        return NotNow("the server cannot store anything now")
    return NotNow("the server must ask somebody who cannot answer now")
