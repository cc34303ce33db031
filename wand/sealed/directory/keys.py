"""
Keys: what a member is looked for by, as it stands in a message.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from wand.interfaces.search import Question
from wand.sealed.directory.messages import AFTER, BY_ADDRESS, BY_IDENTITY, BY_MAC, BY_NAME, RELAYS, Key

KINDS: Final = {
    "identity": BY_IDENTITY,
    "mac": BY_MAC,
    "address": BY_ADDRESS,
    "name": BY_NAME,
    "after": AFTER,
    "relays": RELAYS,
}

#: Octets of a key, at most.
KEY_MAXIMUM: Final = 32


def keyOf(question: Question) -> Key | None:
    """
    The key that stands for a question in a message; C{None} if nobody can have that.
    """
    kind, what = question
    if kind == "address":
        try:
            what = ip_address(str(what)).packed
        except ValueError:
            return None
    octets = what.encode() if isinstance(what, str) else bytes(what)
    return Key(KINDS[kind], octets) if 0 < len(octets) <= KEY_MAXIMUM else None
