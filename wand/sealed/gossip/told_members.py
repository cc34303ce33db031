"""
The members as gossip tells of them: what follows for who owns what, for sessions and for the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces.control_messages import Sessions
from wand.interfaces.participant import Participant
from wand.interfaces.sessions import GOSSIP
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.signed import unverified
from wand.sealed.gossip.entry import Entry
from wand.sealed.gossip.items import ACCUSATION, ANNOUNCEMENT, AnnouncementItem, Item
from wand.sealed.gossip.view import SUSPICION, MemberView
from wand.timing.deadlines import Deadlines
from wand.underlay.place_kinds import isLoopback

COUNTERS: Final = {"drop-gossip-endpoint": "endpoints of members dropped: no datagrams go there, or we are there"}


class ToldMembers:
    """
    Hands on what was told.
    """

    def __init__(
        self,
        view: MemberView,
        participant: Participant,
        sessions: Sessions,
        clock: IReactorTime,
        counters: Counters,
        wallClock: Callable[[], float],
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch, by which certificates expire.
        """
        counters.declare(COUNTERS)
        self._view = view
        self._participant = participant
        self._sessions = sessions
        self._clock = clock
        self._wallClock = wallClock
        self._counters = counters
        self._online: set[bytes] = set()
        self._suspicions: Deadlines[bytes] = Deadlines(clock, self._settle)
        participant.claims.dropped = self._dropped

    def told(self, item: Item) -> None:
        """
        Something new is known of a member.
        """
        if item.member == self._participant.identity:
            return
        entry = self._view.get(item.member)
        if item.kind == ANNOUNCEMENT:
            self._offer(item)
        elif entry is not None and self._isForgotten(entry):
            self._offer(entry.announcement)
        if entry is not None and item.kind != ACCUSATION:
            self._introduce(entry)
        if entry is not None and entry.accusation is not None:
            self._suspicions.expireAt(item.member, self._clock.seconds() + SUSPICION)
        self._settle(item.member)

    def restored(self, identity: bytes) -> None:
        """
        A member is known from before a restart, if its certificate is still valid.
        """
        entry = self._view.get(identity)
        if entry is None or identity == self._participant.identity:
            return
        self.told(entry.announcement)
        said = entry.announcement.told
        isKnown = self._participant.claims.announcement(identity) is not None
        if isKnown or not isinstance(said, AnnouncementItem):
            return
        if not self._participant.isValid(said.certificate, said.claim):
            self._view.forget(identity)

    def renew(self) -> None:
        """
        What is so stands for another lifetime.  A member of which gossip alone knows, because nobody used it, is
        forgotten once its certificate expired.
        """
        self._participant.claims.entries.sweep()
        claims, own = self._participant.claims, self._participant.identity
        for entry in tuple(self._view.tree):
            here = entry.identity
            if here == own:
                continue
            if claims.announcement(here) is None:
                self._forgetExpired(entry)
            elif self._view.isHere(here):
                claims.entries.online(here, GOSSIP)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._suspicions.stop()
        self._participant.claims.dropped = lambda identity: None

    def _dropped(self, identity: bytes) -> None:
        """
        Who is no member any more is forgotten at once, as by all others.
        """
        self._view.forget(identity)
        self._online.discard(identity)
        self._suspicions.discard(identity)

    def _forgetExpired(self, entry: Entry) -> None:
        said = entry.announcement.told
        certificate = unverified(said.certificate, Certificate) if isinstance(said, AnnouncementItem) else None
        if certificate is not None and certificate.expires <= self._wallClock():
            self._dropped(entry.identity)

    def _isForgotten(self, entry: Entry) -> bool:
        """
        Is a member here that was forgotten while it was away, because nobody used it?
        """
        isHere = self._view.isHere(entry.identity)
        return isHere and self._participant.claims.announcement(entry.identity) is None

    def _offer(self, item: Item) -> None:
        if isinstance(item.told, AnnouncementItem):
            self._participant.claims.offer(item.told.certificate, item.told.claim, isTold=True)

    def _introduce(self, entry: Entry) -> None:
        said = self._participant.claims.announcement(entry.identity)
        if said is None or entry.presence is None:
            return
        own = [each.endpoint for each in self._participant.candidates()]
        accepted = [each for each in map(_parsed, entry.endpoints) if each is not None and self._mayBe(each, own)]
        self._counters["drop-gossip-endpoint"] += len(entry.endpoints) - len(accepted)
        self._sessions.introduce(entry.identity, said.certificate.exchangeKey, accepted, GOSSIP)

    def _mayBe(self, endpoint: Endpoint, own: Collection[Endpoint]) -> bool:
        """
        May a member be there?  On this host only where we say of ourselves that we are; and not where we are.

        @param own: where we are.
        """
        if isLoopback(endpoint.host) and not any(isLoopback(each.host) for each in own):
            return False
        return endpoint not in own and self._participant.mayReach(endpoint.host)

    def _settle(self, member: bytes) -> None:
        entries = self._participant.claims.entries
        if self._participant.claims.announcement(member) is None:
            return
        entries.claimed(member)
        if self._view.isHere(member):
            self._online.add(member)
            entries.online(member, GOSSIP)
        elif member in self._online:
            self._online.discard(member)
            entries.offline(member, GOSSIP)


def _parsed(text: str) -> Endpoint | None:
    try:
        return Endpoint.parse(text)
    except AddressInvalid:
        return None
