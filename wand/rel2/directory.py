"""
The directory of REL2: the node registers with one or more servers, and their listings are the table.

Each server is a source of its own, so the table is the union of what they say; where they differ, the newest claim
wins.  An entry that a listing no longer names does not go at once: a server that has just started does not know
the others yet.  It goes when no listing names it, and nothing is heard from the node, for longer than any node waits to
register again.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.endpoint import SERVER_PORT, Endpoint, splitHostPort
from wand.errors import AddressInvalid, ConfigurationInvalid, EntryRefused
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind, IRovingDirectory, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.rel2.request_schedule import RequestSchedule
from wand.rel2.wire import Listing, buildRequest, parseListing
from wand.status import DirectoryStatus
from wand.table import Rank, Source
from wand.underlay.names import IPV4, Resolve, resolverOf
from wand.underlay.ports import DatagramPort
from wand.underlay.unresolved_names import UnresolvedNames

COUNTERS: Final = {
    "directory-requests": "registration requests sent to directory servers",
    "directory-listings": "listings taken from directory servers",
    "drop-directory-stranger": "datagrams to the directory client that did not come from a configured server",
    "drop-directory-malformed": "datagrams from a directory server that are not listings",
    "drop-directory-entry": "entries of listings that could not be read, or that the table refused",
}

#: Seconds for which an entry stands after a listing named it; the servers may all be away for that long.
LISTED_LIFETIME: Final = 24 * 3600.0

#: Seconds for which it stands once a listing does not name it.  A server that forgot everybody hears from the
#: original's nodes within 900 s; and if what it then tells us is lost, we ask it within 300 s more.
UNLISTED_LIFETIME: Final = 1300.0

#: How many servers can be asked; each may be a source of the same address, and the table takes 16.
SERVERS_MAXIMUM: Final = 8

_PREFIX: Final = "rel2:"


@implementer(IRovingDirectory)
class REL2Directory:
    """
    Registers with servers and takes their listings.
    """

    def __init__(self, servers: list[tuple[str, int]], context: NodeContext, resolve: Resolve) -> None:
        """
        @param servers: host and port of each.
        """
        self._context = context
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._port: DatagramPort | None = None
        self._request = buildRequest(context.mac)
        self._servers: dict[Source, RequestSchedule] = {}
        self._listed: dict[Source, set[MAC]] = {}
        unresolved = UnresolvedNames(context.notes, "the setting servers")
        for server in servers:
            schedule = RequestSchedule(
                server, context.clock, context.random, context.events, resolve, self._ask, unresolved
            )
            self._servers[Source(_PREFIX + schedule.name, Rank.DIRECTORY)] = schedule

    def start(self) -> None:
        """
        See L{IDirectory}.

        @raise wand.errors.PortUnavailable: if no UDP port can be bound.
        """
        host = self._context.host
        self._port = self._context.underlay.bind("0.0.0.0" if ":" in host else host, 0, self)
        self._takeOver()
        for schedule in self._servers.values():
            schedule.ask()

    def stop(self) -> None:
        """
        See L{IDirectory}.
        """
        for schedule in self._servers.values():
            schedule.stop()
        if self._port is not None:
            self._port.close()
            self._port = None

    def moved(self) -> None:
        """
        See L{IRovingDirectory}.
        """
        for schedule in self._servers.values():
            schedule.askAnew()

    def status(self) -> list[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        return [
            DirectoryStatus(
                name=source.name,
                state=schedule.state,
                entries=len(self._listed.get(source, ())),
                answered=None if schedule.answered is None else self._context.epoch(schedule.answered),
            )
            for source, schedule in self._servers.items()
        ]

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}: take a listing, from a server that is asked and from nobody else.
        """
        sources = [source for source, schedule in self._servers.items() if schedule.endpoint == sender]
        if not sources:
            self._counters["drop-directory-stranger"] += 1
            return
        listing = parseListing(datagram)
        if listing is None:
            self._counters["drop-directory-malformed"] += 1
            return
        self._counters["directory-listings"] += 1
        self._counters["drop-directory-entry"] += listing.bad
        for source in sources:
            self._take(listing, source)
            self._servers[source].heard()

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def _ask(self, server: Endpoint) -> None:
        if self._port is not None and self._port.send(self._request, server):
            self._counters["directory-requests"] += 1

    def _take(self, listing: Listing, source: Source) -> None:
        listed = set()
        for mac, host in listing.hosts.items():
            if mac != self._context.mac and self._put(mac, Endpoint(host, self._context.port), source):
                listed.add(mac)
        for mac in self._listed.get(source, set()) - listed:
            self._letGo(mac, source)
        self._listed[source] = listed

    def _put(self, mac: MAC, peer: Endpoint, source: Source) -> bool:
        try:
            self._context.table.put(mac, peer, source, LISTED_LIFETIME)
        except EntryRefused:
            self._counters["drop-directory-entry"] += 1
            return False
        return True

    def _letGo(self, mac: MAC, source: Source) -> None:
        table = self._context.table
        for entry in table.sources(mac):
            if entry.source == source:
                table.put(mac, entry.peer, source, UNLISTED_LIFETIME)

    def _takeOver(self) -> None:
        """
        After a reload: what the same servers told before is compared with their next listing, and what servers told
        that are not asked any more is let go.
        """
        table = self._context.table
        for entry in table.page(None, len(table)):
            for said in table.sources(entry.mac):
                if said.source in self._servers and said.lifetime == LISTED_LIFETIME:
                    self._listed.setdefault(said.source, set()).add(said.mac)
                elif said.source.name.startswith(_PREFIX) and said.lifetime == LISTED_LIFETIME:
                    self._letGo(said.mac, said.source)


class REL2DirectorySettings(msgspec.Struct, frozen=True):
    """
    What an operator sets.

    @ivar servers: whom to ask, C{HOST} or C{HOST:PORT} each.
    """

    servers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=SERVERS_MAXIMUM)]


@implementer(IPlugin, IDirectoryKind)
class REL2DirectoryKind:
    """
    The directory C{rel2}.
    """

    name = "rel2"
    about = "asks directory servers that speak REL2, the protocol of the original, for trusted networks"
    settings = REL2DirectorySettings

    def __init__(self, resolve: Resolve | None = None) -> None:
        """
        @param resolve: resolves names of servers; C{None} for the reactor's resolver.
        """
        self._resolve = resolve

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        """
        See L{IDirectoryKind}.
        """
        servers = readSettings(settings, REL2DirectorySettings, "directories.rel2").servers
        return REL2Directory(_split(servers), context, self._resolve or resolverOf(context.clock, IPV4))


def _split(servers: list[str]) -> list[tuple[str, int]]:
    try:
        split = [splitHostPort(server, SERVER_PORT) for server in servers]
    except AddressInvalid as error:
        raise _invalid("servers", str(error)) from None
    for host, _ in split:
        if ":" in host:
            raise _invalid("servers", f"{host}: REL2 needs IPv4")
    return list(dict.fromkeys((host.lower(), port) for host, port in split))


def _invalid(key: str, reason: str) -> ConfigurationInvalid:
    return ConfigurationInvalid("directories.rel2", key, reason)
