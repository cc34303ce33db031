"""
Who claims something that is to be assigned, without having it from here: others admit members, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wand.ethernet import MAC

#: Who claims a MAC address, an overlay address or a name; see L{wand.sealed.node.claims.Claims.ownerOf}.
Claimant: TypeAlias = Callable[[str, MAC | str], bytes | None]


def nobody(kind: str, what: MAC | str) -> None:
    """
    Nobody claims anything: all that is assigned is in our store.
    """
