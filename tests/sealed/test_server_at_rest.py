"""
What a member costs a directory server that has nothing to do: memory, timers and datagrams.
"""

from __future__ import annotations

import gc
import tracemalloc
from random import Random
from sys import getsizeof
from unittest.mock import patch

from simulated.light_members import LightMembers
from simulated.sealed import SealedNetwork
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.directory.server import SealedDirectoryServer
from wand.sealed.sessions.awake import Awake
from wand.sealed.sessions.control_messages import ControlMessages
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext

#: How many members there are, and how many of their sessions stay awake.
MEMBERS = 120
AWAKE = 6

#: For how long their work is counted: ten questions of each.
SECONDS = 520

#: Octets that each of so many more members takes in Python's objects, at rest.
OCTETS_MAXIMUM = 6_300
MORE = 300


class NoDisk(MemoryRecords):
    """
    A store on another computer.
    """

    def write(self, kind: str, records: object) -> Deferred[None]:
        return succeed(None)


class ServerAtRestTests(SynchronousTestCase):
    """
    L{SealedDirectoryServer} on a L{wand.sealed.sessions.transport.SealedTransport}.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.node = self.net.node("server", "192.0.2.1", isServer=True)
        sessions = self.node.transport.sessions
        self.node.transport.letMembersSeek()
        self.node.transport._shared.indices.awake = Awake(AWAKE)
        context = simulatedContext(self.net.clock, self.net.underlay, "192.0.2.2")
        self.server = SealedDirectoryServer(
            self.node.key.identity,
            context,
            sessions,
            ControlMessages(sessions, self.net.clock, context.counters),
            NoDisk(),
            self.node.papers.trust.check,
            lambda host: True,
            Random(1).randbytes,
        )
        self.successResultOf(self.server.start())

    def rested(self) -> LightMembers:
        members = LightMembers(self.net, self.node, MEMBERS)
        members.join(range(MEMBERS))
        self.assertEqual(len(self.server), MEMBERS)
        members.liveFor(60)
        self.node.controls.clear()
        self.node.sessions.clear()
        return members

    def test_memory(self) -> None:
        """
        One more member takes few octets.
        """
        members = LightMembers(self.net, self.node, 2 * MORE)
        members.join(range(MORE))
        gc.collect()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        before = self.octets(members)
        members.join(range(MORE, 2 * MORE))
        octets = (self.octets(members) - before) / MORE
        self.assertLess(octets, OCTETS_MAXIMUM)
        self.assertLessEqual(len(self.node.transport._shared.indices.awake), AWAKE)

    def octets(self, members: LightMembers) -> int:
        """
        What Python's objects take when everybody is at rest, but for what members keep themselves.
        """
        members.liveFor(60)
        self.node.controls.clear()
        self.node.sessions.clear()
        gc.collect()
        kept = sum(map(getsizeof, (*members._keys, *members._theirs, *members._counters)))
        return tracemalloc.get_traced_memory()[0] - kept

    def test_work(self) -> None:
        """
        In nine minutes a member is sent an answer to each question and nothing else, and few timers fire for it.
        """
        members = self.rested()
        before, fired = members.received, 0
        advance = Clock.callLater

        def callLater(clock: Clock, *arguments: object, **kw: object) -> object:
            nonlocal fired
            fired += 1
            return advance(clock, *arguments, **kw)  # type: ignore[arg-type]

        with patch.object(Clock, "callLater", callLater):
            members.liveFor(SECONDS)
        self.assertEqual((members.received - before) / MEMBERS, SECONDS / 52)
        self.assertLess((fired - SECONDS) / MEMBERS, 2.0)  # one each second is the server's own
