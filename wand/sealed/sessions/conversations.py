"""
All conversations of a transport.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wand.errors import AddressInvalid
from wand.interfaces.membership import Member
from wand.sealed.credentials.identity import Identity
from wand.sealed.sessions.conversation import Conversation
from wand.sealed.sessions.freshness import Freshness
from wand.sealed.sessions.joiners import Joiners
from wand.sealed.sessions.peers import JoinKey, PeerKey
from wand.sealed.sessions.shared import Shared

#: How many members we keep a conversation with.  Only whoever has a certificate takes room here, so this is no limit
#: for networks; that is the one of the directory.
MEMBERS_MAXIMUM: Final = 1_000_000

#: How many of them are looked at, for one that is idle, when somebody new comes and there is no room.
IDLE_LOOKS_MAXIMUM: Final = 64


class Conversations:
    """
    Finds a conversation by the peer.
    """

    def __init__(self, shared: Shared, membersMaximum: int = MEMBERS_MAXIMUM) -> None:
        self._shared = shared
        self._membersMaximum = membersMaximum
        self.members: dict[PeerKey, Conversation] = {}
        self.joiners = Joiners()
        self._end = self.end  # one for all of them
        self._unseen: list[PeerKey] = []  # members that were not looked at yet, the oldest last

    def __iter__(self) -> Iterator[Conversation]:
        yield from tuple(self.members.values())
        yield from tuple(self.joiners.values())

    def ofMember(self, member: Member) -> Conversation | None:
        """
        See L{wand.sealed.sessions.answering.ConversationsByPeer}.
        """
        conversation = self.introduced(member.identity, member.exchangeKey)
        if conversation is not None:
            conversation.counterpart.exchangeKey = member.exchangeKey
        return conversation

    def introduced(self, identity: bytes, exchangeKey: bytes) -> Conversation | None:
        """
        The conversation with whoever has this identity, a new one if need be; C{None} if there is no room.
        """
        peer = PeerKey(identity)
        conversation = self.members.get(peer)
        if conversation is None and self._hasRoom():
            conversation = self.members[peer] = Conversation(self._shared, self._end, peer, exchangeKey)
        return conversation

    def freshnessOfJoiner(self, exchangeKey: bytes) -> Freshness:
        """
        See L{wand.sealed.sessions.answering.ConversationsByPeer}.
        """
        return self.joiners.freshnessOf(JoinKey(exchangeKey))

    def ofJoiner(self, exchangeKey: bytes, invitation: bytes, host: str, freshness: Freshness) -> Conversation:
        """
        See L{wand.sealed.sessions.answering.ConversationsByPeer}.
        """
        joiner = JoinKey(exchangeKey)
        conversation = self.joiners.get(joiner)
        if conversation is None:
            conversation = Conversation(self._shared, self._end, joiner, exchangeKey)
            conversation.counterpart.freshness = freshness
        assert isinstance(conversation.peer, JoinKey)
        conversation.peer.invitation = invitation
        for oldest in self.joiners.add(conversation.peer, conversation, host):
            self._shared.counters["sealed-joiners-replaced"] += 1
            self.end(oldest)
        return conversation

    def redeeming(self, exchangeKey: bytes, invitation: bytes, secret: bytes) -> Conversation:
        """
        A new conversation in which we redeem an invitation.

        @param exchangeKey: the server's.
        """
        server = JoinKey(exchangeKey)
        server.invitation = invitation
        self.end(server)
        conversation = Conversation(self._shared, self._end, server, exchangeKey, secret)
        self.joiners.add(server, conversation, "")
        return conversation

    def end(self, peer: bytes) -> None:
        """
        End a conversation, and forget it.
        """
        conversation = self.joiners.pop(peer) if isinstance(peer, JoinKey) else self.members.pop(PeerKey(peer), None)
        if conversation is not None:
            conversation.course.end()
            conversation.place.forget()

    def named(self, text: str) -> PeerKey:
        """
        Find a peer by what an operator writes: its name, or its whole key in hex.

        @raise AddressInvalid: if there is no such peer, or more than one.
        """
        identity = Identity.parse(text)
        if identity is not None:
            return PeerKey(identity)
        found = [peer for peer in self.members if peer.name == text]
        if len(found) != 1:
            what = "more than one peer is" if found else "no known peer is"
            raise AddressInvalid(f"{what} called {text!r}; write the name of a peer, or its whole key")
        return found[0]

    def _hasRoom(self) -> bool:
        if len(self.members) < self._membersMaximum:
            return True
        for _ in range(min(IDLE_LOOKS_MAXIMUM, len(self.members))):
            self._unseen = self._unseen or list(reversed(self.members))
            peer = self._unseen.pop()
            conversation = self.members.get(peer)
            if conversation is not None and conversation.isIdle:
                del self.members[peer]
                conversation.place.forget()
                return True
        self._shared.counters["drop-sealed-full"] += 1
        return False
