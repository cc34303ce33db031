"""
Tests for L{wand.demo.command}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from io import StringIO

from rich.console import Console
from twisted.trial.unittest import SynchronousTestCase

from wand.demo.command import perform
from wand.demo.figures import Silence
from wand.demo.screen import Screen
from wand.demo.stage import Probe
from wand.lab import CommandFailed
from wand.lab.admission import Admission
from wand.lab.capture import Capture
from wand.lab.probe import Echo
from wand.lab.topology import Node, Site, topology
from wand.lab.transfer import Transfer


class BrokenStage:
    """
    A L{wand.demo.stage.Stage} on which the second program does not start.
    """

    way, carrier = "memory", "nothing"
    topology = topology()

    def start(self, site: Site) -> None:
        if isinstance(site, Node):
            raise CommandFailed(f"{site.name} ended with 1")

    def evidence(self) -> Sequence[tuple[str, str]]:
        return [("node-1", "the tap wan0 cannot be opened")]

    def kill(self, site: Site) -> None:
        raise NotImplementedError

    def admit(self, node: Node) -> Admission:
        raise NotImplementedError

    def revoke(self, node: Node) -> None:
        raise NotImplementedError

    def knock(self) -> Silence:
        raise NotImplementedError

    def listen(self, patterns: Mapping[str, bytes]) -> AbstractContextManager[Callable[[], Capture]]:
        raise NotImplementedError

    def known(self, node: Node) -> dict[str, str]:
        raise NotImplementedError

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        raise NotImplementedError

    def probe(self, source: Node, targets: Sequence[Node]) -> Probe:
        raise NotImplementedError

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        raise NotImplementedError

    def visit(self) -> Sequence[tuple[str, str]]:
        raise NotImplementedError


class PerformTests(SynchronousTestCase):
    """
    The demo as a whole.
    """

    def test_failureIsExplained(self) -> None:
        """
        A step that fails ends the demo with status 1, after what failed and what the program said about it.
        """
        shown = StringIO()
        screen = Screen(Console(file=shown, width=120))
        with self.assertRaises(SystemExit) as ended:
            perform(BrokenStage(), screen, asJSON=False, keep=False, fast=True)
        self.assertEqual(ended.exception.code, 1)
        self.assertIn("The end of the log of node-1:\nthe tap wan0 cannot be opened", shown.getvalue())
        self.assertIn("failed  node-1 ended with 1", shown.getvalue())
