"""
Tests for the candidate sources C{interfaces} and C{configured}.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.candidate_sources.configured import ConfiguredSource
from wand.candidate_sources.interfaces import LOOK_INTERVAL, InterfaceSource
from wand.errors import ConfigurationInvalid
from wand.interfaces import ICandidateSource
from wand.testing.candidates import CandidateSourceContract


class InterfaceTests(CandidateSourceContract, SynchronousTestCase):
    """
    L{InterfaceSource}.
    """

    clock: Clock

    def setUp(self) -> None:
        super().setUp()
        self.addresses = ["192.168.1.2:22222", "[2001:db8::2]:22222"]
        self.asked: list[tuple[str, int, str, bool]] = []

    def makeSource(self) -> ICandidateSource:
        """
        See L{CandidateSourceContract}.
        """

        def found(host: str, port: int, interface: str, *, mayReach: Callable[[str], bool], tunnels: bool) -> list[str]:
            self.asked.append((host, port, interface, tunnels))
            return [each for each in self.addresses if mayReach(each)]

        return InterfaceSource(found)

    def test_changes(self) -> None:
        """
        What changes is told when the host says so, and within a minute where it says nothing; the same is not told
        again.
        """
        candidates = self.opened()
        candidates.start(self.take)
        self.assertEqual([str(each.endpoint) for each in self.told[-1]], self.addresses)
        self.assertEqual({each.kind for each in self.told[-1]}, {"host"})
        candidates.moved()
        self.assertEqual(len(self.told), 1)
        self.addresses.pop()
        candidates.moved()
        self.addresses.append("198.51.100.2:22222")
        self.clock.advance(LOOK_INTERVAL)
        self.assertEqual([len(each) for each in self.told], [2, 1, 2])
        self.assertEqual(set(self.asked), {("0.0.0.0", 22222, "", False)})
        candidates.stop()

    def test_settings(self) -> None:
        """
        Those of tunnels are told if the operator wants that; there are no other settings.
        """
        self.makeSource().open({"tunnels": True}, self.nodeContext()).start(self.take)
        self.assertEqual([("0.0.0.0", 22222, "", True)], self.asked)
        with self.assertRaises(ConfigurationInvalid):
            self.makeSource().open({"interface": "eth0"}, self.nodeContext())


class ConfiguredTests(CandidateSourceContract, SynchronousTestCase):
    """
    L{ConfiguredSource}.
    """

    settings = {"endpoints": ["203.0.113.7:4000", "[2001:db8::7]:4000", "203.0.113.8"]}

    def makeSource(self) -> ICandidateSource:
        """
        See L{CandidateSourceContract}.
        """
        return ConfiguredSource()

    def test_told(self) -> None:
        """
        It tells what the operator says; without a port it is ours.
        """
        self.opened().start(self.take)
        [told] = self.told
        self.assertEqual(
            [str(each.endpoint) for each in told], ["203.0.113.7:4000", "[2001:db8::7]:4000", "203.0.113.8:22222"]
        )
        self.assertEqual({each.kind for each in told}, {"configured"})

    def test_refused(self) -> None:
        """
        What is not an endpoint is refused at the start, and so are not endpoints at all.
        """
        for settings in (
            {"endpoints": ["wand.example.net:4000"]},
            {"endpoints": ["203.0.113.7:70000"]},
            {"endpoints": ["224.0.0.1:1"]},
            {"endpoints": []},
            {"endpoint": ["203.0.113.7:4000"]},
            {},
        ):
            with self.assertRaises(ConfigurationInvalid):
                ConfiguredSource().open(settings, self.nodeContext())
