"""
What a backup must contain to be of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from wand.backup.archive import BackupInvalid
from wand.backup.database import MAGIC, check
from wand.errors import StateUnavailable
from wand.layouts import readMark, refusalOf
from wand.sealed.authority.stored_network import NEW_KEY
from wand.sealed.credentials.identity import NETWORK_KEY, NODE_KEY, NetworkKey
from wand.sealed.node.enrolment_files import MEMBERSHIP, TOKEN
from wand.sealed.node.epoch import EPOCH
from wand.state_layout import MARK

#: Files that only a node has.
_NODE: Final = (MEMBERSHIP, TOKEN, EPOCH)


def roleOf(files: Mapping[str, bytes]) -> Literal["node", "server"]:
    """
    Which kind of program these files belong to.
    """
    return "node" if any(name in files for name in _NODE) else "server"


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
