"""
Tests for L{wand.health.origin} and L{wand.health.installed}: whose an object is, and who put files in the place
of ours.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.memory import MemoryDriver
from wand.health.installed import distributions
from wand.health.origin import attributed, intrusions, isOurs, originOf
from wand.version import __version__


class InstalledCase(SynchronousTestCase):
    """
    A folder with distributions.
    """

    def setUp(self) -> None:
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.install("wandaemon", {"wand/__init__.py": b"ours", "wand/table.py": b"ours"})

    def install(self, name: str, files: dict[str, bytes]) -> None:
        """
        Install a distribution, as pip does: files that are there are overwritten.
        """
        lines = []
        for path, content in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)
            digest = urlsafe_b64encode(sha256(content).digest()).decode().rstrip("=")
            lines.append(f"{path},sha256={digest},{len(content)}\n")
        info = self.folder / f"{name}-{__version__ if name == 'wandaemon' else '1.0'}.dist-info"
        info.mkdir()
        (info / "RECORD").write_text("".join(lines))

    def found(self) -> Sequence[str]:
        """
        What is said of them.
        """
        return intrusions(distributions([str(self.folder), "/nonexistent"]))


class IntrusionTests(InstalledCase):
    def test_plugins(self) -> None:
        """
        A distribution that publishes plugins as it should is welcome, and so is one that has nothing to do with us.
        """
        self.install("wand_packet", {"wand_packet/driver.py": b"", "twisted/plugins/wand_packet_dropin.py": b""})
        self.install("wandering", {"wandering/__init__.py": b"", "notwand/__init__.py": b""})
        self.assertEqual(self.found(), [])

    def test_anInitThatOverwritesOurs(self) -> None:
        """
        One that brings C{wand/__init__.py} is named, and that ours is another file now is said.
        """
        self.install("wand_evil", {"wand/__init__.py": b"", "wand/plugins/wand_evil_dropin.py": b""})
        named, changed = self.found()
        self.assertIn(f"is not the one of wandaemon {__version__}", changed)
        self.assertIn("the distribution wand-evil 1.0 has wand/__init__.py", named)
        self.assertIn("uninstall it", named)

    def test_otherFilesOfOurs(self) -> None:
        """
        So is one that brings any other file of ours, also if it is the same, or a file that we do not have.
        """
        paths = ("wand/table.py", "wand/drivers/__init__.py", "wand/plugins/other_dropin.py", "wand/new.py")
        for path in paths:
            self.install(f"wand_{len(path)}", {path: b""})
            self.assertIn(path, " ".join(self.found()))
        self.assertEqual(len(self.found()), len(paths))

    def test_whatAnUninstallTookAway(self) -> None:
        """
        After such a distribution was removed again our file is missing, which is said, too.
        """
        (self.folder / "wand" / "__init__.py").unlink()
        (said,) = self.found()
        self.assertIn("is missing: install wandaemon again", said)

    def test_anEditableInstallation(self) -> None:
        """
        Where our own record lists no modules there is nothing to compare.
        """
        (self.folder / f"wandaemon-{__version__}.dist-info" / "RECORD").write_text("_editable_impl_wandaemon.pth,,\n")
        self.assertEqual(self.found(), [])

    def test_thisInstallation(self) -> None:
        """
        Here all is well.
        """
        self.assertEqual(intrusions(distributions()), [])


class OriginTests(InstalledCase):
    def test_ours(self) -> None:
        """
        Our own objects need no name.
        """
        self.assertTrue(isOurs(MemoryDriver()))
        self.assertEqual(attributed("driver memory", MemoryDriver()), "driver memory")
        self.assertEqual(attributed("datagram", None), "datagram")

    def test_others(self) -> None:
        """
        Those of others are named with their distribution, also if the class stands in the dropin; where there is none,
        with their file.
        """
        self.patch(sys, "path", [str(self.folder), *sys.path])
        self.install("wand_packet", {"wand_packet/driver.py": b"", "twisted/plugins/wand_packet_dropin.py": b""})
        for module in ("wand_packet.driver", "twisted.plugins.wand_packet_dropin"):
            plugin = type("Driver", (), {"__module__": module})()
            self.assertFalse(isOurs(plugin))
            self.assertEqual(attributed("driver packet", plugin), "driver packet of wand-packet 1.0")
        loose = ModuleType("loose_driver")
        loose.__file__ = "/somewhere/loose_driver.py"
        self.patch(sys, "modules", {**sys.modules, "loose_driver": loose})
        self.assertEqual(originOf(type("Driver", (), {"__module__": "loose_driver"})()), "/somewhere/loose_driver.py")
