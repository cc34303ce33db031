"""
Which MAC addresses are behind which member.
"""

from __future__ import annotations

from wand.ethernet import MAC
from wand.sealed.credentials.identity import Identity


class HostsBehind:
    """
    Counts the addresses behind each member, and knows which of them are silent: remembered, and in no table.
    """

    def __init__(self) -> None:
        self._all: dict[Identity, dict[MAC, None]] = {}
        self._silent: dict[Identity, dict[MAC, None]] = {}

    def add(self, identity: Identity, mac: MAC) -> None:
        """
        There is another address behind a member.
        """
        self._all.setdefault(identity, {})[mac] = None

    def setSilent(self, identity: Identity, mac: MAC, *, isSilent: bool) -> None:
        """
        An address behind a member is no longer heard, or is heard again.
        """
        if isSilent:
            self._silent.setdefault(identity, {})[mac] = None
        else:
            _discard(self._silent, identity, mac)

    def discard(self, identity: Identity, mac: MAC) -> None:
        """
        An address is no longer behind a member.
        """
        _discard(self._all, identity, mac)
        _discard(self._silent, identity, mac)

    def of(self, identity: Identity) -> tuple[MAC, ...]:
        """
        The addresses behind a member.
        """
        return tuple(self._all.get(identity, ()))

    def count(self, identity: Identity) -> int:
        """
        How many addresses are behind a member.
        """
        return len(self._all.get(identity, ()))

    def firstSilent(self, identity: Identity | None = None) -> MAC | None:
        """
        The address that has been silent for the longest behind a member; behind any, if no member is named.
        """
        if identity is None:
            identity = next(iter(self._silent), None)
        return None if identity is None else next(iter(self._silent.get(identity, ())), None)


def _discard(macsOf: dict[Identity, dict[MAC, None]], identity: Identity, mac: MAC) -> None:
    macs = macsOf.get(identity)
    if macs is not None:
        macs.pop(mac, None)
        if not macs:
            del macsOf[identity]
