"""
The directory server of a sealed network: its roster, its sessions and its directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.discovery.catalogue import discover
from wand.endpoint import Endpoint, splitHostPort
from wand.errors import ConfigurationInvalid, PortUnavailable, StateUnavailable, StoreDamaged, StoreHindered
from wand.ethernet import MAC
from wand.host.local_addresses import localEndpoints, tunnels
from wand.interfaces import Context, IPeerProtocol, IRecords, IStore, TransportRequest
from wand.membership.foundation import RESTORE, TRACES, NetworkWish
from wand.membership.identity import Identity, NodeKey
from wand.membership.member import Member
from wand.membership.messages import Join, Message, Pending, Renew, Renewed, Revocations, pack, parse
from wand.membership.roster import Roster
from wand.overlay import overlayOf
from wand.protocols.sealed.peers import JoinKey
from wand.protocols.sealed.transport import SealedTransport
from wand.sealed.directory.server import SealedDirectory
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.control_numbers import CERTIFICATE_NUMBERS
from wand.services.answers import Answers
from wand.services.clocks import Clocks
from wand.services.copies import CopiesOfMembers
from wand.services.goodbyes import Goodbyes
from wand.services.gossip import Gossip
from wand.services.hindrance import Hindrance
from wand.services.hooks import HookService
from wand.services.host_watch import HostWatch
from wand.services.overlap import OverlapWatch, obstacle
from wand.services.records import WRITING, SteadyRecords, openRecords
from wand.services.stores import SQLITE, storeSettings
from wand.services.whole import inTime
from wand.state import Owner, StateDirectory
from wand.stores.lost import checkThere, setAside
from wand.stores.watched import WatchedRecords
from wand.timing.budget import Budget
from wand.timing.repeating import Repeating
from wand.underlay.unresolved import Unresolved
from wand.underlay.whereabouts import Whereabouts, allResolverOf

COUNTERS: Final = {
    "drop-control-joining": "messages of nodes that redeem an invitation dropped: too many from that node",
}

#: How many messages of a node that redeems an invitation are read in a second for as long as it likes, and at once:
#: each may cost a signature, and the store.
JOIN_RATE: Final = 1.0
JOIN_BURST: Final = 10.0

#: Seconds between two looks at what became due: the server's own certificate, above all.
INTERVAL: Final = 300.0

#: Seconds between two handshakes after a start, with members that were online before: no storm, however many there are.
CALL: Final = 0.01

#: The file in the state directory with the first invitation of a new network.
FIRST_INVITATION: Final = "first-invitation"

#: How many who wait for an approval or a signature are told at once; beyond, they have to ask again.
WAITING: Final = 1_000

#: How many nodes join with it: two, which is what it takes to see a network work.
FIRST_USES: Final = 2

#: What an overlap means for a server.
CONSEQUENCE: Final = "nodes that have such addresses there do not reach this server"


class SealedServerService(Service):
    """
    Runs the server; it observes its roster.

    @ivar roster: the members.
    @ivar directory: who is where.
    @ivar transport: the sessions.
    """

    _log = Logger()

    roster: Roster
    directory: SealedDirectory
    transport: SealedTransport

    def __init__(
        self,
        configuration: ServerConfiguration,
        context: Context,
        owner: Owner,
        hooks: HookService,
        lost: Callable[[str], object],
        announce: Callable[[str], object],
    ) -> None:
        """
        @param lost: called with the reason when the server cannot do its work any more.
        @param announce: called with a first invitation and what to do with it, for the operator's eyes.
        """
        self._configuration = configuration
        self._context = context
        self._owner = owner
        self._hooks = hooks
        self._lost = lost
        self._announce = announce
        self._store: IStore = discover(IStore).choose(configuration.store)
        self._protocol: IPeerProtocol = discover(IPeerProtocol).choose(configuration.protocol)
        self._records: SteadyRecords | None = None
        self._hindrance = Hindrance(context)
        self._gossip: Gossip | None = None
        self._clocks = Clocks(context, self._tend, isServer=True)
        self._goodbyes: Goodbyes | None = None
        self._watch: HostWatch | None = None
        self._waiting: dict[bytes, tuple[JoinKey, Join]] = {}
        self._joins = Budget(context.clock, JOIN_RATE, JOIN_BURST)
        context.counters.declare(COUNTERS)
        self._tending = Repeating("the server's own certificate", self._tend, context.clock, context.failures)
        self._called: Iterator[Identity] = iter(())
        self._calling = Repeating("calls to members", self._callNext, context.clock, context.failures)
        self._open = False
        unresolved = Unresolved(context.notes, "the setting public, which nodes get with their invitations")
        resolve, public = allResolverOf(context.clock), configuration.public
        self._overlap = OverlapWatch(context, CONSEQUENCE, isHint=configuration.allowOverlap)
        self._names = Whereabouts(public, resolve, lambda endpoints: None, context.clock, unresolved)
        self._waitingToOpen: list[Deferred[None]] = []

    @property
    def isOpen(self) -> bool:
        """
        Is the store read, so that there are members and a directory?
        """
        return self._open

    def opened(self) -> Deferred[None]:
        """
        Wait until L{isOpen}.
        """
        if self._open:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waitingToOpen.append(waiting)
        return waiting

    @property
    def listening(self) -> str:
        """
        Where the server is bound.
        """
        return self.transport.listening if self._open else ""

    def privilegedStartService(self) -> None:
        """
        Make the state directory, for the user that the program becomes.
        """
        StateDirectory(self._configuration.state, self._owner)

    def startService(self) -> None:
        """
        Open the store, create the network if there is none, and answer.

        @raise wand.errors.WandError: if that fails and can be known at once.
        """
        super().startService()
        wish = self._wish()
        wish.check()
        starting = Deferred.fromCoroutine(self._start(wish))
        if isinstance(starting.result if starting.called else None, Failure):
            failures: list[Failure] = []
            starting.addErrback(failures.append)
            failures[0].raiseException()
        starting.addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if self.running:  # else what was under way ended with the store
            self._lost(failure.getErrorMessage())

    def _wish(self) -> NetworkWish:
        configuration = self._configuration
        return NetworkWish(
            name=configuration.network,
            cipher=configuration.cipher,  # type: ignore[arg-type]  # the wish itself checks it
            prefix=configuration.prefix,
            life=configuration.certificateHours * 3600,
            server=configuration.name,
            obstacle="" if configuration.allowOverlap else _obstacle(configuration.prefix),
            quarantine=configuration.addressQuarantineDays * 86_400,
            recover=configuration.recover or configuration.store == "memory",
        )

    async def _start(self, wish: NetworkWish) -> None:
        configuration = self._configuration
        state = StateDirectory(configuration.state)
        NodeKey.kept(state, beside=(*TRACES, SQLITE))  # before the store makes its file
        try:
            records, roster = await self._enrolAtLast(state, wish)
        except StoreDamaged:
            if not configuration.recover or not self.running:
                raise
            await self._setAside()
            records, roster = await self._enrolAtLast(state, wish)
        if not self.running:
            return
        self.roster = roster
        self._openTransport()
        await self._serve(records)
        if not self.running:
            return
        self._sayStanding(state)
        if roster.created:
            await self._inviteFirst(state)

    def _openTransport(self) -> None:
        configuration, context = self._configuration, self._context
        request = TransportRequest(configuration.listen, configuration.port, MAC(bytes(6)), 0, membership=self.roster)
        transport = self._protocol.open(request, context)
        if not isinstance(transport, SealedTransport):
            raise ConfigurationInvalid("", "protocol", f"{configuration.protocol} has no sessions")
        self.transport = transport
        for number, note in enumerate(transport.notes):
            context.notes.say(f"transport-{number}", note, isHint=True)

    async def _enrolAtLast(self, state: StateDirectory, wish: NetworkWish) -> tuple[IRecords, Roster]:
        """
        Open the store, and read the roster from it, once nothing is in the way of that.
        """
        while True:
            try:
                enrolled = await self._enrol(state, wish)
            except StoreHindered as error:
                await self._closeRecords()
                if not self.running:
                    raise
                await self._hindrance.passed(error)
            else:
                self._hindrance.over()
                return enrolled

    async def _enrol(self, state: StateDirectory, wish: NetworkWish) -> tuple[IRecords, Roster]:
        """
        Open the store, and read the roster from it.
        """
        configuration, context = self._configuration, self._context
        settings = storeSettings(configuration)
        if configuration.store == "sqlite" and state.has(*TRACES) and not configuration.recover:
            checkThere(Path(str(settings["path"])), RESTORE)
        self._records = openRecords(configuration.store, self._store, settings, context)
        records = WatchedRecords(self._records, context)
        clock, wallClock = context.clock, context.wallClock
        roster = await Roster.open(
            records, state, clock, context.events, wish, self._hooks.listeners, wallClock=wallClock
        )
        return records, roster

    async def _closeRecords(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            await records.close()

    async def _setAside(self) -> None:
        await self._closeRecords()
        settings = storeSettings(self._configuration)
        aside = setAside(Path(str(settings["path"]))) if "path" in settings else None
        self._log.warn("the damaged store is kept as {aside}; the network is recovered without it", aside=str(aside))

    def _sayStanding(self, state: StateDirectory) -> None:
        """
        Say what was found that somebody should look at.
        """
        notes = self._context.notes
        if self.roster.recovered and self._configuration.store != "memory":
            notes.say(
                "recovered",
                "the store was lost, and this network was recovered without it: its members are learned as they come, "
                "make invitations anew, and see in wand members whether anybody has to be revoked again",
            )
        if self.roster.hasUnreadable:
            notes.say(
                "unreadable",
                "the store has records that cannot be read, and that are left alone: members may be missing from wand "
                "members; restore a backup (wand restore FILE), the log names the records",
            )
        if not self.roster.status.signs:
            notes.say(
                "network-key",
                f"the network key is not in {state.path}, so certificates wait for wand sign; if you did not move it "
                "away, restore it from a backup",
                isHint=True,
            )

    async def _serve(self, records: IRecords) -> None:
        transport, sessions, context = self.transport, self.transport.sessions, self._context
        control = ControlMessages(sessions, context.clock, context.counters)
        transport.mayReach = self._mayReach
        self._answers = Answers(sessions, context.failures)
        sessions.onJoin(self._asked)
        sessions.onClock(self._clocks.told)
        control.read(CERTIFICATE_NUMBERS, self._told)
        self._goodbyes = Goodbyes(sessions, control, context)
        self._gossip = Gossip(self.roster.trust, sessions, control, context)
        self.directory = SealedDirectory(
            self.roster.identity, context, sessions, control, records, self.roster.check, self._mayReach
        )
        self._open = True
        waiting, self._waitingToOpen = self._waitingToOpen, []
        for each in waiting:
            each.callback(None)
        CopiesOfMembers(sessions, control, context, self.directory.epochOf)
        await self.directory.start()
        if not self.running:
            return
        self.roster.observe(self)
        self._watch = HostWatch(context, self._moved)
        self._watch.start()
        self._tending.start(INTERVAL, now=False)
        self._clocks.start()
        self._names.look()
        self._overlap.start(self.roster.status.prefix, tunnels)
        self._called = self.directory.callBack()
        self._calling.start(CALL, now=False)
        status = self.roster.status
        self._log.info(
            "server {name} of {network} ({prefix}, {cipher}) at {listening}",
            name=self._configuration.name,
            network=status.name,
            prefix=status.prefix,
            cipher=status.cipher,
            listening=transport.listening,
        )

    def stopService(self) -> Deferred[None]:
        """
        Answer no more, and close the store.
        """
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._hindrance.stop()
        if self._open:
            self._open = False
            for running in (self._tending, self._calling):
                if running.running:
                    running.stop()
            self._clocks.stop()
            self._names.stop()
            self._overlap.stop()
            if self._watch is not None:
                self._watch.stop()
            if self._gossip is not None and self._goodbyes is not None and self._records is not None:
                self._gossip.stop()
                stopping, parting = self.directory.stop(), self._goodbyes.say()  # both at once: each takes its time
                await inTime(stopping, WRITING, self._context, self._records.place, self._records.inner)
                await parting
            self.transport.stop()
        if self._records is not None:
            await self._records.close()

    async def _inviteFirst(self, state: StateDirectory) -> None:
        token = await self.roster.invite(self.endpoints(), FIRST_USES)
        name, path = self.roster.status.name, state.path / FIRST_INVITATION
        try:
            state.write(FIRST_INVITATION, f"{token.text}\n".encode())
        except StateUnavailable as error:
            self._context.notes.say("first-invitation", f"{error}; make an invitation with wand invite")
        else:
            self._log.info(
                "the network {name} is created; the invitation of its first {uses} nodes is in {path}",
                name=name,
                uses=FIRST_USES,
                path=str(path),
            )
        self._announce(
            f'The network "{name}" is created.  Its first {FIRST_USES} nodes join with this invitation, within a day\n'
            f"(it is also in {path}; wand invite makes more):\n\n{token.text}\n"
        )

    def endpoints(self) -> list[str]:
        """
        Where nodes reach this server.

        @raise PortUnavailable: if nobody knows.
        """
        configuration = self._configuration
        port = splitHostPort(self.transport.listening.partition(",")[0])[1]
        given = [splitHostPort(each, port) for each in configuration.public]
        found = [str(Endpoint(*each)) for each in given] or localEndpoints(configuration.listen, port)
        if not found:
            raise PortUnavailable('this server does not know where nodes reach it; set public = ["HOST:PORT"]')
        return found

    def _mayReach(self, host: str) -> bool:
        return host not in overlayOf(self.roster.prefix)

    def _callNext(self) -> None:
        if next(self._called, None) is None:
            self._calling.stop()

    def _moved(self) -> None:
        self.transport.sessions.moved()
        self._overlap.look()

    def _tend(self) -> None:
        self._names.look()

        def failed(failure: Failure) -> None:
            text = f"the server's own certificate cannot be renewed: {failure.getErrorMessage()}"
            self._log.error("{text}", text=text)
            self._context.notes.say("certificate", text, lifetime=2 * INTERVAL)

        Deferred.fromCoroutine(self.roster.certifyItself()).addErrback(failed)

    def look(self) -> None:
        """
        Say what waits for a person.
        """
        if not self._open:
            return
        unsigned = self.roster.status.unsigned
        pending = self.roster.pending
        self._tellOf(
            "unsigned",
            unsigned,
            "one certificate or revocation waits for a signature: wand requests"
            if unsigned == 1
            else f"{unsigned} certificates and revocations wait for a signature: wand requests",
        )
        more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
        waits = "waits" if len(pending) == 1 else "wait"
        self._tellOf("pending", len(pending), f"{''.join(pending[:1])}{more} {waits} for an approval: wand approve")

    def _tellOf(self, key: str, count: int, text: str) -> None:
        if count:
            self._context.notes.say(key, text)
        else:
            self._context.notes.clear(key)

    # What nodes ask.

    def _asked(self, joiner: JoinKey, octets: bytes) -> None:
        if not self._joins.take(joiner.hex()):
            self._context.counters["drop-control-joining"] += 1
            return
        message = parse(octets)
        if isinstance(message, Join):
            self._answers.give(joiner, lambda: self._redeemed(joiner, message))

    async def _redeemed(self, joiner: JoinKey, message: Join) -> Message:
        endpoint = str(self.transport.sessions.endpointOf(joiner) or "")
        answer = await self.roster.redeem(message, bytes(joiner), joiner.invitation, endpoint)
        self._waiting.pop(message.identity, None)
        if isinstance(answer, Pending):
            self._waiting[message.identity] = joiner, message
            if len(self._waiting) > WAITING:
                del self._waiting[next(iter(self._waiting))]
        return answer

    def _told(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Renew):
            self._answers.give(peer, lambda: self.roster.renew(peer, MAC(message.mac)))

    # What the roster tells.

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.membership.roster.RosterObserver}.
        """
        joiner, message = self._waiting.pop(identity, (None, None))
        if self.transport.sessions.isUp(identity):
            self.transport.sessions.sendControl(identity, pack(Renewed(certificate)))
        elif joiner is not None and message is not None and self.transport.sessions.isUp(joiner):
            self._answers.give(joiner, lambda: self._redeemed(joiner, message))

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.membership.roster.RosterObserver}.
        """
        if revocation and self.transport.sessions.isUp(identity):
            self.transport.sessions.sendControl(identity, pack(Revocations((revocation,), b"")))
        self.transport.sessions.end(identity)
        self.directory.forget(identity)


def _obstacle(prefix: str) -> str:
    try:
        return obstacle(prefix)
    except ValueError:  # no prefix at all, which the wish itself says
        return ""
