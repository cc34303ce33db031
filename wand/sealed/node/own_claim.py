"""
The claim of a node to its own MAC and overlay addresses, and its name.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from wand.ethernet import MAC
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import signed
from wand.sealed.node.epoch import Epoch
from wand.state_writer import StateWriter
from wand.version import __version__


class OwnClaim:
    """
    Signs the claim, with a later epoch whenever it says something else.
    """

    def __init__(self, key: NodeKey, writer: StateWriter, wallClock: Callable[[], float]) -> None:
        """
        @param writer: writes the epoch down.
        @param wallClock: gives the seconds since the epoch.
        @raise StateUnavailable: if the epoch cannot be read.
        """
        self._key = key
        self._epoch = Epoch(writer, wallClock)
        self._last: tuple[Claim, bytes] | None = None

    def signed(self, own: Certificate, macs: tuple[MAC, ...]) -> bytes:
        """
        Our signed claim; the same as before if nothing changed.

        @param own: what our certificate says, and all else that we claim.
        @param macs: claimed as far as the certificate allows.
        """
        content = Claim(
            network=own.network,
            identity=own.identity,
            epoch=self.epoch,
            macs=tuple(bytes(mac) for mac in macs if mac in own.macs),
            addresses=own.addresses,
            name=own.name,
            admitter=own.admitter,
            version=__version__,
        )
        if self._last is not None:
            if self._last[0] == content:
                return self._last[1]
            content = msgspec.structs.replace(content, epoch=self._epoch.next())
        self._last = content, signed(self._key.signing, content)
        return self._last[1]

    @property
    def epoch(self) -> int:
        """
        The epoch of our claims.
        """
        return self._epoch.current

    def surpass(self, epoch: int) -> None:
        """
        Claim with a later epoch than this one from now on.
        """
        self._epoch.next(above=epoch)

    def startOver(self) -> None:
        """
        Claim with a later epoch, even what was claimed before.
        """
        self._last = None
        self._epoch.next()
