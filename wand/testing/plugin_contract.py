"""
What every plugin fulfils, of whatever kind it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from twisted.internet.defer import Deferred

from wand.testing import plugin_rules as rules
from wand.testing.plugin_manners import PluginManners
from wand.testing.plugin_settings import PluginSettings
from wand.testing.plugin_threads import PluginThreads

#: How often something is tried that must be quick; the quickest counts.
_TRIES: Final = 3


class PluginContract(PluginSettings, PluginManners, PluginThreads):
    """
    What every plugin must do, of whatever kind it is.
    """

    def quickest(self, do: Callable[[], Any], after: Callable[[Any], object]) -> float:
        """
        Do something a few times, and something else with what it returned after each.

        @return: the seconds that it took when it was quickest.
        """
        taken: list[float] = []
        while len(taken) < _TRIES and not (taken and taken[-1] <= self.openLimit):
            began = monotonic()
            result = do()
            taken.append(monotonic() - began)
            after(result)
        return min(taken)

    # The contract.

    def test_plugin(self) -> None:
        """
        The plugin has everything that a plugin of its kind must have.
        """
        self.verify(self.pluginInterface, self.plugin, "the plugin")

    def test_nameAndAbout(self) -> None:
        """
        Its name is one word, and what it is about is one line.
        """
        name, about = self.plugin.name, self.plugin.about
        self.expect(isinstance(name, str) and len(name.split()) == 1 and name == name.strip(), rules.NAME, f"{name!r}")
        isLine = isinstance(about, str) and bool(about.strip()) and "\n" not in about
        self.expect(isLine, rules.ABOUT, f"{about!r}")

    def test_canBeUsedHere(self) -> None:
        """
        It says that it can be used here, quickly, and changes nothing for that.
        """
        before = self.holdings()
        with self.keeping(rules.UNUSABLE, "unusable()"):
            reason = self.plugin.unusable()
        isReason = reason is None or (isinstance(reason, str) and bool(reason.strip()))
        self.expect(isReason, rules.UNUSABLE, f"it returned {reason!r}")
        self.expect(reason is None, rules.USABLE, f"it says {reason!r}")
        self.expect(before == self.holdings(), rules.UNUSABLE, f"it held {before} before, and {self.holdings()} after")
        taken = self.quickest(self.plugin.unusable, lambda _: None)
        self.expect(taken <= self.openLimit, rules.UNUSABLE_QUICK, f"it took {taken:.2f} s")

    def test_opensWhatItsInterfacePromises(self) -> None:
        """
        What it opens has everything that its interface has.
        """
        opened = self.openWith(self.settings)
        if isinstance(opened, Deferred) or hasattr(opened, "__await__"):
            with suppress(Exception):
                opened.close()
            self.fail(rules.OPENED.broken(f"open() returned {opened!r}"))
        self.verify(self.openedInterface, opened, "what it opens")
        self.shut(opened)

    def test_opensQuickly(self) -> None:
        """
        To open it takes no long time.
        """
        taken = self.quickest(lambda: self.openWith(self.settings), self.shut)
        self.expect(taken <= self.openLimit, rules.OPENS_QUICKLY, f"the quickest of {_TRIES} took {taken:.2f} s")

    def test_opensAgain(self) -> None:
        """
        After it was closed it can be opened again.
        """
        opened = self.openWith(self.settings)
        self.exercise(opened)
        self.shut(opened)
        with self.keeping(rules.OPENS_AGAIN, "the second open()"):
            opened = self.openWith(self.settings)
        self.verify(self.openedInterface, opened, "what it opens the second time")
        with self.keeping(rules.OPENS_AGAIN, "what was opened the second time"):
            self.exercise(opened)
        self.shut(opened)

    def test_leavesNothingThatItUsed(self) -> None:
        """
        Used and closed, it holds no more than before.
        """
        before, after = self.heldByUse()
        self.expect(before == after, rules.USED_LEAVES_NOTHING, f"it held {before} before, and {after} after")
