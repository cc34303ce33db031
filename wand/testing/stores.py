"""
The contract that every store fulfils, as tests that a store's author runs against it.
"""

from __future__ import annotations

from typing import Any

from wand.interfaces import IRecords, IStore, IWandPlugin
from wand.testing import store_rules as rules
from wand.testing.plugin_contract import PluginContract
from wand.testing.records import RecordsContract
from wand.testing.shared_records import SharedRecordsContract


class StoreContract(RecordsContract, PluginContract):
    """
    What every store must do.  Mix it into a test case and say how to make one::

        class MyStoreTests(StoreContract, SynchronousTestCase):
            def makeStore(self):
                self.settings = {"path": self.mktemp()}
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
        See L{PluginContract}: write and read.
        """
        self.answerOf(opened.write("a", {b"k": b"1"}), "write()")
        self.answerOf(opened.load("a"), "load()")


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
