"""
What a backup must contain to be of use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal

from wand.backup.archive import BackupInvalid
from wand.backup.database import MAGIC, check
from wand.errors import StateUnavailable
from wand.layouts import readMark, refusalOf
from wand.programs.store_settings import SQLITE
from wand.sealed.authority.stored_network import NETWORK_FILES, NEW_KEY
from wand.sealed.credentials.identity import NETWORK_KEY, NODE_KEY, NetworkKey
from wand.sealed.node.enrolment_files import MEMBERSHIP, TOKEN
from wand.sealed.node.epoch import EPOCH
from wand.state_layout import MARK

#: Files that only a node has, and files that a server has as soon as it was started.  A node that founded a network has
#: some of both.
_NODE: Final = (MEMBERSHIP, TOKEN, EPOCH)
_SERVER: Final = (*NETWORK_FILES, SQLITE)


def roleIn(names: Collection[str]) -> Literal["node", "server", ""]:
    """
    Which kind of program keeps files of these names; empty if that cannot be told.
    """
    if any(name in names for name in _NODE):
        return "node"
    return "server" if any(name in names for name in _SERVER) else ""


def checkContents(files: Mapping[str, bytes], where: str) -> None:
    """
    @param where: the directory or archive, for the error.
    @raise BackupInvalid: if the keys or a database are damaged, or there is no key at all.
    """
    if NODE_KEY not in files:
        raise BackupInvalid(f"{where} has no {NODE_KEY}: it is not the state of a node or a server")
    refusal = refusalOf(readMark(files.get(MARK)), where)
    if refusal:
        raise BackupInvalid(refusal)
    for name in (NODE_KEY, NETWORK_KEY, NEW_KEY):
        if name in files:
            try:
                NetworkKey.parse(files[name].decode("ascii", "replace"))  # all keys are written alike
            except StateUnavailable as error:
                raise BackupInvalid(f"{name} in {where} is damaged: it has no key") from error
    for name, content in files.items():
        if name.endswith(".sqlite") or content.startswith(MAGIC):
            check(content, f"{name} in {where}")
