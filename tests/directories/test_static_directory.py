"""
Tests of L{wand.directories.static}.
"""

from __future__ import annotations

from random import Random

import attrs
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.directories.static import CONFIGURATION, StaticDirectoryKind
from wand.endpoint import Endpoint
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind
from wand.table import OPERATOR, Peer, Table
from wand.testing.context import simulatedNode
from wand.testing.directories import DirectoryContract
from wand.testing.network import Network

OWN = MAC.parse("02:00:00:00:00:01")
ALICE = MAC.parse("02:00:00:00:00:0a")


class StaticDirectoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        clock = Clock()
        self.context = simulatedNode(clock, Network(clock, Random(0)), "192.0.2.1", OWN)
        self.table: Table = self.context.table

    def open(self, entries: object) -> IDirectory:
        return StaticDirectoryKind().open({"entries": entries}, self.context)

    def test_interfaces(self) -> None:
        """
        The plugin and what it opens provide their interfaces.
        """
        kind = StaticDirectoryKind()
        verifyObject(IDirectoryKind, kind)
        verifyObject(IPlugin, kind)
        verifyObject(IDirectory, self.open({}))
        self.assertIsNone(kind.unusable())

    def test_entriesStandWhileItRuns(self) -> None:
        """
        The entries are in the table, without a lifetime and with the operator's rank, from the start to the stop; what
        the operator added otherwise stays.
        """
        directory = self.open({str(ALICE): "198.51.100.7:22222"})
        self.assertEqual(len(self.table), 0)
        directory.start()
        (entry,) = self.table.sources(ALICE)
        self.assertEqual((entry.peer, entry.source), (Endpoint("198.51.100.7", 22222), CONFIGURATION))
        self.assertIsNone(entry.lifetime)
        self.table.put(ALICE, Endpoint("198.51.100.8", 22222), OPERATOR)
        directory.stop()
        self.assertEqual([each.source for each in self.table.sources(ALICE)], [OPERATOR])

    def test_statusSaysThatItIsFixed(self) -> None:
        """
        Its status is that of something that is no server.
        """
        (status,) = self.open({str(ALICE): "198.51.100.7:22222"}).status()
        self.assertEqual((status.name, status.state, status.entries), ("configuration", "fixed", 1))
        self.assertIsNone(status.answered)

    def test_ownAddressIsLeftOut(self) -> None:
        """
        All nodes can have the same entries: each leaves out its own.
        """
        self.open({str(OWN): "198.51.100.1", str(ALICE): "198.51.100.7"}).start()
        self.assertEqual(list(self.table.peerOf), [ALICE])
        self.assertEqual(self.table.peerOf[ALICE], Endpoint("198.51.100.7", 22222))

    def test_badSettingsAreRefusedWithTheirKey(self) -> None:
        """
        Whatever cannot be used is refused, naming the key.
        """
        kind = StaticDirectoryKind()
        for settings, key in (
            ({}, "entries"),
            ({"entries": []}, "entries"),
            ({"entries": {}, "colour": 1}, "colour"),
            ({"entries": {"rubbish": "192.0.2.1:1"}}, "entries.rubbish"),
            ({"entries": {"ff:ff:ff:ff:ff:ff": "192.0.2.1:1"}}, "entries.ff:ff:ff:ff:ff:ff"),
            ({"entries": {str(ALICE): "nowhere"}}, f"entries.{ALICE}"),
            ({"entries": {str(ALICE): 7}}, f"entries.{ALICE}"),
            ({"entries": {str(ALICE): "192.0.2.1:1", "02-00-00-00-00-0a": "192.0.2.1:1"}}, "entries.02-00-00-00-00-0a"),
        ):
            error = self.assertRaises(ConfigurationInvalid, kind.open, settings, self.context)
            self.assertEqual((error.where, error.key), ("directories.static", key))

    def test_fullTableLeavesOutTheRest(self) -> None:
        """
        Entries for which the table has no room are logged and left out.
        """
        table = Table(self.context.clock, self.context.events, limit=0)
        context = attrs.evolve(self.context, table=table)
        with capturedLogs() as logged:
            StaticDirectoryKind().open({"entries": {str(ALICE): "198.51.100.7"}}, context).start()
        self.assertEqual((len(table), len(logged)), (0, 1))


class StaticContractTests(DirectoryContract, SynchronousTestCase):
    """
    The contract.
    """

    settings = {"entries": {str(ALICE): "198.51.100.7:22222"}}

    def makeDirectory(self) -> StaticDirectoryKind:
        return StaticDirectoryKind()

    def listed(self) -> dict[MAC, Peer]:
        return {ALICE: Endpoint("198.51.100.7", 22222)}
