"""
The store: a folder with one file for each kind of records, which is written anew with each change.  For small networks.
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote

import msgspec
from twisted.internet.defer import Deferred
from zope.interface import implementer

from wand.errors import StoreUnavailable
from wand.interfaces import BasePlugin, BaseRecords, Context, IRecords, IStore, Settings
from wand.plugin_settings import readSettings


class FolderSettings(msgspec.Struct):
    """
    What an operator sets.

    @ivar path: the folder; it is made if it is not there.
    """

    path: str


@implementer(IRecords)
class FolderRecords(BaseRecords):
    """
    An open store.  Its worker does one thing after the other in a thread, so the reactor never waits for the disk.
    """

    def __init__(self, folder: Path, context: Context) -> None:
        self.folder = folder
        self.worker = context.makeWorker(f"the store in {folder}")
        self.isOpen = True

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return self.worker.do(partial(self.read, kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        return self.worker.do(partial(self.change, kind, dict(records)))

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        def exchange() -> bool:
            isExpected = self.read(kind).get(key) == expected
            if isExpected:
                self.change(kind, {key: value})
            return isExpected

        return self.worker.do(exchange)

    def close(self) -> Deferred[None]:
        return self.worker.do(self.end)

    def read(self, kind: str) -> dict[bytes, bytes]:
        if not self.isOpen:
            raise StoreUnavailable("the store is closed")
        try:
            return msgspec.msgpack.decode(self.file(kind).read_bytes(), type=dict[bytes, bytes])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreUnavailable(f"{self.file(kind)} cannot be read: {error}") from error

    def change(self, kind: str, records: Mapping[bytes, bytes | None]) -> None:
        merged = {**self.read(kind), **records}
        content = msgspec.msgpack.encode({key: value for key, value in merged.items() if value is not None})
        written = self.file(kind).with_suffix(".new")
        try:
            with written.open("wb") as file:
                file.write(content)
                os.fsync(file.fileno())  # first the content, then the name: all of a change or nothing
            written.replace(self.file(kind))
        except OSError as error:
            raise StoreUnavailable(f"{written} cannot be written: {error}") from error

    def end(self) -> None:
        self.isOpen = False

    def file(self, kind: str) -> Path:
        return self.folder / f"{quote(kind, safe='')}.records"


@implementer(IStore)
class FolderStore(BasePlugin):
    """
    Opens it.
    """

    name = "folder"
    about = "a folder with one file for each kind of records"
    settings = FolderSettings

    def open(self, settings: Settings, context: Context) -> IRecords:
        folder = Path(readSettings(settings, FolderSettings, "store-settings").path)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the folder {folder} cannot be made: {error.strerror}") from error
        return FolderRecords(folder, context)


plugin = FolderStore()
