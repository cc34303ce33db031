"""
Tests for L{wand.frame_services.storm}.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any, cast

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.frame_services.storm import STORM_LIFETIME, Storm
from wand.interfaces import IFrameService, IFrameWatcher
from wand.sealed.credentials.limits import BROADCASTS, Limits
from wand.testing.context import simulatedNode
from wand.testing.network import Network

FRAME = b"\xff" * 6 + b"\2\0\0\0\0\1\x88\xb5" + bytes(50)


class StormTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.context = simulatedNode(self.clock, Network(self.clock, Random(0)), "192.0.2.1", MAC(b"\2\0\0\0\0\1"))

    def open(self, **settings: object) -> IFrameWatcher:
        return Storm().open(settings, self.context, self.fail)

    def passing(self, watcher: IFrameWatcher, count: int) -> int:
        """
        How many of so many frames of the host pass.
        """
        return sum(bool(watcher.leaving(FRAME)) for _ in range(count))

    def test_interfaces(self) -> None:
        """
        It is what it says it is; settings that make no sense are refused.
        """
        verifyObject(IFrameService, Storm())
        verifyObject(IFrameWatcher, self.open())
        for wrong in ({"frames": -1}, {"frame": 5}, {"frames": "many"}):
            self.assertRaises(ConfigurationInvalid, self.open, **wrong)

    def test_aStorm(self) -> None:
        """
        So many pass in a second and twice as many at once; the rest is counted, and said until it is over.
        """
        watcher = self.open(frames=10)
        self.assertEqual(self.passing(watcher, 100), 20)
        self.assertEqual(self.context.counters["storm-frames"], 80)
        (note,) = self.context.notes.texts
        self.assertIn("more than 10 broadcast", note)
        self.assertIn("[frame-service-settings.storm]", note)
        self.clock.advance(1)
        self.assertEqual(self.passing(watcher, 100), 10)
        self.clock.advance(STORM_LIFETIME - 1)
        self.assertEqual(self.context.notes.texts, [note])
        self.clock.advance(1.1)
        self.assertEqual(self.context.notes.texts, [])
        self.assertEqual(self.passing(watcher, 20), 20)

    def test_whatArrives(self) -> None:
        """
        What peers send is not its business.
        """
        watcher = self.open(frames=1)
        self.passing(watcher, 10)
        self.assertTrue(watcher.arriving("peer", FRAME))

    def test_theOwnLimit(self) -> None:
        """
        Without a setting it is what others take of this node, and follows when that is changed.
        """
        self.assertEqual(self.passing(self.open(), 3 * BROADCASTS), 2 * BROADCASTS)
        limits = [Limits(1, 50)]
        announcement = SimpleNamespace(certificate=cast(Any, SimpleNamespace()))
        claims = SimpleNamespace(announcement=lambda identity: announcement if identity == b"us" else None)
        sealed: Any = SimpleNamespace(participant=SimpleNamespace(identity=b"us", claims=claims))
        self.context = attrs.evolve(self.context, sealed=sealed)
        announcement.certificate.limits = limits[0]
        watcher = self.open()
        self.assertEqual(self.passing(watcher, 200), 100)
        self.assertIn("wand limit NAME --broadcasts 100", self.context.notes.texts[0])
        announcement.certificate.limits = Limits(1, 500)
        self.assertEqual(self.passing(watcher, 2000), 1000)
