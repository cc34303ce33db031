"""
The directory C{gossip}: members tell each other who is where, without a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from math import inf
from typing import Final

from zope.interface import implementer

from wand.interfaces import IMembershipFollower, IRovingDirectory, NodeContext
from wand.interfaces.membership import Member
from wand.interfaces.participant import MemberContext
from wand.interfaces.sessions import GOSSIP
from wand.sealed.control_numbers import GOSSIP_NUMBERS
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.gossip.gossip import Gossip
from wand.sealed.gossip.kept_items import KeptItems
from wand.sealed.gossip.rings import Rings
from wand.sealed.gossip.signatures import Ed25519Signatures
from wand.sealed.gossip.told_members import ToldMembers
from wand.sealed.gossip.view import MemberView
from wand.sealed.gossip.watch import INTERVAL
from wand.status import DirectoryStatus
from wand.timing.repeating import Repeating

#: Seconds between renewals of what stands in the table; a small part of the lifetime of its entries.
RENEWAL: Final = 3600.0

#: How many members that are known from elsewhere are asked at a time, as long as there is nobody to talk to.
STRANGERS: Final = 3

#: How many of those that are known from before a restart are handed on in one turn, and seconds between two turns.
RESTORED_AT_ONCE: Final = 16
RESTORED_INTERVAL: Final = 0.05

#: Seconds until that is repeated at most; it begins with L{INTERVAL}, and doubles while nobody answers.
SEEKING_LONGEST: Final = 300.0


@implementer(IMembershipFollower, IRovingDirectory)
class GossipDirectory:
    """
    Takes part once we are a member.
    """

    def __init__(self, context: NodeContext, sealed: MemberContext) -> None:
        self._context = context
        self._participant = sealed.participant
        self._sessions = sealed.sessions
        self._control = sealed.control
        self._gossip: Gossip | None = None
        self._members: ToldMembers | None = None
        self._kept: KeptItems | None = None
        self._restored: Iterator[bytes] = iter(())
        self._heard: float | None = None
        self._seekAt, self._seekAgain = -inf, INTERVAL
        self._running = False
        self._end: Callable[[], None] = lambda: None
        repeating = partial(Repeating, clock=context.clock, failures=context.failures)
        self._renewal = repeating("gossip", self._renew)
        self._search = repeating("gossip", self._seek)
        self._restoring = repeating("gossip", self._restoreSome)

    def start(self) -> None:
        """
        See L{IDirectory}.
        """
        self._running = True
        self._end = self._control.read(GOSSIP_NUMBERS, self._received)
        self._sessions.onSession(self._session)
        self._renewal.start(RENEWAL, now=False)
        self._search.start(INTERVAL, now=False)
        self.announcementChanged()

    def stop(self) -> None:
        """
        See L{IDirectory}.
        """
        self._running = False
        if self._gossip is not None:
            self._gossip.leave()
        self._end()
        self._renewal.stop()
        self._search.stop()
        self._restoring.stop()
        for part in (self._gossip, self._members, self._kept):
            if part is not None:
                part.stop()
        self._gossip = self._members = self._kept = None

    def status(self) -> list[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        count = 0 if self._gossip is None else self._gossip.view.tree.count
        answered = None if self._heard is None else self._context.epoch(self._heard)
        return [DirectoryStatus("gossip", "asking" if answered is None else "answered", count, answered)]

    def announcementChanged(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        said = self._participant.announcement() if self._running else None
        certificate = None if said is None else unverified(said[0], Certificate)
        claim = None if said is None else unverified(said[1], Claim)
        if said is None or certificate is None or claim is None:
            return
        if self._gossip is None:
            self._gossip = self._begun(certificate.network)
        self._gossip.word.announce(*said, claim.epoch)
        self.moved()
        self._seek()

    def moved(self) -> None:
        """
        See L{IRovingDirectory}.
        """
        if self._gossip is not None:
            self._gossip.word.place([str(each.endpoint) for each in self._participant.candidates()])

    def serversChanged(self) -> None:
        """
        See L{IMembershipFollower}: servers take no part.
        """

    def clockSet(self) -> None:
        """
        See L{IMembershipFollower}: what was not valid comes again with the next comparison.
        """

    def _begun(self, network: bytes) -> Gossip:
        context, participant = self._context, self._participant
        signatures = Ed25519Signatures(participant.sign, participant.isValid)
        view = MemberView(network, signatures, context.clock, context.counters, Rings(network))
        gossip = Gossip(
            participant.identity,
            view,
            signatures,
            context.clock,
            context.random,
            context.counters,
            self._sessions.sendControl,
            participant.overtaken,
        )
        self._members = ToldMembers(
            view, participant, self._sessions, context.clock, context.counters, context.wallClock
        )
        gossip.told = self._members.told
        gossip.blamed = lambda peer: self._sessions.blame(peer, "gossip")
        state = context.stores.directory
        if state is not None:
            self._kept = KeptItems(network, lambda: view.tree, context, state())
            view.restore(self._kept.start())
            self._kept.restored()
        gossip.start()
        first = [*gossip.links.watched, *gossip.links.watchers]
        self._restored = iter(dict.fromkeys((*first, *(entry.identity for entry in view.tree))))
        self._restoring.start(RESTORED_INTERVAL)
        return gossip

    def _restoreSome(self) -> None:
        """
        Hand on some of those that are known from before a restart: each costs two signatures.
        """
        some = list(islice(self._restored, RESTORED_AT_ONCE))
        for identity in some:
            if self._members is not None:
                self._members.restored(identity)
        if not some:
            self._restoring.stop()

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        if self._gossip is not None and not member.isServer:
            self._heard = self._context.clock.seconds()
            self._participant.claims.entries.directoryHeard(GOSSIP)
            self._seekAt, self._seekAgain = -inf, INTERVAL
            self._gossip.received(peer, octets)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if self._gossip is not None and up and not member.isServer:
            self._gossip.meet(peer)

    def _seek(self) -> None:
        """
        As long as there is nobody to talk to, try some of those that we know from elsewhere: from our disk, from the
        link, from a server.  They may take no part, so we ask less and less often.
        """
        gossip, now = self._gossip, self._context.clock.seconds()
        if gossip is None or gossip.links.all or now < self._seekAt:
            return
        self._seekAt, self._seekAgain = now + self._seekAgain, min(SEEKING_LONGEST, 2 * self._seekAgain)
        known = [each.certificate for each in self._participant.claims.announcements]
        others = [each.identity for each in known if each.identity != self._participant.identity]
        for peer in self._context.random.sample(others, min(STRANGERS, len(others))):
            gossip.meet(peer)

    def _renew(self) -> None:
        if self._members is not None:
            self.moved()
            self._members.renew()
