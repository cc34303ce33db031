"""
A plugin in a test: how it is made, opened, used and closed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.task import Clock

from wand.interfaces import Context, IWandPlugin
from wand.testing import plugin_rules as rules
from wand.testing.contract import Contract
from wand.testing.frames import makeContext


class PluginBench(Contract):
    """
    Makes a plugin.  The contract of each kind says how one is made, opened and closed.

    @ivar pluginInterface: what the plugin provides.
    @ivar openedInterface: what it opens provides.
    @ivar settings: what it is opened with.
    @ivar openLimit: seconds of real time that C{open} and C{unusable} may take.
    @ivar handed: functions that the plugin gets when it is opened, to call them in the thread of the reactor.
    @ivar context: what it is opened with, in simulated time.
    @ivar plugin: the plugin.
    """

    pluginInterface: Any
    openedInterface: Any
    settings: Mapping[str, Any] = {}
    openLimit: float = 1.0
    handed: Sequence[Any] = ()
    context: Context
    plugin: Any

    # What the contract of a kind supplies.

    def makePlugin(self) -> IWandPlugin:
        """
        Make the plugin.
        """
        raise NotImplementedError

    def makeContext(self) -> Context:
        """
        Make what it is opened with.
        """
        return makeContext()

    def openWith(self, settings: Mapping[str, Any]) -> Any:
        """
        Open the plugin with some settings.
        """
        return self.plugin.open(settings, self.context)

    def closeOpened(self, opened: Any) -> None:
        """
        Close what was opened, and see that it takes no longer than it may.
        """
        opened.close()

    def exercise(self, opened: Any) -> None:
        """
        Use what was opened a little.
        """

    def heldByUse(self) -> tuple[object, object]:
        """
        Open it, use it and close it.

        @return: what it held before that, and after.
        """
        before = self.holdings()
        opened = self.openWith(self.settings)
        self.exercise(opened)
        self.shut(opened)
        return before, self.holdings()

    # Tools.

    def shut(self, opened: Any) -> None:
        """
        Close what was opened.
        """
        with self.keeping(rules.CLOSES, "closing it"):
            self.closeOpened(opened)

    def setUp(self) -> None:
        """
        Make the plugin.
        """
        super().setUp()
        self.context = self.makeContext()
        self.plugin = self.makePlugin()

    def pass_(self, seconds: float) -> None:
        """
        Let simulated time pass.
        """
        clock = self.context.clock
        assert isinstance(clock, Clock), "this context has no simulated time"
        for _ in range(round(seconds * 10)):
            clock.advance(0.1)

    def clockOfTheHost(self) -> Callable[[float], None]:
        """
        Let the clock of the host be set, for what is opened from now on.

        @return: sets it forward by so many seconds.
        """
        now, steps = self.context.wallClock, list[float]()
        self.context = attrs.evolve(self.context, wallClock=lambda: now() + sum(steps))
        return steps.append

    def holdings(self) -> tuple[object, ...]:
        """
        What something open may hold, and something closed must not: descriptors, timers, readers and subscriptions.
        """
        clock = self.context.clock
        timers = len(clock.getDelayedCalls()) if isinstance(clock, Clock) else 0
        readers = self.context.descriptors.getReaders() if isinstance(clock, Clock) else []
        return len(openDescriptors()), timers, readers, f"{self.context.events.count} subscriptions"


def openDescriptors() -> set[int]:
    """
    The descriptors of this process.
    """
    found = set()
    for each in list(Path("/dev/fd").iterdir()):
        with suppress(OSError):
            os.fstat(int(each.name))  # that of the listing itself is closed by now
            found.add(int(each.name))
    return found
