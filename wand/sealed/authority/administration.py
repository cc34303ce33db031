"""
What operators see and change of a network's members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from wand.errors import MembershipRefused
from wand.events import Events
from wand.interfaces.membership import Member
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitations
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.lessening import appointed
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import REVOKED, MemberRecords
from wand.sealed.authority.readdressing import Readdressing
from wand.sealed.authority.reserve import Reserve
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.rotator import Rotator
from wand.sealed.authority.server_membership import ServerMembership
from wand.sealed.authority.servers import Servers
from wand.sealed.authority.signing_requests import exported, imported
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.admission_limits import ADMITS, ADMITS_MAXIMUM
from wand.sealed.credentials.fields import NAME_RULE, isName
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, NetworkStatus, ServerStatus
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM, Token
from wand.status import SecretStatus
from wand.stream_targets import checkPlace


class Administration:
    """
    Answers an operator, and does what an operator says.

    @ivar reserve: which addresses are given to nobody.
    """

    def __init__(
        self,
        own: ServerMembership,
        network: StoredNetwork,
        members: MemberRecords,
        assignments: Assignments,
        invitations: Invitations,
        issuer: Issuer,
        revoker: Revoker,
        servers: Servers,
        events: Events,
        rotator: Rotator | None = None,
    ) -> None:
        """
        @param own: this server as a member.
        @param rotator: C{None} where nobody has the network key.
        """
        self._rotator = rotator
        self._own = own
        self._network = network
        self._members = members
        self._assignments = assignments
        self._invitations = invitations
        self._issuer = issuer
        self._revoker = revoker
        self._servers = servers
        self._events = events
        self._readdressing = Readdressing(members, assignments.addresses, issuer, events)
        self.reserve = Reserve(members, assignments.addresses)
        self._admitting = members.index(lambda record: _mayAdmit(record) or None)

    # What there is.

    @property
    def status(self) -> NetworkStatus:
        """
        What the network is, and what waits for a signature.
        """
        descriptor, issuer = self._network.descriptor, self._issuer
        return NetworkStatus(
            name=descriptor.name,
            key=self._network.identity.text,
            cipher=descriptor.cipher,
            prefix=descriptor.prefix,
            prefix6=descriptor.prefix6,
            created=descriptor.created,
            signs=issuer.hasKey,
            unsigned=len(self._revoker.unsigned) + (0 if issuer.hasKey else len(issuer.due)),
        )

    @property
    def pending(self) -> list[str]:
        """
        The names of those who wait for an approval.
        """
        return [record.name for record in self._members.inState("pending")]

    @property
    def deputies(self) -> list[bytes]:
        """
        The members that may admit others.
        """
        return list(self._admitting.keys(True))

    def isDeputy(self, identity: bytes) -> bool:
        """
        May a member admit others?
        """
        record = self._members.get(identity)
        return record is not None and _mayAdmit(record)

    @property
    def own(self) -> MemberStatus | None:
        """
        This server as a member.
        """
        record = self._members.get(self._own.identity)
        return None if record is None else record.status

    def certificateOf(self, identity: bytes) -> bytes:
        """
        The certificate of a member; empty if it has none.
        """
        record = self._members.get(identity)
        return b"" if record is None else record.certificate

    def members(self, after: str, count: int) -> list[MemberStatus]:
        """
        At most C{count} members in the order of their keys, those beyond C{after}; also those who wait, and those who
        were revoked.

        @param after: a whole key; anything else for the beginning.
        """
        return [record.status for record in self._members.page(Identity.parse(after) or b"", count)]

    @property
    def invitations(self) -> list[InvitationStatus]:
        """
        The invitations that can be redeemed.
        """
        return self._invitations.open

    @property
    def servers(self) -> list[ServerStatus]:
        """
        The servers of the network, this one first.
        """
        return self._servers.status

    # Invitations.

    async def invite(
        self,
        endpoints: Sequence[str],
        uses: int = 1,
        lifetime: float = 86_400.0,
        name: str = "",
        bridge: bool = False,
        approval: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        relay: bool = False,
        admits: int = 0,
    ) -> Token:
        """
        Make an invitation, which all servers of the network redeem; the C{text} of the token is what is handed over.

        @param endpoints: where nodes reach this server, C{HOST:PORT} each, or for streams as L{wand.stream_targets}
            has it.
        @param lifetime: in seconds.
        @raise AddressInvalid: if one is not an endpoint.
        @raise MembershipRefused: if it cannot be made so.
        @raise StoreUnavailable: if it cannot be stored.
        """
        if not 1 <= len(endpoints) <= ENDPOINTS_MAXIMUM:
            raise MembershipRefused(
                f"an invitation must say where this server is reached: 1 to {ENDPOINTS_MAXIMUM} of HOST:PORT"
            )
        for endpoint in endpoints:
            checkPlace(endpoint)
        self._checkAdmits(admits)
        self.checkTerms(bridge=bridge, relay=relay, admits=admits, limits=limits)
        made = await self._invitations.make(uses, lifetime, name, bridge, approval, limits, relay, admits)
        token = Token(
            network=self._network.identity,
            identity=self._own.identity,
            server=self._own.exchangePublic,
            endpoints=tuple(endpoints),
            invitation=made.invitation,
            secret=made.secret,
            cipher=self._network.descriptor.cipher,
            admission=self._isNode,
        )
        return token.withOthers(self._servers.others)

    @property
    def _isNode(self) -> bool:
        """
        Is this a node that admits others, and no server?
        """
        own = self._members.get(self._own.identity)
        return own is not None and not own.server

    def checkTerms(
        self, *, bridge: bool = False, relay: bool = False, admits: int = 0, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        """
        May those who are admitted here get this?

        @raise MembershipRefused: if not.
        """

    async def withdraw(self, invitation: str) -> None:
        """
        Withdraw an invitation.

        @param invitation: its whole id in hex.
        @raise NoSuchMember: if there is no such invitation.
        @raise StoreUnavailable: if that cannot be stored.
        """
        await self._invitations.withdraw(invitation)

    # Members.

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Let somebody in who waits for it.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if they do not wait.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._members.find(nameOrKey)
        _checkNotRevoked(record)
        if record.state != "pending":
            raise MembershipRefused(f"{record.name} does not wait for an approval")
        approved = await self._issuer.issue(record.identity)
        if approved.state == "member":
            self._events.publish("member-joined", name=approved.name, key=approved.identity.hex(), endpoint="")
        return approved.status

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if it is not a name or somebody else's, or the member was revoked.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._members.find(nameOrKey)
        if not isName(name):
            raise MembershipRefused(f"{name!r} is not a name: {NAME_RULE}")
        _checkNotRevoked(record)
        self._issuer.check(msgspec.structs.replace(record, name=name))

        async def take() -> None:
            if not await self._assignments.names.take(name, record.identity):
                raise MembershipRefused(f"another member is called {name}")

        renamed = await self._members.change(
            record.identity, lambda before: msgspec.structs.replace(before, name=name), take
        )
        await self._assignments.names.keep(name, record.identity)
        return (await self._certified(renamed)).status

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        """
        See L{Readdressing.give}.

        @raise NoSuchMember: if nobody has that whole name or key.
        """
        return await self._readdressing.give(self._members.find(nameOrKey), addresses)

    def newsFor(self, member: Member) -> bytes:
        """
        The certificate of a member that has just shown an earlier one, with other addresses or another name; empty if
        it has shown the one that counts.
        """
        record = self._members.get(member.identity)
        if record is None or record.state != "member" or record.issued < member.issued:
            return b""
        isSame = (record.name, record.addresses) == (member.name, member.addresses)
        return b"" if isSame or self._issuer.isDue(record) else record.certificate

    async def limit(self, nameOrKey: str, macs: int | None = None, broadcasts: int | None = None) -> MemberStatus:
        """
        Say how much a member may bring; C{None} leaves a limit as it is.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if a number is out of range, or the member was revoked.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._members.find(nameOrKey)
        return await self._changed(
            record, lambda before: msgspec.structs.replace(before, limits=before.limits.changed(macs, broadcasts))
        )

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own, also where they were heard behind another.  It holds until
        the member changes its address.

        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if it was revoked.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._members.find(nameOrKey)
        return await self._changed(record, lambda before: msgspec.structs.replace(before, confirmed=True))

    async def appoint(self, nameOrKey: str, admits: int = ADMITS) -> MemberStatus:
        """
        Let a member admit others.

        @param admits: how many, in the life of a certificate; 0 for none any more.  If that is less than before, those
            whom it admitted beyond are no members any more, unless the network has signed for them.
        @raise NoSuchMember: if nobody has that whole name or key.
        @raise MembershipRefused: if it is a server, has the network key, or was revoked; or if the number is out of
            range.
        @raise StoreUnavailable: if that cannot be stored.
        """
        record = self._members.find(nameOrKey)
        if record.server or record.admission:
            raise MembershipRefused(f"{record.name} decides about members anyway")
        self._checkAdmits(admits)
        return await self._changed(record, lambda before: appointed(before, admits))

    def _checkAdmits(self, admits: int) -> None:
        if not 0 <= admits <= ADMITS_MAXIMUM:
            raise MembershipRefused(f"a member may admit at most {ADMITS_MAXIMUM} others")

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke somebody permanently.  A whole key can be revoked even if nobody here ever heard of it.

        @raise NoSuchMember: if nobody has that whole name.
        @raise MembershipRefused: if it is this server itself.
        @raise StoreUnavailable: if that cannot be stored.
        """
        identity = Identity.parse(nameOrKey) or Identity(self._members.find(nameOrKey).identity)
        if identity == self._own.identity:
            raise MembershipRefused("this is the program that you ask; nobody can revoke itself")
        return (await self._revoker.revoke(identity)).status

    # The network's secret.

    def secret(self, holders: int) -> SecretStatus:
        """
        The secret that the members share.

        @param holders: how many of them said that they have the newest.
        """
        secrets, others = self._network.secrets, self._members.count("member") - 1 - len(self._servers.identities)
        return secrets.status(holders, max(0, others))

    @property
    def isSecretEndWrong(self) -> bool:
        """
        See L{wand.sealed.credentials.network_secrets.NetworkSecrets.isEndWrong}.
        """
        return self._network.secrets.isEndWrong

    async def rotate(self, overlap: float) -> None:
        """
        Give the network another secret, see L{Rotator.rotate}.

        @raise MembershipRefused: if the network key is not here, or C{overlap} is too long.
        @raise StoreUnavailable: if that cannot be stored.
        """
        assert self._rotator is not None
        await self._rotator.rotate(overlap)

    async def _changed(self, record: MemberRecord, to: Callable[[MemberRecord], MemberRecord]) -> MemberStatus:
        _checkNotRevoked(record)
        self._issuer.check(to(record))
        return (await self._certified(await self._members.change(record.identity, to))).status

    async def _certified(self, record: MemberRecord) -> MemberRecord:
        return await self._issuer.issue(record.identity) if record.state == "member" else record

    # Signing elsewhere.

    @property
    def signingRequests(self) -> bytes:
        """
        What waits for a signature, as a document for L{wand.sealed.authority.offline_signing.signedOffline}.
        """
        return exported(self._network, self._members, self._issuer, self._revoker)

    async def importSignatures(self, document: bytes) -> int:
        """
        Take what was signed elsewhere.

        @return: how many certificates and revocations were taken.
        @raise MembershipRefused: if the document cannot be read, or is about another network.
        @raise StoreUnavailable: if that cannot be stored.
        """
        return await imported(document, self._network.identity, self._issuer, self._revoker)


def _mayAdmit(record: MemberRecord) -> bool:
    return record.admits > 0 and record.state == "member"


def _checkNotRevoked(record: MemberRecord) -> None:
    if record.state == "revoked":
        raise MembershipRefused(REVOKED.format(record.name))
