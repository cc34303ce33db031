"""
Tests for L{wand.programs.monitor} and L{wand.programs.node_monitor}: what only was counted is said.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.events import Event
from wand.programs.monitor import LOOK_INTERVAL, NODE, NOTE_LIFETIME, REL2, SEALED, Monitor
from wand.programs.node_monitor import JOIN_PATIENCE, SERVER_PATIENCE, NodeMonitor
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.sessions.counters import COUNTERS as SEALED_COUNTERS
from wand.status import ConflictStatus, DirectoryStatus
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class MonitorTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        from random import Random

        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.context.counters.declare(dict.fromkeys({rule.counter for rule in (*SEALED, *NODE, *REL2)}, "x"))
        self.events: list[Event] = []
        self.context.events.subscribe(self.events.append)

    def watch(self, monitor: Monitor) -> None:
        monitor.startService()
        self.addCleanup(monitor.stopService)

    def later(self, seconds: float = LOOK_INTERVAL) -> list[str]:
        """
        Let time pass.

        @return: what is said then.
        """
        self.clock.pump([LOOK_INTERVAL] * round(seconds / LOOK_INTERVAL))
        return self.context.notes.texts


class CountersTests(MonitorTestCase):
    """
    What is counted.
    """

    def test_eachRuleIsSaidOnce(self) -> None:
        """
        A counter that grows as much as its rule says gives one note and one event, however long it goes on, and no note
        some time after it stopped.
        """
        for rules in (SEALED, NODE, REL2):
            for rule in rules:
                with self.subTest(counter=rule.counter):
                    self.setUp()
                    self.watch(Monitor(self.context, rules))
                    for _ in range(20):
                        self.context.counters[rule.counter] += rule.least
                        self.assertEqual(self.later(), [rule.text])
                    self.assertEqual([each.kind for each in self.events], ["note"])
                    self.assertEqual(self.later(NOTE_LIFETIME + LOOK_INTERVAL), [])

    def test_whatWasCountedBeforeIsNotSaid(self) -> None:
        """
        Only what is counted while it looks is said, and less than the least is not.
        """
        for rule in SEALED:
            self.context.counters[rule.counter] = 1_000_000
        self.watch(Monitor(self.context, SEALED))
        for rule in SEALED:
            self.context.counters[rule.counter] += rule.least - 1
        self.assertEqual(self.later(), [])

    def test_whatStrangersCanBringAboutIsAHint(self) -> None:
        """
        Nothing that anybody can send makes C{wand status --check} fail.
        """
        strangers = {
            *("drop-sealed-mac", "drop-sealed-version", "drop-sealed-handshake", "drop-sealed-refused"),
            *("drop-udp-unreachable", "sealed-cookies-demanded", "drop-rel2-unknown-sender"),
        }
        for rule in (*SEALED, *NODE, *REL2):
            self.assertTrue(rule.isHint or rule.counter not in strangers, rule.counter)

    def test_theCountersExist(self) -> None:
        """
        A rule whose counter is spelled wrongly would never say anything.
        """
        for rule in SEALED:
            if "sealed" in rule.counter:
                self.assertIn(rule.counter, SEALED_COUNTERS)

    def test_aLookThatRaises(self) -> None:
        """
        One look that fails is counted and disturbs no other.
        """
        seen: list[str] = []
        self.watch(Monitor(self.context, (), [lambda: 1 / 0, lambda: seen.append("seen")]))
        self.later(2 * LOOK_INTERVAL)
        self.assertEqual((seen, self.context.counters["drop-raised-the-monitor"]), (["seen"] * 2, 2))
        self.flushLoggedErrors(ZeroDivisionError)


class NodeTests(MonitorTestCase):
    """
    What a node is in.
    """

    def setUp(self) -> None:
        super().setUp()
        self.directories: list[DirectoryStatus] = []
        self.own: Any = SimpleNamespace(issued=0, expires=900_000)
        enrolment = SimpleNamespace(own=self.own, token=None)
        self.member: Any = SimpleNamespace(enrolment=enrolment, unansweredFor=0.0, claims=SimpleNamespace(conflicts=[]))
        node = NodeMonitor(self.context, lambda: cast(NodeMembership, self.member), lambda: self.directories)
        self.watch(Monitor(self.context, (), node.looks))

    def test_silentServers(self) -> None:
        """
        A server that does not answer for two minutes is named with the port to open, until it answers.
        """
        self.directories = [DirectoryStatus("server.example:4444", "asking", 0, None)]
        self.assertEqual(self.later(SERVER_PATIENCE - LOOK_INTERVAL), [])
        [said] = self.later(2 * LOOK_INTERVAL)
        self.assertIn("no answer from the server at server.example:4444 for 2 minutes", said)
        self.assertIn("UDP port 4444", said)
        self.directories = [DirectoryStatus("server.example:4444", "answered", 0, 1.0)]
        self.assertEqual(self.later(), [])
        self.assertEqual([each.kind for each in self.events], ["note", "note-cleared"])

    def test_manySilentServers(self) -> None:
        """
        However many do not answer, there is one note, and it is short.
        """
        self.directories = [DirectoryStatus(f"192.0.2.{number}", "silent", 0, None) for number in range(200)]
        [said] = self.later(SERVER_PATIENCE + LOOK_INTERVAL)
        self.assertIn("192.0.2.2, 197 more", said)
        self.assertIn("port 44444", said)

    def test_theServerOfTheInvitationIsSilent(self) -> None:
        """
        While nobody answers who wants to join, the server of the invitation is named; or the member that made it, and
        alone redeems it.
        """
        self.member.enrolment.own = None
        self.member.enrolment.token = token = SimpleNamespace(
            endpoints=("192.0.2.9:44444",), admission=False, identity=b"\x12" * 32
        )
        self.member.unansweredFor = JOIN_PATIENCE - 1
        self.assertEqual(self.later(), [])
        self.member.unansweredFor = JOIN_PATIENCE
        [said] = self.later()
        self.assertIn("the server at 192.0.2.9:44444", said)
        token.admission = True
        [said] = self.later()
        self.assertIn("the member 1212-1212-1212 at 192.0.2.9:44444", said)
        self.member.unansweredFor = 0.0
        self.assertEqual(self.later(), [])

    def test_certificateThatNobodyRenews(self) -> None:
        """
        A certificate of whose life a third is left was not renewed when it should have been; that is said before it
        ends, and after.
        """
        self.assertEqual(self.later(), [])
        self.clock.advance(620_000)
        [said] = self.later()
        self.assertIn("ends in 78 hours", said)
        self.clock.advance(300_000)
        [said] = self.later()
        self.assertIn("has expired", said)
        self.own.expires = 9_000_000
        self.assertEqual(self.later(), [])

    def test_conflicts(self) -> None:
        """
        What two members claim is said, in one note.
        """
        conflict = ConflictStatus("mac", "02:00:00:00:00:01", "alice", "a" * 64, "bob", "b" * 64)
        self.member.claims.conflicts = [conflict] * 9
        [said] = self.later()
        self.assertIn("mac 02:00:00:00:00:01 is alice's, and bob claims it too", said)
        self.assertIn("6 more", said)
        self.member.claims.conflicts = []
        self.assertEqual(self.later(), [])

    def test_noNetwork(self) -> None:
        """
        Where the protocol has no members there is nothing to say of them.
        """
        self.member = None
        self.assertEqual(self.later(), [])
