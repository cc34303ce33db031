"""
A node: etud, wand and what the control socket sees of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from wand.config import EtudConfiguration, NodeConfiguration
from wand.control.network_administration import NetworkAdministration
from wand.control.program import RunningCapture
from wand.control.reach_inspection import ReachInspection
from wand.discovery.catalogue import discover
from wand.errors import ConfigurationInvalid, MembershipRefused, NotSupported
from wand.ethernet import MAC
from wand.etud.waking import magicFrame
from wand.interfaces import IPeerProtocol, ISessionProtocol, NodeContext, Settings
from wand.programs.directories import DirectoriesService, wantedDirectories
from wand.programs.etud import EtudService
from wand.programs.live_settings import LIVE
from wand.programs.monitor import NODE, REL2, SEALED, Monitor
from wand.programs.node_identity import takeName
from wand.programs.node_monitor import NodeMonitor
from wand.programs.own_admission import OwnAdmission
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

#: The keys that a reload takes over.
RELOADED_KEYS: Final = ("servers", "entries", "directories", "name", "reserve", "logLevels", *LIVE)

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
    @ivar admission: how it comes to admit others.
    @ivar certified: called with our membership and the tap's interface when our certificate may be another one.
    """

    foreign = (NETWORK_KEY, NETWORK, SQLITE)
    both = FOUNDED

    def __init__(self, surroundings: Surroundings[EtudConfiguration]) -> None:
        super().__init__(surroundings)
        self.etud = EtudService(
            self.configuration, surroundings.context, surroundings.owner, surroundings.lost, self._protocol
        )
        self.wand = DirectoriesService(
            self._wanted(self.configuration),
            self._context,
            self.configuration.disabledPlugins,
            perhaps=(GOSSIP,) if self.etud.hasMembers else (),
        )
        self.etud.directories = self.wand
        self.wand.adapted = self._adapted
        self.certified: Callable[[NodeMembership, str], object] = lambda member, interface: None
        self.admission = OwnAdmission(self, surroundings.context, self.hooks, lambda: self._reserve)
        self._order = PeerOrder(
            lambda: {*self.etud.table.peers, *self._servers}, self.etud.nameOf, surroundings.context.clock
        )
        state = NodeMonitor(surroundings.context, lambda: self.etud.member, self.wand.status)
        rules = (*SEALED, *NODE) if self.etud.hasMembers else (*REL2, *NODE)
        looks = [*state.looks, self.memory.look, self.etud.lookAtRelay, self.etud.lookAtGroups, self.admission.look]
        for service in (self.etud, self.wand, Monitor(surroundings.context, rules, looks)):
            service.setServiceParent(self)

    @property
    def keepsState(self) -> bool:
        """
        See L{ProgramService}: of a node in no sealed network only an address is kept, which harms nobody.
        """
        return ISessionProtocol.providedBy(self._protocol)

    @cached_property
    def _protocol(self) -> IPeerProtocol:
        """
        The peer protocol, chosen once, while the program has all its privileges: later, plugins may be out of its
        sight.
        """
        return discover(IPeerProtocol, self.configuration.disabledPlugins).choose(self.configuration.protocol)

    def startService(self) -> None:
        """
        Start everything, and what admits others if this node founded its network.
        """
        super().startService()
        member = self.etud.member
        if member is None:
            return
        self.admission.resume(member)
        member.certified = self._certified
        self._certified()

    def _certified(self) -> None:
        """
        Our certificate may be another one.
        """
        member = self.etud.member
        if member is not None:
            self.admission.certified(member)
            self.etud.certified()
            self.certified(member, self.etud.tap.interface)

    @property
    def _reserve(self) -> tuple[str, ...]:
        return _reserveOf(self.configuration)

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
        self.admission.look()
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
        if self.admission.service is not None and self.etud.member.enrolment.stage == "new":
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
        return await self.admission.found(self.etud.member, name, prefix, prefix6)

    @property
    def network(self) -> NetworkAdministration:
        """
        See L{wand.control.program.Program}.
        """
        member, administration = self.etud.member, self.admission.administration
        if administration is None and member is not None and member.enrolment.stage == "member":
            raise NotSupported(
                "this node is a member, and decides nothing about the members, their invitations and the secret of the "
                f"network: do it on {member.seen.deciders()}"
            )
        return administration or super().network

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
            *takeName(before, after, self.etud.member, self.admission, self.notes),
            *self.admission.takeReserve(_reserveOf(before), _reserveOf(after)),
            *waitingForRestart(self._begun, after, RELOADED_KEYS),
        ]


def _reserveOf(configuration: EtudConfiguration) -> tuple[str, ...]:
    return tuple(configuration.reserve) if isinstance(configuration, NodeConfiguration) else ()


def _source(name: str | None) -> Source:
    if name is None or name == OPERATOR.name:
        return OPERATOR
    if not name.isprintable() or not 0 < len(name) <= 64:
        raise NotSupported("the name of a source has 1 to 64 printable characters")
    return Source(name, Rank.DIRECTORY)
