"""
The contract that every store fulfils, as tests that a store's author runs against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.python.failure import Failure

from wand.errors import StoreUnavailable
from wand.interfaces import IRecords, IStore, IWandPlugin
from wand.testing import plugin_rules
from wand.testing import store_rules as rules
from wand.testing.plugin_contract import PluginContract
from wand.testing.records import RecordsContract
from wand.testing.shared_records import SharedRecordsContract


class StoreContract(RecordsContract, PluginContract):
    """
    What every store must do.  Mix it into a test case and say how to make one::

        class MyStoreTests(StoreContract, SynchronousTestCase):
            def makeStore(self):
                folder = mkdtemp()
                self.addCleanup(rmtree, folder)
                self.settings = {"path": f"{folder}/records"}
                return MyStore()

    With these settings the store is empty.  One that forgets everything when it is closed sets C{isDurable = False},
    one that answers later overrides C{successResultOf} to wait for it.
    """

    pluginInterface = IStore
    openedInterface = IRecords

    def makeStore(self) -> IStore:
        """
        Make the plugin.
        """
        raise NotImplementedError

    def impossibleSettings(self) -> Mapping[str, Any] | None:
        """
        Good settings with which it cannot be opened, such as a path in a folder that is not there; C{None} if there are
        none.
        """
        return None

    def makePlugin(self) -> IWandPlugin:
        """
        See L{PluginContract}.
        """
        return self.makeStore()

    def makeRecords(self) -> IRecords:
        """
        Open the empty store.
        """
        records: IRecords = self.openWith(self.settings)
        return records

    def reopened(self) -> IRecords:
        """
        Open it again.
        """
        return self.makeRecords()

    def closeOpened(self, opened: Any) -> None:
        """
        See L{PluginContract}.
        """
        self.answerOf(opened.close(), "close()", rules.CLOSE)

    def exercise(self, opened: IRecords) -> None:
        """
        See L{PluginContract}: write, read and exchange.
        """
        self.answerOf(opened.write("a", {b"k": b"1"}), "write()")
        self.answerOf(opened.load("a"), "load()")
        self.answerOf(opened.exchange("a", b"k", b"1", None), "exchange()")

    # The contract.

    def test_storesAreApart(self) -> None:
        """
        A store with other settings is another store.
        """
        before, records = dict(self.settings), self.records
        self.write({b"k": b"1"})
        another = self.makeStore()
        if dict(self.settings) == before:
            return  # the test has one place only
        with self.keeping(rules.APART, "open() of another one"):
            other: IRecords = another.open(self.settings, self.context)
        found = self.answerOf(other.load("a"), "load()")
        self.expect(found == {}, rules.APART, f"the other one holds {found}")
        self.answerOf(other.write("a", {b"l": b"2"}), "write()")
        self.closeOpened(other)
        self.use(records)
        self.expectRecords({b"k": b"1"}, rules.APART)

    def test_whatCannotBeOpened(self) -> None:
        """
        When the store cannot be opened, the error says why and nothing is left behind.
        """
        settings = self.impossibleSettings()
        if settings is None:
            return
        before = self.holdings()
        try:
            opened = self.openWith(settings)
            failures: list[Failure] = []
            self.answerOf(opened.load("a").addErrback(failures.append), "load()")
            self.closeOpened(opened)
            error = failures[0].value if failures else None
        except self.failureException:
            raise
        except Exception as raised:
            error = raised
        isSaid = isinstance(error, StoreUnavailable) and bool(str(error).strip())
        self.expect(isSaid, rules.UNAVAILABLE, f"{error!r}")
        self.expect(before == self.holdings(), plugin_rules.NOTHING_LEFT, f"{before} became {self.holdings()}")


class SharedStoreContract(SharedRecordsContract, StoreContract):
    """
    What a store must do besides that several servers open at once.  One that tells of changes later overrides C{until}
    to wait for them.
    """

    def makeOther(self) -> IRecords:
        """
        Open it once more.
        """
        return self.makeRecords()
