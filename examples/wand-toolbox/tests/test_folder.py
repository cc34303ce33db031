"""
The contract of stores, run against ours; each test has a folder of its own.
"""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.folder import FolderStore

from wand.interfaces import IStore
from wand.testing.stores import StoreContract


class FolderStoreTests(StoreContract, SynchronousTestCase):
    def makeStore(self) -> IStore:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"path": str(Path(folder.name) / "records")}
        return FolderStore()
