"""
The authority of a network, on a directory server: it decides who is a member.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.address_ranges import AddressRanges
from wand.errors import StoreUnavailable
from wand.events import Events
from wand.hooks.approval import Approval
from wand.interfaces import IHookListener, IRecords
from wand.sealed.authority.administration import Administration
from wand.sealed.authority.adoptions import Adoptions
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitations
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.kept_records import KeptRecords
from wand.sealed.authority.lessened import Lessened
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.member_recovery import MemberRecovery
from wand.sealed.authority.node_requests import NodeRequests
from wand.sealed.authority.other_servers import OtherServers
from wand.sealed.authority.redemption import Redemption
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.rotator import Rotator
from wand.sealed.authority.server_membership import ServerMembership
from wand.sealed.authority.servers import Servers
from wand.sealed.authority.signing import NetworkSigning
from wand.sealed.authority.stored_network import (
    NETWORK_FILES,
    NetworkRecord,
    NetworkSettings,
    StoredNetwork,
    copyNetwork,
    keepNetwork,
    openNetwork,
)
from wand.sealed.credentials.identity import Entropy, Identity, NodeKey
from wand.sealed.credentials.trust import Trust
from wand.state import StateDirectory


class Authority(MemberAuthority):
    """
    Puts together what decides about the members of a network.

    @ivar servers: the servers of the network.
    @ivar lost: the members that the store has lost.
    @ivar network: the network, as it is kept here.
    @ivar prefixes: where overlay addresses come from.
    @ivar rotator: gives the network another secret.
    """

    _log = Logger()

    def __init__(
        self,
        network: StoredNetwork,
        key: NodeKey,
        records: IRecords,
        clock: IReactorTime,
        events: Events,
        settings: NetworkSettings,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        keepCopy: Callable[[NetworkRecord], object] = lambda record: None,
        *,
        wallClock: Callable[[], float],
    ) -> None:
        """
        Use L{open}.
        """
        self.created, self.recovered = network.created, network.recovered
        self.prefixes = network.descriptor.prefixes
        trust = Trust(network.identity, wallClock)
        super().__init__(MemberRecords(records, trust), trust)
        members = self._members
        self._serverName, self._mac = settings.server, settings.mac
        self._quarantine = settings.quarantine
        self._wallClock = wallClock
        self.network, self._records = network, records
        self.rotator = Rotator(network, records, clock, wallClock, keepCopy, entropy)
        self._assignments = assigned = Assignments(
            records, network.prefixes, self._restsUntil, wallClock, AddressRanges(settings.reserve)
        )
        assigned.guard(members)
        self._issuer = issuer = Issuer(
            members, NetworkSigning(network.identity, network.key), trust, self, wallClock, settings.life, events
        )
        self._invitations = invitations = Invitations(records, wallClock, entropy, members.isAwaited)
        revoker = Revoker(members, assigned, network, trust, self, wallClock, events)
        self._kept = kept = KeptRecords(key.identity, members, assigned, revoker, trust, clock, events)
        recovery = MemberRecovery(members, assigned, issuer, events, Adoptions(members, wallClock, settings.life))
        self._lessened = lessened = Lessened(members, issuer, trust, self)
        self.own = own = ServerMembership(key, network, members, invitations, recovery, trust, wallClock)
        self.servers = servers = Servers(key.identity, members, records, wallClock)
        addresses, restore = assigned.addresses, self._restore
        self._others = OtherServers(
            members, addresses, issuer, revoker, kept, lessened, trust, self, self, clock, key.identity, restore
        )
        self.lost = self._others.lost
        recovery.brought = self._brought
        approval = Approval(hooks, clock)
        redemption = Redemption(members, assigned, invitations, issuer, trust, approval, wallClock)
        self.requests = NodeRequests(own, network, members, assigned, issuer, redemption, clock, events)
        self.administration = Administration(
            own, network, members, assigned, invitations, issuer, revoker, servers, events, self.rotator
        )

    @classmethod
    async def open(
        cls,
        records: IRecords,
        state: StateDirectory,
        clock: IReactorTime,
        events: Events,
        settings: NetworkSettings,
        hooks: Sequence[IHookListener] = (),
        entropy: Entropy = os.urandom,
        *,
        wallClock: Callable[[], float],
    ) -> Authority:
        """
        Read the members of a network from a store; create the network if the store is empty.

        @param wallClock: gives the seconds since the epoch.
        @raise ConfigurationInvalid: if the settings cannot be fulfilled.
        @raise StoreUnavailable: if the store cannot be used.
        @raise StateUnavailable: if a key cannot be used.
        """
        settings.check()
        key = NodeKey.kept(state, entropy, beside=NETWORK_FILES)
        network = await openNetwork(records, state, settings, wallClock, entropy)
        keepCopy = partial(copyNetwork, state)
        authority = cls(network, key, records, clock, events, settings, hooks, entropy, keepCopy, wallClock=wallClock)
        try:
            await authority._begin()
        except BaseException:
            authority.stop()
            raise
        return authority

    async def _begin(self) -> None:
        self.follow()
        await self.reload()
        try:
            await self.certifyItself()
        except StoreUnavailable as error:
            if not self.own.certificate:
                raise
            self._log.error("the store takes nothing; members are served all the same: {error}", error=error)

    def follow(self) -> None:
        """
        See from now on what other servers decide.
        """
        self._others.follow()
        for each in (self._assignments, self._invitations, self.servers, self.rotator):
            each.follow()

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        super().stop()
        self._others.stop()
        self.rotator.stop()

    async def reload(self) -> None:
        """
        See what other servers wrote into the store.

        @raise StoreUnavailable: if that fails.
        """
        await self._members.load()
        await self._assignments.load()
        await self._invitations.load()
        await self.servers.load()
        await self.rotator.load()

    async def certifyItself(self) -> None:
        """
        Make a certificate for this server, if it needs one.  To be called every few minutes.

        @raise StoreUnavailable: if that cannot be stored.
        """
        identity = self.own.identity
        record = self._members.get(identity)
        if record is None:
            record = await self._members.add(await self._itself(identity))
        if self._issuer.isDue(record):
            await self._issuer.issue(identity)

    async def _itself(self, identity: Identity) -> MemberRecord:
        """
        What is kept of this server, or of the node that makes its own network.
        """
        assigned, mac = self._assignments, self._mac
        name = await assigned.names.takeLike(self._serverName, identity)
        since = int(self._wallClock())
        new = MemberRecord(identity, self.own.exchangePublic, name, "unsigned", since, server=mac is None)
        if mac is None:
            return new
        await assigned.macs.take(mac, identity)
        addresses = await assigned.addresses.takeEach(identity)
        return msgspec.structs.replace(new, addresses=addresses, macs=(bytes(mac),), admission=True)

    async def _restore(self) -> None:
        """
        The store lost what it had while we run: the network goes on, and members are learned as they come.
        """
        self._log.error("the store has lost the record of this server; it is made anew, and members as they come")
        await keepNetwork(self._records, self.network)
        await self.certifyItself()

    def _brought(self, member: MemberRecord) -> None:
        """
        A member came whom the store did not know.
        """
        self.lost.cameBack(member)
        self._lessened.look(member)

    def _restsUntil(self, identity: bytes) -> float | None:
        record = self._members.get(identity)
        return record.revoked + self._quarantine if record is not None and record.state == "revoked" else None
