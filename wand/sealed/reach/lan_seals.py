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
        self._seals: dict[bytes, LanSeal] = {}  # by their secrets

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
        secrets = [secret for _, secret in self._membership.secrets.counting]
        if any(each not in self._seals for each in secrets):
            network = self._membership.network
            self._seals = {each: LanSeal.of(each, network) for each in secrets}
        return [self._seals[each] for each in secrets]
