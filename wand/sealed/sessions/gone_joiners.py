"""
What is remembered of nodes that redeemed an invitation and are gone: which of their initiations were taken, so that
nobody who recorded one gets an answer for it.
"""

from __future__ import annotations

from typing import Final

from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.peers import JoinKey

#: How many are remembered in all, and of one invitation: whoever holds one can come and go as often as it likes.
GONE_MAXIMUM: Final = 4096
GONE_INVITATION: Final = 256


class GoneJoiners:
    """
    Remembers those that went last.
    """

    def __init__(self) -> None:
        self._freshness: dict[JoinKey, tuple[Freshness, object]] = {}
        self._ofInvitation: dict[object, dict[JoinKey, None]] = {}

    def __len__(self) -> int:
        return len(self._freshness)

    def get(self, joiner: JoinKey) -> Freshness | None:
        """
        The initiations of a node that is gone, if they are remembered.
        """
        freshness, _ = self._freshness.get(joiner, (None, None))
        return freshness

    def remember(self, joiner: JoinKey, freshness: Freshness, invitation: object) -> None:
        """
        A node is gone.

        @param invitation: the one with which it came.
        """
        self.forget(joiner)
        self._freshness[joiner] = freshness, invitation
        group = self._ofInvitation.setdefault(invitation, {})
        group[joiner] = None
        if len(group) > GONE_INVITATION:
            self.forget(next(iter(group)))
        elif len(self._freshness) > GONE_MAXIMUM:
            self.forget(next(iter(self._freshness)))

    def forget(self, joiner: JoinKey) -> None:
        """
        A node is back.
        """
        if joiner in self._freshness:
            _, invitation = self._freshness.pop(joiner)
            group = self._ofInvitation[invitation]
            del group[joiner]
            if not group:
                del self._ofInvitation[invitation]
