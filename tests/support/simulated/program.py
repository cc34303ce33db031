"""
A program in memory, for tests of what sits on top of the control socket: a real table, and nothing that uses it.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.test.iosim import IOPump, connectedServerAndClient

from simulated.memory_members import MemoryMembers
from simulated.memory_reach import MemoryReach
from wand.capture.pcapng import Direction, head
from wand.capture.recording import Recording, Wanted
from wand.control.client import ControlClient
from wand.control.connection import Connection
from wand.control.program import ConsoleAccess, Program
from wand.control.server import ControlFactory
from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import NoSuchEntry, NotSupported
from wand.ethernet import MAC, Frame
from wand.events import Events
from wand.logs.levels import Levels
from wand.recent_events import RecentEvents
from wand.status import DirectoryStatus, EntryStatus, PeerStatus, ProgramStatus, SeenStatus, TapStatus
from wand.table import OPERATOR, Entry, Peer, Rank, Source, Table

OWN = MAC.parse("02:00:00:00:00:01")


@attrs.frozen
class MemoryCapture:
    """
    A capture of the program in memory.
    """

    head: bytes
    stop: Callable[[], None]


class MemoryProgram(MemoryMembers, Program):
    """
    A node without a tap and without a network.  Its membership is in L{MemoryMembers}.

    @ivar table: what the commands see and change.
    @ivar known: the members that it sees.
    @ivar changes: what the next reload says.
    @ivar access: who may use its console; C{None} if it serves none.
    @ivar stopped: called when somebody stops it.
    """

    def __init__(self, clock: IReactorTime) -> None:
        super().__init__(clock, Events(clock.seconds))
        self.counters = Counters()
        self.levels = Levels()
        self.recent = RecentEvents(self.events)
        self.table = Table(clock, self.events, OWN)
        self.changes = ["hooks: taken over", "port: waits for a restart"]
        self.woken: list[MAC] = []
        self.known: list[SeenStatus] = []
        self.recordings: list[Recording] = []
        self.ways = MemoryReach(clock)
        self.stopped: Callable[[], object] = lambda: None
        self.access: ConsoleAccess | None = None

    @property
    def console(self) -> ConsoleAccess:
        """
        Who may use its console.
        """
        if self.access is None:
            raise NotSupported("it serves none")
        return self.access

    def status(self) -> ProgramStatus:
        """
        How a node would be.
        """
        now = self.clock.seconds()
        return ProgramStatus(
            role="node",
            version="0",
            pid=4711,
            started=now - 7384,
            protocol="sealed" if self.own else "rel2",
            listening="0.0.0.0:22222",
            configuration="/etc/wand/node.toml",
            entries=len(self.table),
            peers=len(self.table.peers),
            drops=sum(count for name, count in self.counters.items() if name.startswith("drop-")),
            tap=TapStatus("tuntap", "wan0", str(OWN), 1280, ["10.1.0.1/16"], ["GSO"]),
            directories=[
                DirectoryStatus("rel2 wand.example.net:44444", "answered", len(self.table), now - 40),
                DirectoryStatus("rel2 192.0.2.9:44444", "silent", 0, None),
            ],
            notes=self.notes,
            attention=self.attention,
            own=self.own,
        )

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        A page of the table.
        """
        return [self._entryStatus(entry) for entry in self.table.page(after, count)]

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        A page of the table's peers.
        """
        texts = sorted((str(peer), peer) for peer in self.table.peers)
        return [self._peerStatus(text, peer) for text, peer in texts if after is None or text > after][:count]

    def seen(self, after: str | None, count: int) -> list[SeenStatus]:
        """
        A page of L{known}.
        """
        return [each for each in sorted(self.known, key=lambda each: each.key) if not after or each.key > after][:count]

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        Put an entry into the table.
        """
        self.table.put(mac, Endpoint.parse(peer), _source(source), lifetime)

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        Take an entry out of the table.
        """
        if source is None:
            self.table.removeEverywhere(mac)
            return
        for entry in self.table.sources(mac):
            if entry.source.name == source:
                self.table.remove(mac, entry.source)
                return
        raise NoSuchEntry(f"the table has no entry for {mac} from {source}")

    def reload(self) -> list[str]:
        """
        Answer with L{changes}.
        """
        return self.changes

    def capture(self, wanted: Wanted, take: Callable[[bytes], object]) -> MemoryCapture:
        """
        Begin a capture, which L{heard} feeds; peers are texts.
        """
        recording = Recording(wanted, wanted.peer or None, str, self.clock.seconds, take)
        self.recordings.append(recording)
        return MemoryCapture(head("test", "wan0", wanted.snap), lambda: self.recordings.remove(recording))

    def wake(self, mac: MAC) -> None:
        """
        Remember it.
        """
        self.woken.append(mac)

    def heard(self, direction: Direction, peer: Peer | None, frame: Frame) -> None:
        """
        Let a frame pass.
        """
        for recording in self.recordings:
            recording.heard(direction, peer, frame)

    @property
    def reach(self) -> MemoryReach:
        """
        How it reaches others.
        """
        return self.ways

    def stop(self) -> None:
        """
        Call L{stopped}.
        """
        self.stopped()

    def _entryStatus(self, entry: Entry) -> EntryStatus:
        expires = self.table.expires(entry)
        return EntryStatus(str(entry.mac), str(entry.peer), entry.source.name, entry.since, expires)

    def _peerStatus(self, text: str, peer: Peer) -> PeerStatus:
        macs = sorted(map(str, self.table.macsOf(peer)))
        size = 1_472 if self.own else None
        heard = self.clock.seconds() - 3
        return PeerStatus(text, "heard", macs, heard, 1200, 1_512_000, 900, 88_000, pathSize=size, parity=bool(size))


def connectInMemory(program: Program, clock: IReactorTime) -> tuple[ControlClient, IOPump]:
    """
    Connect a client to the control socket of a program, without a socket.

    @return: the client, and what carries the octets between them: C{flush()} it after each call.
    """
    factory = ControlFactory(program, clock)
    connection, _, pump = connectedServerAndClient(lambda: factory.buildProtocol(None), Connection, greet=False)
    return ControlClient(clock, "/memory", connection), pump


def _source(name: str | None) -> Source:
    return OPERATOR if name is None else Source(name, Rank.DIRECTORY)
