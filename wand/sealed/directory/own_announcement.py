"""
What we announce of ourselves.
"""

from __future__ import annotations

from wand.interfaces.participant import Participant
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.messages import ENDPOINTS_MAXIMUM, Announce, pack


class OwnAnnouncement:
    """
    Our announcement, with a new number whenever it says something new.

    @ivar order: the epoch of our claim and the number of the announcement; C{None} before the first.
    @ivar message: the announcement, packed; empty before the first.
    @ivar endpoints: our endpoints on local networks.
    """

    def __init__(self, participant: Participant) -> None:
        self.order: tuple[int, int] | None = None
        self.message = b""
        self.endpoints: frozenset[str] = frozenset()
        self._participant = participant
        self._said: tuple[bytes, bytes, tuple[str, ...]] | None = None
        self._number = 0

    def overtaken(self, epoch: int) -> None:
        """
        A server has an announcement of ours with a later epoch, which was not made here.
        """
        self._participant.overtaken(epoch)

    def refresh(self) -> bool:
        """
        See what there is to announce.

        @return: whether that is new.
        """
        endpoints = tuple(self._participant.endpoints())
        self.endpoints = frozenset(endpoints)
        signed = self._participant.announcement()
        if signed is None:
            return False
        said = (*signed, endpoints[:ENDPOINTS_MAXIMUM])
        claim = unverified(said[1], Claim)
        if claim is None or said == self._said:
            return False
        self._said = said
        self._number += 1
        self.order = (claim.epoch, self._number)
        self.message = pack(Announce(self._number, *said))
        return True
