"""
The contract, run against the source.
"""

import tempfile
from pathlib import Path

from metadata_source import MetadataSource
from twisted.trial.unittest import SynchronousTestCase

from wand.testing.candidates import CandidateSourceContract


class MetadataSourceTests(CandidateSourceContract, SynchronousTestCase):
    """
    The contract; the test plays the cloud.
    """

    def makeSource(self) -> MetadataSource:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"path": str(Path(folder.name) / "address")}
        Path(self.settings["path"]).write_text("203.0.113.7\n")
        return MetadataSource()

    def test_elsewhere(self) -> None:
        source = self.makeSource().open({"path": "/nonexistent"}, self.nodeContext())
        source.start(self.take)
        self.assertEqual(self.told, [[]])
