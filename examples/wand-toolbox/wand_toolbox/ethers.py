"""
The directory: the file /etc/ethers, see ethers(5), says which MAC address is at which peer.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, EntryRefused
from wand.ethernet import MAC
from wand.interfaces import BaseDirectory, BasePlugin, IDirectory, IDirectoryKind, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.status import DirectoryStatus
from wand.table import Rank, Source
from wand.timing.repeating import Repeating

SOURCE = Source("ethers", Rank.DIRECTORY)

#: Seconds between two looks into the file, and for which an entry holds that is there no more.
INTERVAL, LIFETIME = 60.0, 150.0


class EthersSettings(msgspec.Struct):
    """
    What an operator may set.

    @ivar path: the file.
    """

    path: str = "/etc/ethers"


class Ethers(BaseDirectory):
    """
    The directory at work.
    """

    def __init__(self, path: Path, context: NodeContext) -> None:
        self.path, self.context = path, context
        self.count = 0
        self.reading = Repeating("the file of ethers", self.read, context.clock, context.failures)

    def start(self) -> None:
        self.reading.start(INTERVAL)

    def read(self) -> None:
        try:
            text = self.path.read_text()
        except OSError as error:  # the operator sees the note in wand status
            self.context.notes.say("ethers", f"{self.path} cannot be read: {error.strerror}")
            return
        self.context.notes.clear("ethers")
        lines = [line.partition("#")[0].split() for line in text.splitlines()]
        self.count = sum(self.put(*words) for words in lines if len(words) == 2)

    def put(self, mac: str, peer: str) -> bool:
        octets = ":".join(each.zfill(2) for each in mac.split(":"))  # ethers(5) leaves zeros out
        try:
            self.context.table.put(MAC.parse(octets), Endpoint.parse(peer, self.context.port), SOURCE, LIFETIME)
        except (AddressInvalid, EntryRefused) as error:
            self.context.log.warn("{mac} {peer} is left out: {error}", mac=mac, peer=peer, error=error)
            return False
        return True

    def stop(self) -> None:
        self.reading.stop()

    def status(self) -> Sequence[DirectoryStatus]:
        return [DirectoryStatus(name="ethers", state="fixed", entries=self.count, answered=None)]


@implementer(IDirectoryKind)
class EthersKind(BasePlugin):
    """
    Opens it.
    """

    name = "ethers"
    about = "the file /etc/ethers, with MAC addresses and peers"
    settings = EthersSettings

    def open(self, settings: Settings, context: NodeContext) -> IDirectory:
        return Ethers(Path(readSettings(settings, EthersSettings, "directories.ethers").path), context)


plugin = EthersKind()
