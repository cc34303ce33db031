"""
What every plugin fulfils, of whatever kind it is.
"""

from __future__ import annotations

import os
from contextlib import redirect_stdout, suppress
from copy import deepcopy
from io import StringIO
from time import monotonic, sleep
from typing import Any, Final

from twisted.internet.defer import Deferred

from wand.errors import ConfigurationInvalid
from wand.testing import plugin_rules as rules
from wand.testing.plugin_bench import PluginBench, openDescriptors
from wand.testing.process import othersRunning, processState
from wand.testing.reactor_imports import reactorHolders, reactorImports

#: How often something is tried that must be quick; the quickest counts.
_TRIES: Final = 3


class PluginContract(PluginBench):
    """
    What every plugin must do, of whatever kind it is.
    """

    def quickest(self, *calls: Any) -> float:
        """
        Do something a few times, and something else after each.

        @return: the seconds that the first took when it was quickest.
        """
        do, after = calls
        taken: list[float] = []
        while len(taken) < _TRIES and not (taken and taken[-1] <= self.openLimit):
            began = monotonic()
            result = do()
            taken.append(monotonic() - began)
            after(result)
        return min(taken)

    def shut(self, opened: Any) -> None:
        """
        Close what was opened.
        """
        with self.keeping(rules.CLOSES, "closing it"):
            self.closeOpened(opened)

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
        self.shut(self.openWith(self.settings))
        with self.keeping(rules.OPENS_AGAIN, "the second open()"):
            opened = self.openWith(self.settings)
        self.verify(self.openedInterface, opened, "what it opens the second time")
        self.shut(opened)

    def test_unknownSettingsAreRefused(self) -> None:
        """
        A setting that it does not know is an error that names it, and nothing is left behind.
        """
        before = self.holdings()
        try:
            opened = self.openWith({**self.settings, "no-such-setting": 1})
        except ConfigurationInvalid as error:
            self.expect(error.key == "no-such-setting", rules.SETTINGS, f"the error names {error.key!r}: {error}")
        except Exception as error:
            self.fail(rules.SETTINGS.broken(f"open() raised {type(error).__name__}: {error}"))
        else:
            self.shut(opened)
            self.fail(rules.SETTINGS.broken("it was opened with the setting no-such-setting"))
        self.expect(before == self.holdings(), rules.NOTHING_LEFT, f"before {before}, after {self.holdings()}")

    def test_settingsAreLeftAsTheyAre(self) -> None:
        """
        It does not change the settings that it is given.
        """
        settings: Any = deepcopy(dict(self.settings))
        with self.keeping(rules.SETTINGS_KEPT, "open() with a copy of its settings"):
            self.shut(self.openWith(settings))
        self.expect(settings == dict(self.settings), rules.SETTINGS_KEPT, f"they are {settings} now")

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

    def test_printsNothing(self) -> None:
        """
        It prints nothing.
        """
        printed = StringIO()
        with redirect_stdout(printed):
            self.plugin.unusable()
            opened = self.openWith(self.settings)
            self.exercise(opened)
            self.shut(opened)
        self.expect(not printed.getvalue(), rules.PRINTS_NOTHING, f"it printed {printed.getvalue()!r}")

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
        before, others = processState(), othersRunning()
        opened = self.openWith(self.settings)
        self.exercise(opened)
        self.shut(opened)
        changed = [name for name, value in processState().items() if value != before[name]]
        self.expect(not changed, rules.PROCESS_KEPT, f"changed: {', '.join(changed)}")
        until = monotonic() + self.openLimit
        while othersRunning() - others and monotonic() < until:
            sleep(0.01)
        left = othersRunning() - others
        self.expect(not left, rules.LEAVES_NOBODY, f"left: {', '.join(sorted(left))}")
