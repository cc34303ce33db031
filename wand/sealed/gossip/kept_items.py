"""
What gossip keeps over a restart: the items that it knew.  So a member that starts again asks for nothing but what
changed meanwhile; thousands that start together and know nothing would ask each for everything.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec

from wand.interfaces import NodeContext
from wand.sealed.credentials.cache_file import CacheFile
from wand.sealed.credentials.fields import Octets32
from wand.sealed.credentials.secret_files import FILE_MAXIMUM
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.gossip.items import Item, parseItem
from wand.sealed.gossip.tree import MemberTree
from wand.state import StateDirectory

#: The file in the state directory.
KEPT: Final = "gossip"

#: Seconds between two looks at whether there is something new to keep: with 10,000 members it is 8 MB.
KEEP_INTERVAL: Final = 600.0

#: How much is kept at most, in octets; of larger networks a part.
KEPT_MAXIMUM: Final = FILE_MAXIMUM - 1000


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """
    What is in the file.

    @ivar network: the public key of the network.
    @ivar digest: of the items, which are not verified again: nobody else can write into the state directory, but disks
        fail.
    @ivar items: all of them, as they travel.
    """

    network: Octets32
    digest: Octets32
    items: bytes


class KeptItems:
    """
    Remembers the items of a network.
    """

    def __init__(
        self, network: bytes, tree: Callable[[], MemberTree], context: NodeContext, state: StateDirectory
    ) -> None:
        """
        @param tree: gives what is known.
        """
        self._network = network
        self._tree = tree
        self._context = context
        self._total = 0
        self._file = CacheFile(
            KEPT, "members that gossip knows", self._look, state, context.clock, context.failures, context.notes
        )

    def start(self) -> list[Item]:
        """
        Keep what is known from now on.

        @return: what was known before, of each member in the order in which it is told; nothing if the file is damaged,
            which is said, or of another network.
        """
        content = self._file.start(KEEP_INTERVAL)
        if not content:
            return []
        kept = unpacked(content, _Kept, FILE_MAXIMUM)
        octets = None if kept is None or kept.digest != _digest(kept.items) else kept.items
        items = None if octets is None else unpacked(octets, list[msgspec.Raw], FILE_MAXIMUM)
        if kept is None or items is None:
            self._file.sayDamaged()
            return []
        if kept.network != self._network:
            return []
        found = [parseItem(bytes(each), self._network) for each in items]
        return [each for each in found if each is not None]

    def restored(self) -> None:
        """
        What is known now is what was in the file: it need not be written before something changes.
        """
        self._total = self._tree().total

    def stop(self) -> None:
        """
        Keep what there is, and stop.
        """
        if self._file.stop() and self._tree().total != self._total:
            self._file.write(self._content())

    def _look(self) -> None:
        total = self._tree().total
        if total != self._total:
            writing = self._file.writeIn(self._context.deferToThread, self._content())
            writing.addCallback(self._written, total)

    def _written(self, isKept: bool, total: int) -> None:
        if isKept:
            self._total = total

    def _content(self) -> bytes:
        items: list[msgspec.Raw] = []
        room = KEPT_MAXIMUM
        for entry in self._tree():
            found = [item.octets for item in entry.items]
            room -= sum(map(len, found))
            if room < 0:
                break
            items.extend(map(msgspec.Raw, found))
        octets = packed(items)
        return packed(_Kept(self._network, _digest(octets), octets))


def _digest(octets: bytes) -> bytes:
    return blake2b(octets, digest_size=32, person=b"wand gossip kept").digest()
