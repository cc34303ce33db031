"""
The conversations with nodes that redeem an invitation.  Whoever holds one can begin as many as it likes; so there are
few for each invitation and each address, and the oldest makes room for a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.gone_joiners import GoneJoiners
from wand.sealed.sessions.peers import JoinKey
from wand.sealed.sessions.timers import JOINERS_ADDRESS, JOINERS_INVITATION
from wand.underlay.place_kinds import subscriberOf

#: How many there are in all.
JOINERS_MAXIMUM: Final = 256

#: Those with one invitation, or of one subscriber.
_Group: TypeAlias = tuple[str, object]


class Joiners:
    """
    Finds a conversation by the joining node, which is the same for as long as it is kept.
    """

    def __init__(self) -> None:
        self._conversations: dict[JoinKey, Conversation] = {}
        self._groupsOf: dict[JoinKey, tuple[_Group, _Group]] = {}
        self._groups: dict[_Group, dict[JoinKey, None]] = {}
        self._gone = GoneJoiners()

    def __len__(self) -> int:
        return len(self._conversations)

    def values(self) -> Iterator[Conversation]:
        """
        All conversations, the oldest first.
        """
        return iter(tuple(self._conversations.values()))

    def get(self, joiner: JoinKey) -> Conversation | None:
        """
        The conversation with a node, if there is one.
        """
        return self._conversations.get(joiner)

    def add(self, joiner: JoinKey, conversation: Conversation, host: str) -> list[JoinKey]:
        """
        Keep a conversation.  One that is kept already keeps its age.

        @param host: where the node comes from.
        @return: those that have to be ended, and then popped, to make room.
        """
        groups = ("invitation", joiner.invitation), ("subscriber", subscriberOf(host))
        if self._groupsOf.get(joiner) == groups:
            return []
        self._leave(joiner)
        self._gone.forget(joiner)
        self._conversations[joiner] = conversation
        self._groupsOf[joiner] = groups
        limits = JOINERS_INVITATION, JOINERS_ADDRESS
        gone: dict[JoinKey, None] = {}
        for group, limit in zip(groups, limits, strict=True):
            members = self._groups.setdefault(group, {})
            members[joiner] = None
            if len(members) > limit:
                gone[next(iter(members))] = None
        if len(self._conversations) - len(gone) > JOINERS_MAXIMUM:
            gone[next(iter(self._conversations))] = None
        return list(gone)

    def pop(self, joiner: JoinKey) -> Conversation | None:
        """
        Forget a conversation, all but which initiations of the node were taken.
        """
        conversation = self._conversations.pop(joiner, None)
        if conversation is not None:
            invitation, _ = self._groupsOf[joiner]
            self._gone.remember(joiner, conversation.counterpart.freshness, invitation)
        self._leave(joiner)
        return conversation

    def freshnessOf(self, joiner: JoinKey) -> Freshness:
        """
        What is remembered of the initiations of a node that comes, perhaps for the second time.  Nothing is kept for
        that.
        """
        conversation = self._conversations.get(joiner)
        if conversation is not None:
            return conversation.counterpart.freshness
        return self._gone.get(joiner) or Freshness()

    def _leave(self, joiner: JoinKey) -> None:
        for group in self._groupsOf.pop(joiner, ()):
            members = self._groups[group]
            members.pop(joiner, None)
            if not members:
                del self._groups[group]
