"""
Tests for the commands of the control socket that are about how members are reached.
"""

from __future__ import annotations

from control_case import ControlCase
from simulated.memory_reach import RELAYED
from twisted.internet.defer import Deferred

from wand.errors import NoAnswer, NoSuchMember, NotSupported


class ReachCommandsTests(ControlCase):
    """
    A client and a program.
    """

    def test_why(self) -> None:
        """
        Everything that is known of the ways to a member crosses the socket.
        """
        expected = self.successResultOf(Deferred.fromCoroutine(self.program.ways.why("two")))
        self.assertEqual(expected, self.ask(self.client.why("two")))
        self.assertIn("nobody", self.refused(self.client.why("nobody"), NoSuchMember))

    def test_ways(self) -> None:
        """
        The ways alone cross the socket, too.
        """
        expected = self.successResultOf(Deferred.fromCoroutine(self.program.ways.ways("two")))
        self.assertEqual(expected, self.ask(self.client.ways("two")))
        self.assertIn("nobody", self.refused(self.client.ways("nobody"), NoSuchMember))

    def test_ping(self) -> None:
        """
        The seconds are answered, over the way in use or over another; silence is an error of its own.
        """
        self.assertEqual(0.0312, self.ask(self.client.ping("two")))
        self.assertEqual(0.0312, self.ask(self.client.ping("two", RELAYED)))
        self.refused(self.client.ping("two", "192.0.2.2:20002"), NoAnswer)
        self.program.ways.isSilent = True
        self.refused(self.client.ping("two"), NoAnswer)

    def test_netcheck(self) -> None:
        """
        What was looked at crosses the socket, with the verdict.
        """
        found = self.ask(self.client.netcheck())
        self.assertEqual(["udp", "mapping", "hairpin"], [each.name for each in found.checks])
        self.assertEqual("Forward UDP port 22222.", found.verdict)

    def test_programsWithoutWays(self) -> None:
        """
        A program that reaches nobody says so.
        """

        def nobody(peer: str) -> None:
            raise NotSupported("only a node of a sealed network looks for ways to others")

        self.program.ways.why = nobody  # type: ignore[method-assign,assignment]
        self.assertIn("only a node", self.refused(self.client.why("two"), NotSupported))
