"""
The contract, run against the directory.
"""

import tempfile
from pathlib import Path

from phonebook import PhonebookKind
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.testing.directories import DirectoryContract


class PhonebookTests(DirectoryContract, SynchronousTestCase):
    """
    The contract; the test writes the file.
    """

    def makeDirectory(self) -> PhonebookKind:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "phonebook"
        path.write_text("02:00:00:00:00:0a 198.51.100.7\nnonsense\n")
        self.settings = {"path": str(path)}
        return PhonebookKind()

    def listed(self) -> dict[MAC, Endpoint]:
        return {MAC.parse("02:00:00:00:00:0a"): Endpoint("198.51.100.7", 22222)}
