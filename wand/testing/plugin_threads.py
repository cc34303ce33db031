"""
A part of the contract of every plugin: it does what may wait elsewhere, and comes back with what it found.
"""

from __future__ import annotations

from wand.testing import plugin_rules as rules
from wand.testing.plugin_bench import PluginBench
from wand.testing.threads import strayCalls, waits


class PluginThreads(PluginBench):
    """
    The thread of the reactor belongs to all.
    """

    def test_waitsForNothing(self) -> None:
        """
        At work it calls nothing in the thread of the reactor that may wait: for a disk, a database, a name, a program.
        """
        opened = self.openWith(self.settings)
        with waits(self) as found:
            self.exercise(opened)
        self.shut(opened)
        self.expect(not found, rules.WAITS_FOR_NOTHING, "; ".join(dict.fromkeys(found)))

    def test_callsNothingFromOtherThreads(self) -> None:
        """
        Its threads touch nothing that is the reactor's.
        """
        with strayCalls(self.openLimit, self.handed) as found:
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        self.expect(not found, rules.OWN_THREAD, "; ".join(dict.fromkeys(found)))
