"""
A directory: a file has a MAC address and a peer in each line.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, EntryRefused
from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.status import DirectoryStatus
from wand.table import Rank, Source
from wand.timing.repeating import Repeating


class PhonebookSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    path: str


# directory
@implementer(IDirectory)
class Phonebook:
    """
    Reads the file once a minute; what is not there any more ends after two.
    """

    source = Source("phonebook", Rank.DIRECTORY)

    def __init__(self, path: str, context: NodeContext) -> None:
        self.path, self.table, self.port = Path(path), context.table, context.port
        self.entries = 0
        self.reading = Repeating("the phonebook", self.read, context.clock, context.failures)

    def start(self) -> None:
        self.reading.start(60.0)

    def read(self) -> None:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.entries = len(lines)
        for line in lines:
            mac, _, peer = line.partition(" ")
            with suppress(AddressInvalid, EntryRefused):  # what is wrong in a line is left out
                self.table.put(MAC.parse(mac), Endpoint.parse(peer, self.port), self.source, 120.0)

    def stop(self) -> None:
        self.reading.stop()

    def status(self) -> list[DirectoryStatus]:
        return [DirectoryStatus(name="phonebook", state="fixed", entries=self.entries, answered=None)]


# end of directory


@implementer(IDirectoryKind)
class PhonebookKind:
    """
    Opens it.
    """

    name = "phonebook"
    about = "a file with a MAC address and a peer in each line"

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        return Phonebook(readSettings(settings, PhonebookSettings, "directories.phonebook").path, context)
