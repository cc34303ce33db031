"""
The directory of sealed networks: the node announces itself to its servers inside sessions, and follows what they tell
of the others, or in a large network of those whom it looks for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from wand.interfaces import IMembershipFollower, IRovingDirectory, NodeContext
from wand.interfaces.control_messages import Sessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders, DirectoryServer, GroupWishes, Participant
from wand.interfaces.search import EverybodyIsKnown, Lookouts
from wand.sealed.control_numbers import DIRECTORY_NUMBERS
from wand.sealed.directory.extent import Extent, WansdSettings
from wand.sealed.directory.following import Following
from wand.sealed.directory.listed_members import ListedMembers, directoryName
from wand.sealed.directory.log_reader import LogReader
from wand.sealed.directory.looker import Looker
from wand.sealed.directory.own_announcement import OwnAnnouncement
from wand.sealed.directory.subscription import Subscription
from wand.status import DirectoryStatus
from wand.underlay.names import Resolve
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

COUNTERS: Final = {
    "directory-asks": "questions sent to directory servers",
    "directory-announces": "announcements of ourselves sent to directory servers",
    "directory-pages-taken": "pages taken from directory servers",
    "drop-directory-stranger": "directory messages dropped: they do not come from a server that we ask",
    "drop-directory-malformed": "directory messages dropped: they cannot be read, or are not for a node",
}

#: How many servers are asked, at most.
SERVERS_MAXIMUM: Final = 8

#: Seconds between renewals of what stands in the table; a small part of the lifetime of its entries.
RENEWAL: Final = 3600.0


@implementer(IMembershipFollower, IRovingDirectory)
class SealedDirectoryClient:
    """
    Follows every directory server that the node knows.
    """

    def __init__(
        self,
        context: NodeContext,
        participant: Participant,
        sessions: Sessions,
        control: ControlReaders,
        resolve: Resolve,
        lookouts: Lookouts | None = None,
        settings: WansdSettings | None = None,
    ) -> None:
        """
        @param participant: who we are in the network, and which servers it has.
        @param control: where messages come from.
        @param lookouts: who looks for members where we are not told of everybody.
        """
        self._context = context
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._participant = participant
        self._sessions = sessions
        self._control = control
        self._resolve = resolve
        self._own = OwnAnnouncement(participant)
        self._lookouts = lookouts or EverybodyIsKnown()
        self._groups = GroupWishes() if context.sealed is None else context.sealed.groups
        self._extent = Extent((settings or WansdSettings()).everybodyUpTo, context.clock)
        self._members = ListedMembers(participant, self._own, sessions, context.counters)
        self._subscriptions: dict[bytes, tuple[Subscription, ServerEndpoints, DirectoryServer]] = {}
        self._renewal: IDelayedCall | None = None
        self._end: Callable[[], None] = lambda: None

    def start(self) -> None:
        """
        See L{IDirectory}.
        """
        self._end = self._control.read(DIRECTORY_NUMBERS, self._received)
        self._sessions.onSession(self._session)
        self._renewal = self._context.clock.callLater(RENEWAL, self._renew)
        self._own.refresh()
        self.serversChanged()

    def stop(self) -> None:
        """
        See L{IDirectory}.
        """
        self._end()
        for subscription, endpoints, _ in self._subscriptions.values():
            subscription.stop()
            endpoints.stop()
        self._subscriptions.clear()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    def status(self) -> list[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        return [
            DirectoryStatus(
                name=subscription.name,
                state=subscription.state,
                entries=self._members.count(server),
                answered=None if subscription.answered is None else self._context.epoch(subscription.answered),
                members=subscription.members if self._extent.isPartial else None,
                version=subscription.release,
            )
            for server, (subscription, *_) in self._subscriptions.items()
        ]

    def announcementChanged(self) -> None:
        """
        Our claim, our certificate or our local endpoints may have changed: announce them at once if so.
        """
        if self._own.refresh():
            for subscription, *_ in self._subscriptions.values():
                subscription.begin()

    def moved(self) -> None:
        """
        See L{IRovingDirectory}.
        """
        for subscription, endpoints, _ in self._subscriptions.values():
            endpoints.retryNow()
            subscription.begin()

    def serversChanged(self) -> None:
        """
        The participant may know other servers than before.
        """
        servers = {server.identity: server for server in self._participant.servers()[:SERVERS_MAXIMUM]}
        servers.pop(self._participant.identity, None)
        for gone in self._subscriptions.keys() - servers.keys():
            subscription, endpoints, _ = self._subscriptions.pop(gone)
            subscription.stop()
            endpoints.stop()
            self._groups.forget(gone)
            self._members.leave(gone)
        for identity, server in servers.items():
            known = self._subscriptions.get(identity)
            if known is None:
                self._follow(server)
            elif known[2] != server:  # only where it is has changed: what we have of its log counts
                known[1].stop()
                self._find(server, known[0])

    def clockSet(self) -> None:
        """
        Somebody set our clock: ask for everything again, because what was no valid certificate may be one now.
        """
        for subscription, *_ in self._subscriptions.values():
            subscription.readAgain()

    def _follow(self, server: DirectoryServer) -> None:
        context = self._context
        subscription = Subscription(
            server.identity,
            server.endpoints[0] if server.endpoints else server.identity.hex()[:12],
            self._sessions,
            self._own,
            context.clock,
            context.random,
            context.events,
            context.counters,
            self._reader(server.identity),
            unanswered=lambda: self._subscriptions[server.identity][1].look(),
            counted=self._counted,
        )
        self._find(server, subscription)
        subscription.exchange()

    def _reader(self, server: bytes, isSized: bool = False) -> Following:
        told, restarted = self._members.take, self._members.restarted
        if not self._extent.isPartial:
            return LogReader(server, self._sessions, self._counters, told=told, restarted=restarted, isSized=isSized)
        return Looker(
            self._participant.identity,
            server,
            self._sessions,
            self._participant.claims,
            self._lookouts,
            self._context.clock,
            self._counters,
            told=told,
            restarted=restarted,
            isLikely=lambda: self._subscriptions[server][0].state == "answered",
            sweep=self._members.sweep,
        )

    def _counted(self, server: bytes) -> None:
        """
        A server says how many members it has, or told of more.
        """
        subscription = self._subscriptions[server][0]
        self._groups.told(server, wanted=subscription.groups)
        if not self._extent.isPartial:
            subscription.members = max(subscription.members or 0, self._members.count(server))
        if self._extent.changes(each.members or 0 for each, *_ in self._subscriptions.values()):
            for identity, (each, *_) in self._subscriptions.items():
                each.follow(self._reader(identity, isSized=each.members is not None))

    def _find(self, server: DirectoryServer, subscription: Subscription) -> None:
        introduce = partial(self._sessions.introduce, server.identity, server.exchangeKey)
        unresolved = UnresolvedNames(self._context.notes, "what the network's server is called")
        endpoints = ServerEndpoints(server.endpoints, self._resolve, introduce, self._context.clock, unresolved)
        self._subscriptions[server.identity] = subscription, endpoints, server
        introduce([])
        endpoints.look()

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        known = self._subscriptions.get(peer)
        if known is None or not member.isServer:
            self._counters["drop-directory-stranger"] += 1
        else:
            self._participant.claims.entries.directoryHeard(directoryName(peer))
            known[0].received(octets)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        known = self._subscriptions.get(peer)
        if known is not None and up:
            known[0].sessionUp()
        elif known is not None:
            known[0].sessionDown()

    def _renew(self) -> None:
        """
        Let stand what was told for another while.  What is not told again unless we ask, we ask for: those that are in
        use, and how many members there are.
        """
        self._renewal = self._context.clock.callLater(RENEWAL, self._renew)
        since = self._context.clock.seconds() - RENEWAL
        self._members.renew(
            server
            for server, (subscription, *_) in self._subscriptions.items()
            if subscription.answered is not None and subscription.answered >= since
        )
        if self._extent.isPartial:
            for subscription, *_ in self._subscriptions.values():
                subscription.readAgain()
                subscription.announceAgain()
