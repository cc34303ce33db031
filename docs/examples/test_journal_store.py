"""
The contract, run against the store.
"""

import tempfile
from pathlib import Path

from journal_store import JournalStore
from twisted.trial.unittest import SynchronousTestCase

from wand.testing.stores import StoreContract


class JournalStoreTests(StoreContract, SynchronousTestCase):
    """
    The contract; each test has a file of its own.
    """

    def makeStore(self) -> JournalStore:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"path": str(Path(folder.name) / "journal")}
        return JournalStore()
