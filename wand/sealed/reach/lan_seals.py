"""
The seals of a network whose secret was changed: members on one link see each other while the former one counts.

A question is sealed with the newest secret, and an answer like its question.  So of two members the one that lags asks
with what it has, and is found; and nothing is sealed with a former secret but what goes to somebody who lags.
"""

from __future__ import annotations

from wand.interfaces.membership import Membership
from wand.sealed.reach.lan_messages import LanSeal


class LanSeals:
    """
    Knows the seals that count now.
    """

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._seals: dict[int, LanSeal] = {}

    @property
    def newest(self) -> LanSeal | None:
        """
        The one for questions; C{None} before joining.
        """
        return next(iter(self._counting()), None)

    def opened(self, datagram: bytes) -> tuple[LanSeal, bytes] | None:
        """
        The octets of the message in a datagram that may be anything, and its seal; C{None} if it is none of this
        network's, or its seal counts no more.
        """
        for seal in self._counting():
            octets = seal.opened(datagram)
            if octets is not None:
                return seal, octets
        return None

    def _counting(self) -> list[LanSeal]:
        counting = self._membership.secrets.counting
        if any(number not in self._seals for number, _ in counting):
            network = self._membership.network
            self._seals = {number: LanSeal.of(secret, network) for number, secret in counting}
        return [self._seals[number] for number, _ in counting]
