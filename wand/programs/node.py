"""
A node: etud, wand and what the control socket sees of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wand.config import EtudConfiguration, NodeConfiguration
from wand.control.program import NetworkAdministration, ReachInspection, RunningCapture
from wand.discovery.catalogue import discover
from wand.errors import ConfigurationInvalid, MembershipRefused, NotSupported
from wand.ethernet import MAC
from wand.etud.waking import magicFrame
from wand.interfaces import IPeerProtocol, ISessionProtocol, NodeContext, Settings
from wand.programs.directories import DirectoriesService, wantedDirectories
from wand.programs.etud import EtudService
from wand.programs.live_settings import LIVE
from wand.programs.monitor import NODE, REL2, SEALED, Monitor
from wand.programs.node_identity import wishedName
from wand.programs.node_monitor import NodeMonitor
from wand.programs.own_name import renamedSoon
from wand.programs.peer_order import PeerOrder
from wand.programs.program import ProgramService, Surroundings
from wand.programs.reload_changes import waitingForRestart
from wand.programs.store_settings import SQLITE
from wand.sealed.credentials.identity import NETWORK, NETWORK_KEY, Identity
from wand.sealed.credentials.token_text import ANSWER_PREFIX
from wand.sealed.node.enrolment_files import FOUNDED
from wand.sealed.node.node_membership import NodeMembership
from wand.status import EntryStatus, PeerStatus, ProgramStatus, SeenStatus
from wand.table import OPERATOR, Entry, Peer, Rank, Source

if TYPE_CHECKING:
    from wand.capture.recording import Wanted
    from wand.programs.deputy_admission import DeputyAdmission
    from wand.programs.node_admission import NodeAdmission

#: The keys that a reload takes over.
RELOADED_KEYS: Final = ("servers", "entries", "directories", "name", "logLevels", *LIVE)

#: The directory of networks without a server.
GOSSIP: Final = "gossip"


_REL2_ONLY: Final = (
    'the servers of a sealed network come with the invitation; to ask REL2 servers set protocol = "rel2"'
)


class NodeService(ProgramService[EtudConfiguration]):
    """
    One port of the Ethernet; also the C{etud} that a separate C{wand} feeds.  It provides
    L{wand.control.program.Program}.

    @ivar etud: the data plane.
    @ivar wand: the directories.
    @ivar certified: called with our membership and the tap's interface when our certificate may be another one.
    """

    foreign = (NETWORK_KEY, NETWORK, SQLITE)
    both = FOUNDED

    def __init__(self, surroundings: Surroundings[EtudConfiguration]) -> None:
        super().__init__(surroundings)
        self.etud = EtudService(self.configuration, surroundings.context, surroundings.owner, surroundings.lost)
        self.wand = DirectoriesService(
            self._wanted(self.configuration),
            self._context,
            self.configuration.disabledPlugins,
            perhaps=(GOSSIP,) if self.etud.hasMembers else (),
        )
        self.etud.directories = self.wand
        self.wand.adapted = self._adapted
        self.certified: Callable[[NodeMembership, str], object] = lambda member, interface: None
        self._admission: NodeAdmission | DeputyAdmission | None = None
        self._order = PeerOrder(
            lambda: {*self.etud.table.peers, *self._servers}, self.etud.nameOf, surroundings.context.clock
        )
        state = NodeMonitor(surroundings.context, lambda: self.etud.member, self.wand.status)
        rules = (*SEALED, *NODE) if self.etud.hasMembers else (*REL2, *NODE)
        looks = [*state.looks, self.etud.lookAtRelay, self.etud.lookAtGroups, self._lookAtAdmission]
        for service in (self.etud, self.wand, Monitor(surroundings.context, rules, looks)):
            service.setServiceParent(self)

    @cached_property
    def keepsState(self) -> bool:
        """
        See L{ProgramService}: of a node in no sealed network only an address is kept, which harms nobody.  It is asked
        for once, while the program has all its privileges: later, plugins may be out of its sight.
        """
        kinds = discover(IPeerProtocol, self.configuration.disabledPlugins)
        return ISessionProtocol.providedBy(kinds.choose(self.configuration.protocol))

    def startService(self) -> None:
        """
        Start everything, and what admits others if this node founded its network.
        """
        super().startService()
        member = self.etud.member
        if member is None:
            return
        if member.enrolment.state.has(FOUNDED):
            self._admit(member)
        member.certified = self._certified
        self._certified()

    def _certified(self) -> None:
        """
        Our certificate may be another one: admit others, if it lets us.
        """
        member = self.etud.member
        if member is not None and member.enrolment.isGranted and self._admission is None:
            from wand.programs.deputy_admission import DeputyAdmission  # as above

            self._admission = DeputyAdmission(self._surroundings.context, self.hooks, member, self._reserve)
            self._admission.setServiceParent(self)
        if member is not None:
            self.etud.certified()
            self.certified(member, self.etud.tap.interface)

    def _admit(self, member: NodeMembership) -> NodeAdmission:
        from wand.programs.node_admission import NodeAdmission  # 1.2 MB that most nodes do not need

        admission = self._admission
        if not isinstance(admission, NodeAdmission):
            self._admission = admission = NodeAdmission(self._surroundings.context, self.hooks, member, self._reserve)
            admission.setServiceParent(self)
        return admission

    @property
    def _reserve(self) -> tuple[str, ...]:
        configuration = self.configuration
        return tuple(configuration.reserve) if isinstance(configuration, NodeConfiguration) else ()

    def _lookAtAdmission(self) -> None:
        if self._admission is not None:
            self._admission.look()

    def _adapted(self, wanted: dict[str, Settings]) -> dict[str, Settings]:
        """
        Where there is no server, members tell each other who is where.
        """
        isAlone = self.etud.member is not None and self.etud.member.isServerless
        return {GOSSIP: {}, **wanted} if isAlone else wanted

    def _context(self) -> NodeContext:
        return self.etud.context

    def _wanted(self, configuration: EtudConfiguration) -> dict[str, Settings]:
        if not isinstance(configuration, NodeConfiguration):
            return wantedDirectories("", (), configuration.entries, {})
        if self.etud.hasMembers and configuration.servers:
            raise ConfigurationInvalid(self._surroundings.origin, "servers", _REL2_ONLY)
        return wantedDirectories(
            self.etud.protocol.directory,
            configuration.servers,
            configuration.entries,
            configuration.directories,
            hasMembers=self.etud.hasMembers,
        )

    # What the control socket looks at.

    def status(self) -> ProgramStatus:
        """
        See L{wand.control.program.Program}.
        """
        self._lookAtAdmission()
        self.etud.lookAtRelay()
        table = self.etud.table
        role = "node" if isinstance(self.configuration, NodeConfiguration) else "etud"
        protocol, listening = self.etud.protocol.name, self.etud.transport.listening
        status = self.baseStatus(role, protocol, listening, len(table), len(table.peers))
        return msgspec.structs.replace(
            status,
            tap=self.etud.tapStatus(),
            directories=self.wand.status(),
            own=self.etud.member.status() if self.etud.member else None,
            relay=self.etud.relays.status() if self.etud.relays else None,
        )

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        See L{wand.control.program.Program}.
        """
        return [self._entryStatus(entry) for entry in self.etud.table.page(after, count)]

    def _entryStatus(self, entry: Entry) -> EntryStatus:
        epoch, expires = self._surroundings.context.epoch, self.etud.table.expires(entry)
        return EntryStatus(
            mac=str(entry.mac),
            peer=self.etud.transport.peerStatus(entry.peer).peer,
            source=entry.source.name,
            since=epoch(entry.since),
            expires=None if expires is None else epoch(expires),
        )

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        See L{wand.control.program.Program}.
        """
        table, transport = self.etud.table, self.etud.transport
        servers = self._servers
        return [
            self._withWay(
                peer,
                msgspec.structs.replace(
                    transport.peerStatus(peer),
                    peer=text,
                    macs=[str(mac) for mac in sorted(table.macsOf(peer))],
                    server=peer in servers,
                ),
            )
            for text, peer in self._order.page(after, count)
        ]

    def seen(self, after: str | None, count: int) -> list[SeenStatus]:
        """
        See L{wand.control.program.Program}.
        """
        member = self.etud.member
        return super().seen(after, count) if member is None else member.seen.page(after, count)

    @property
    def _servers(self) -> list[Identity]:
        return [] if self.etud.member is None else self.etud.member.reach.inspection.servers()

    def _withWay(self, peer: Peer, status: PeerStatus) -> PeerStatus:
        return status if self.etud.member is None else self.etud.member.reach.inspection.withWay(peer, status)

    @property
    def reach(self) -> ReachInspection:
        """
        See L{wand.control.program.Program}.
        """
        return super().reach if self.etud.member is None else self.etud.member.reach.inspection

    def capture(self, wanted: Wanted, take: Callable[[bytes], object]) -> RunningCapture:
        """
        See L{wand.control.program.Program}.
        """
        return self.etud.captures.begin(wanted, take)

    def wake(self, mac: MAC) -> None:
        """
        See L{wand.control.program.Program}.
        """
        if not self.etud.table.peers:
            raise NotSupported("there is nobody behind whom a host could sleep: this node knows no peers yet")
        self.etud.context.readAgain(magicFrame(self.etud.tap.mac, mac))

    # What the control socket changes.

    async def join(self, token: str, addresses: Sequence[str] = ()) -> None:
        """
        See L{wand.control.program.Program}.
        """
        if self.etud.member is None:
            raise NotSupported(f"there is nothing to join: this node speaks {self.etud.protocol.name}")
        if self._admission is not None and self.etud.member.enrolment.stage == "new":
            raise MembershipRefused("this node is just founding a network")
        if token.strip().startswith(ANSWER_PREFIX):
            if addresses:
                raise MembershipRefused(
                    "whoever admits a node by hand chooses its addresses: wand address NAME ADDRESS changes them there"
                )
            self.etud.member.takeAnswer(token)
        else:
            self.etud.member.redeem(token, addresses)

    def request(self) -> str:
        """
        See L{wand.control.program.Program}.
        """
        if self.etud.member is None:
            raise NotSupported(f"there is nothing to join: this node speaks {self.etud.protocol.name}")
        return self.etud.member.request()

    async def found(self, name: str, prefix: str, prefix6: str = "") -> str:
        """
        See L{wand.control.program.Program}.
        """
        if self.etud.member is None:
            raise NotSupported(f"there is no network to found: this node speaks {self.etud.protocol.name}")
        try:
            return await self._admit(self.etud.member).found(name, prefix, prefix6)
        except BaseException:
            if not self.etud.member.enrolment.state.has(FOUNDED):
                await self._admitNobody()
            raise

    async def _admitNobody(self) -> None:
        admission, self._admission = self._admission, None
        if admission is not None:
            await admission.disownServiceParent()

    @property
    def network(self) -> NetworkAdministration:
        """
        See L{wand.control.program.Program}.
        """
        if self._admission is None:
            return super().network
        from wand.programs.server_administration import OpeningService, ServerAdministration

        admission: OpeningService[Any] = self._admission
        return ServerAdministration(admission)

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        self.etud.table.put(mac, self.etud.transport.peerFrom(peer), _source(source), lifetime)

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        See L{wand.control.program.Program}.
        """
        if source is None:
            self.etud.table.removeEverywhere(mac)
        else:
            self.etud.table.remove(mac, _source(source))

    def reload(self) -> list[str]:
        """
        See L{wand.control.program.Program}.
        """
        before, after = self.configuration, self._surroundings.load()
        changed = self.wand.change(self._wanted(after))
        self.configuration = after
        return [
            *(f"directory {name}: taken over" for name in changed),
            *self.etud.take(before, after),
            *self.levels.take(after.logLevels),
            *self._takeName(before, after),
            *waitingForRestart(self._begun, after, RELOADED_KEYS),
        ]

    def _takeName(self, before: EtudConfiguration, after: EtudConfiguration) -> Iterator[str]:
        """
        What the node would like to be called.  A member is called what the network says, which this node can change
        only if it decides about members itself.
        """
        wish = wishedName(after)
        member = self.etud.member
        if wish == wishedName(before) or member is None:
            return
        member.wishFor(wish)
        own = member.enrolment.own
        if own is None or own.name == wish:
            yield f"name: {wish}"
        elif own.admission and not own.grant and self._admission is not None:
            yield renamedSoon(self._admission.opened(), own.name, wish, self.notes)
        else:
            yield f"name: this node stays {own.name} until somebody runs wand rename {own.name} {wish} at the server"


def _source(name: str | None) -> Source:
    if name is None or name == OPERATOR.name:
        return OPERATOR
    if not name.isprintable() or not 0 < len(name) <= 64:
        raise NotSupported("the name of a source has 1 to 64 printable characters")
    return Source(name, Rank.DIRECTORY)
