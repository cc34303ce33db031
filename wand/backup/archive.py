"""
The archive: a tar file whose first member says what it is, followed by the files of a state directory.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import attrs
import msgspec
from msgspec import Meta

from wand.errors import WandError
from wand.logs.escapes import escaped
from wand.version import __version__

#: The first member.
MANIFEST: Final = "wand-backup.json"

#: The form of the archive, and what is in the first member.
FORM: Final = 1

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}")


class BackupInvalid(WandError):
    """
    A backup cannot be made, read or restored.
    """


class Manifest(msgspec.Struct, frozen=True):
    """
    What an archive is.

    @ivar role: what kind of program the state belongs to.
    @ivar made: when, in seconds since the epoch.
    @ivar version: that of the program that made it.
    @ivar format: the form of the archive.
    """

    role: Literal["node", "server"]
    made: Annotated[float, Meta(ge=0, lt=1 << 37)]
    version: str
    format: Literal[1] = FORM


class _LaterManifest(msgspec.Struct):
    """
    The manifest of an archive of a later form than ours, as far as we understand it.
    """

    version: Annotated[str, Meta(max_length=64)]
    form: Annotated[int, Meta(gt=FORM)] = msgspec.field(name="format")


@attrs.frozen
class Archive:
    """
    The content of a backup.

    @ivar files: the content of each file of the state directory, by its name.
    """

    manifest: Manifest
    files: dict[str, bytes] = attrs.field(repr=False)

    def packed(self) -> bytes:
        """
        The archive as octets.
        """
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w") as tar:
            _add(tar, MANIFEST, msgspec.json.encode(self.manifest), self.manifest.made)
            for name, content in sorted(self.files.items()):
                _add(tar, name, content, self.manifest.made)
        return target.getvalue()

    @classmethod
    def parse(cls, octets: bytes) -> Archive:
        """
        Read octets that may be an archive.

        @raise BackupInvalid: if they are not, or it is damaged.
        """
        try:
            with tarfile.open(fileobj=io.BytesIO(octets), mode="r:") as tar:
                files = {member.name: _content(tar, member) for member in _checked(tar)}
            manifest = msgspec.json.decode(files.pop(MANIFEST, b""), type=Manifest)
        except (tarfile.TarError, msgspec.MsgspecError, ValueError, EOFError, RecursionError) as error:
            raise BackupInvalid(
                f"this is not a backup, or it is damaged ({error}), and nothing was changed: use a file that wand "
                "backup wrote, copied whole"
            ) from error
        return cls(manifest, files)


def _checked(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """
    The members, unless the first says that they are what only a later version understands.
    """
    for member in tar:
        if member.name == MANIFEST:
            _checkForm(_content(tar, member))
        yield member


def _checkForm(manifest: bytes) -> None:
    try:
        later = msgspec.json.decode(manifest, type=_LaterManifest)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    version = escaped(later.version)
    raise BackupInvalid(
        f"the backup was made by wandaemon {version} (form {later.form}), and this is {__version__}, which understands "
        f"form {FORM}; nothing was changed: install {version} again"
    )


def _add(tar: tarfile.TarFile, name: str, content: bytes, made: float) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, made
    tar.addfile(member, io.BytesIO(content))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    isPlain = member.isreg() and not member.issparse()  # a sparse file could be larger than any memory
    file = tar.extractfile(member) if isPlain and _NAME.fullmatch(member.name) else None
    content = None if file is None else file.read()
    if content is None or len(content) != member.size:
        raise ValueError(f"{member.name!r} is not a file of a state directory")
    return content
