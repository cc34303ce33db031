"""
What plugins keep over a restart: each has records of its own in the program's state directory, which nobody else reads.
A backup has them, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from twisted.internet.defer import Deferred

from wand.errors import StateUnavailable
from wand.state import StateDirectory
from wand.worker import Worker

#: How much one plugin keeps at most, in octets.
SIZE_MAXIMUM: Final = 500_000

_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")

_Records = dict[bytes, bytes]


class PluginStores:
    """
    What all plugins of a program keep.

    @ivar directory: gives the state directory; C{None} where there is none, and everything is forgotten at the end.
    """

    def __init__(self, worker: Worker) -> None:
        """
        @param worker: does what may block.
        """
        self.directory: Callable[[], StateDirectory] | None = None
        self._worker = worker
        self._forgotten: dict[str, bytes] = {}

    def of(self, name: str) -> PluginStore:
        """
        What one plugin keeps.
        """
        return PluginStore(f"plugin-{_NAME.sub('_', name)}", self, self._worker)

    def read(self, name: str) -> bytes | None:
        """
        Read a file.

        @raise StateUnavailable: if that fails.
        """
        return self._forgotten.get(name) if self.directory is None else self.directory().read(name)

    def write(self, name: str, content: bytes) -> None:
        """
        Write a file.

        @raise StateUnavailable: if that fails.
        """
        if self.directory is None:
            self._forgotten[name] = content
        else:
            self.directory().write(name, content)


class PluginStore:
    """
    What one plugin keeps: a few records, not a database.
    """

    def __init__(self, name: str, stores: PluginStores, worker: Worker) -> None:
        self._name = name
        self._stores = stores
        self._worker = worker

    def load(self) -> Deferred[dict[bytes, bytes]]:
        """
        All records.

        @return: fails with L{StateUnavailable} if they cannot be read.
        """
        return self._worker.do(self._load)

    def write(self, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        """
        Set records, all or none; C{None} deletes.  Once it fired they survive a crash.

        @return: fails with L{StateUnavailable} if they cannot be written, or would be more than L{SIZE_MAXIMUM}.
        """
        return self._worker.do(partial(self._write, dict(records)))

    def _load(self) -> _Records:
        content = self._stores.read(self._name)
        try:
            return {} if content is None else msgspec.msgpack.decode(content, type=_Records)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise StateUnavailable(
                f"{self._name} in the state directory is damaged: move it away, or restore it from a backup ({error})"
            ) from error

    def _write(self, records: Mapping[bytes, bytes | None]) -> None:
        merged = {**self._load(), **records}
        # What is more than octets, such as a MAC address, msgpack does not take.
        kept = {bytes(key): bytes(value) for key, value in merged.items() if value is not None}
        content = msgspec.msgpack.encode(kept)
        if len(content) > SIZE_MAXIMUM:
            raise StateUnavailable(f"{self._name}: a plugin keeps at most {SIZE_MAXIMUM:,} octets")
        self._stores.write(self._name, content)
