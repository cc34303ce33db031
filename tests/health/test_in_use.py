"""
Tests for L{wand.health.in_use}: whatever a plugin does wrong counts for it, wherever it was caught.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.status import UsedStatus
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class Watcher:
    """
    What a frame service opens.
    """


class InUseTests(SynchronousTestCase):
    def test_whatIsCounted(self) -> None:
        """
        A failure counts for the plugin by its place, by what it opened, and by the context that it works with; and for
        no other.  A time-out is counted apart.
        """
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        its = context.forPlugin("frame service", "quiet")
        watcher = Watcher()
        context.inUse.opened("hook", "audit", "wand-audit 1.0", object())
        context.inUse.opened("frame service", "quiet", "wand-quiet 2.0", watcher)
        try:
            raise ValueError("wrong")
        except ValueError:
            context.failures.caught("frame service quiet")
            context.failures.caught("datagram", plugin=watcher)
            its.failures.caught("what it repeats")
            context.failures.caught("datagram")
        assert len(self.flushLoggedErrors(ValueError)) == 3
        context.failures.silent("hook audit", 5)
        assert context.inUse.status(context.failures) == [
            UsedStatus("hook", "audit", "wand-audit 1.0", 0, 1),
            UsedStatus("frame-service", "quiet", "wand-quiet 2.0", 3, 0),
        ]
        assert context.counters["drop-raised-datagram"] == 2
        context.inUse.closed("hook", "audit")
        context.inUse.closed("hook", "audit")
        assert [each.name for each in context.inUse.status(context.failures)] == ["quiet"]
