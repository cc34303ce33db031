"""
A part of the contract of every plugin: it leaves alone what it shares with the whole program.
"""

from __future__ import annotations

import os
from time import monotonic, sleep

from twisted.internet.task import Clock

from wand.testing import plugin_rules as rules
from wand.testing.plugin_bench import PluginBench, openDescriptors
from wand.testing.printing import printing
from wand.testing.process import changedCode, codeInUse, othersRunning, processState, seeding
from wand.testing.reactor_imports import reactorCalls, reactorHolders, reactorImports


class PluginManners(PluginBench):
    """
    The process, the reactor and the terminal belong to all.
    """

    def test_importsNoReactor(self) -> None:
        """
        It does not import the reactor.
        """
        with reactorImports(self.plugin) as importers:
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        found = {*importers, *reactorHolders(self.plugin, opened)}
        self.expect(not found, rules.NO_REACTOR, f"imported by {', '.join(sorted(found))}")

    def test_usesNoOtherClock(self) -> None:
        """
        What it does later it does by the clock of its context, and not by that of the process.
        """
        if not isinstance(self.context.clock, Clock):
            return
        with reactorCalls() as calls:
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        self.expect(not calls, rules.NO_OTHER_CLOCK, f"the reactor of the process was asked to call {calls}")

    def test_printsNothing(self) -> None:
        """
        It prints nothing.
        """
        with printing() as printed:
            self.plugin.unusable()
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        self.expect(not printed, rules.PRINTS_NOTHING, f"it printed {', '.join(map(repr, printed))}")

    def test_descriptorsAreNotInherited(self) -> None:
        """
        Programs that the node starts get none of its descriptors.
        """
        before = openDescriptors()
        opened = self.openWith(self.settings)
        inherited = [each for each in openDescriptors() - before if os.get_inheritable(each)]
        self.shut(opened)
        self.expect(not inherited, rules.NOT_INHERITED, f"{len(inherited)} inheritable descriptors after open()")

    def test_leavesTheProcessAsItIs(self) -> None:
        """
        It changes nothing that belongs to the whole program, and leaves no thread or process behind.
        """
        before, others, code = processState(), othersRunning(), codeInUse()
        with seeding() as seeded:
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        self.expect(not seeded, rules.PROCESS_KEPT, "random.seed() was called, and everybody's randomness is known")
        patched = changedCode(code)
        self.expect(not patched, rules.CODE_KEPT, f"replaced: {', '.join(patched)}")
        changed = [name for name, value in processState().items() if value != before[name]]
        self.expect(not changed, rules.PROCESS_KEPT, f"changed: {', '.join(changed)}")
        until = monotonic() + self.openLimit
        while othersRunning() - others and monotonic() < until:
            sleep(0.01)
        left = othersRunning() - others
        self.expect(not left, rules.LEAVES_NOBODY, f"left: {', '.join(sorted(left))}")
