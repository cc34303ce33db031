"""
The contract of directories, run against ours; the test writes the file.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.ethers import EthersKind

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.interfaces import IDirectoryKind
from wand.table import Peer
from wand.testing.directories import DirectoryContract


class EthersTests(DirectoryContract, SynchronousTestCase):
    def makeDirectory(self) -> IDirectoryKind:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "ethers"
        self.path = path
        path.write_text(
            "# the office\n2:0:0:0:0:a 198.51.100.7:22222 # a printer\n02:00:00:00:00:0b nobody!\nrubbish\n"
        )
        self.settings = {"path": str(path)}
        return EthersKind()

    def listed(self) -> Mapping[MAC, Peer]:
        return {MAC.parse("02:00:00:00:00:0a"): Endpoint("198.51.100.7", 22222)}

    def test_aFileThatIsNotThere(self) -> None:
        """
        Its entries hold for a while, and the operator is told, until it is there again.
        """
        self.begun()
        elsewhere = self.path.rename(self.path.with_name("moved"))
        self.pass_(60)
        assert [note.text for note in self.context.notes] == [f"{self.path} cannot be read: No such file or directory"]
        assert [entry.mac for entry in self.entries()] == [*self.listed()]
        elsewhere.rename(self.path)
        self.pass_(60)
        assert not [*self.context.notes]
