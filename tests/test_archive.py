"""
Tests for L{wand.backup.archive}: archives that somebody made to harm.
"""

from __future__ import annotations

import io
import tarfile

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.backup.archive import MANIFEST, Archive, BackupInvalid, Manifest
from wand.version import __version__

GOOD = Archive(Manifest("node", 1.0, "1"), {"node.key": b"k" * 64, "membership": b"m" * 700})
OCTETS = GOOD.packed()


def archive(*members: tuple[tarfile.TarInfo, bytes], manifest: bytes | None = None) -> bytes:
    """
    An archive with any members behind its manifest.
    """
    described = msgspec.json.encode(GOOD.manifest) if manifest is None else manifest
    first = tarfile.TarInfo(MANIFEST)
    first.size = len(described)
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for member, content in ((first, described), *members):
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()


class ArchiveTests(SynchronousTestCase):
    def assertRefused(self, octets: bytes) -> None:
        with self.assertRaises(BackupInvalid):
            Archive.parse(octets)

    def test_whatLeadsElsewhere(self) -> None:
        """
        Names that lead out of the directory, links and what is not a file are refused.
        """
        for name in ("../node.key", "/etc/passwd", "a/b", "..", ".node.key", "n" * 250, "\x1b[2Jkey"):
            self.assertRefused(archive((tarfile.TarInfo(name), b"")))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo("node.key")
            member.type, member.linkname = kind, "/etc/shadow"
            self.assertRefused(archive((member, b"")))

    def test_largerThanAnyMemory(self) -> None:
        """
        A file of mere holes that says it is huge is refused before there is room made for it.
        """
        member = tarfile.TarInfo("node.key")
        member.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "node.key",
            "GNU.sparse.realsize": str(1 << 60),
        }
        member.size = 512
        self.assertRefused(archive((member, b"0\n".ljust(512, b"\0"))))

    def test_madeAtNoTime(self) -> None:
        """
        What says that it was made at a time that no calendar has is refused before anything is put back.
        """
        for made in (b"1e300", b"-1", b"1e99"):
            self.assertRefused(archive(manifest=b'{"role": "node", "version": "1", "made": ' + made + b"}"))

    def test_ofALaterForm(self) -> None:
        """
        What only a later version understands is refused by the name of that version, whatever else it has.
        """
        later = b'{"format": 2, "version": "7.0\\u001b", "kind": "fleet"}'
        directory = tarfile.TarInfo("hosts")
        directory.type = tarfile.DIRTYPE
        said = rf"made by wandaemon 7\.0\\x1b \(form 2\), and this is {__version__}.*install 7\.0"
        with self.assertRaisesRegex(BackupInvalid, said):
            Archive.parse(archive((directory, b""), manifest=later))

    @given(st.lists(st.tuples(st.integers(0, len(OCTETS) - 1), st.integers(0, 255)), min_size=1, max_size=8))
    def test_damaged(self, changes: list[tuple[int, int]]) -> None:
        """
        Whatever is damaged, an archive is read or refused.
        """
        octets = bytearray(OCTETS)
        for at, value in changes:
            octets[at] = value
        try:
            Archive.parse(bytes(octets))
        except BackupInvalid:
            return
