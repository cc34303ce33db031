"""
The directory server of sealed networks: members announce themselves to it inside their sessions, ask it who is where,
and are told of changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs
from twisted.internet.defer import Deferred

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.ethernet import MAC
from wand.interfaces import Context, IRecords
from wand.membership.certificate import Certificate
from wand.membership.claim import Announcement
from wand.membership.identity import Entropy, Identity
from wand.membership.member import Member
from wand.sealed.directory.deltas import Deltas
from wand.sealed.directory.messages import ENDPOINTS, Announce, Announced, Ask, pack, parse
from wand.sealed.directory.roll import Roll
from wand.sealed.directory.roll_journal import RollJournal
from wand.sealed.directory.roll_status import entriesOf
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.control_numbers import DIRECTORY_NUMBERS
from wand.sealed.sessions.interface import Sessions
from wand.status import EntryStatus
from wand.timing.budget import Budget
from wand.timing.deadlines import Ageing

COUNTERS: Final = {
    "directory-announcements": "announcements of members, those that said nothing new included",
    "directory-silent": "members that are not online any more because nothing was heard of them",
    "drop-directory-malformed": "directory messages dropped: they cannot be read, or are none for us",
    "drop-directory-loading": "directory messages dropped: the store is not read yet",
    "drop-directory-invalid": "announcements dropped: the certificate or the claim is not valid",
    "drop-directory-foreign": "announcements dropped: they are of somebody else",
    "drop-directory-hurry": "announcements dropped: that member changed too often",
    "drop-directory-full": "announcements dropped: as many members as we keep",
}

#: Seconds after which a member of which nothing was heard is not online any more.
SILENCE: Final = 180.0

#: For how many seconds an operator is reminded that the store was restored.
RESTORED_LIFETIME: Final = 86_400.0

#: How many members are kept.
LIMIT: Final = 20_000

#: How often a member may change, in a second for as long as it likes, and at once.
CHANGE_RATE: Final = 0.1
CHANGE_BURST: Final = 10.0


@attrs.frozen
class _Presence:
    """
    A member that announced itself since we started.

    @ivar order: the epoch and the number of its announcement.
    @ivar local: where it says it is.
    """

    order: tuple[int, int]
    local: tuple[str, ...]


class SealedDirectory:
    """
    Knows who is where.
    """

    def __init__(
        self,
        own: Identity,
        context: Context,
        sessions: Sessions,
        control: ControlMessages,
        records: IRecords,
        check: Callable[[bytes], Certificate | None],
        mayReach: Callable[[str], bool],
        entropy: Entropy = os.urandom,
    ) -> None:
        """
        @param own: the server's identity.
        @param records: the open store; closed by its owner.
        @param check: verifies a certificate, as L{wand.membership.trust.Trust.check} does.
        @param mayReach: is a host one to which datagrams may go?  Addresses of the overlay are not.
        """
        clock = self._clock = context.clock
        self._wallClock = context.wallClock
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._events = context.events
        self._sessions = sessions
        self._control = control
        self._check = check
        self._mayReach = mayReach
        self._notes = context.notes
        self._loaded = False
        self._isRestored = False
        self._present: dict[Identity, _Presence] = {}
        self._roll = Roll()
        self._journal = RollJournal(own, self._roll, records, context, entropy, self._published)
        self._deltas = Deltas(self._roll, self._journal, clock, context.counters, sessions.sendControl)
        self._changes = Budget(clock, CHANGE_RATE, CHANGE_BURST, LIMIT)
        self._silence: Ageing[Identity] = Ageing(clock, self._silent)
        self._expiries: Ageing[Identity] = Ageing(clock, self._expired, context.wallClock)
        self._end: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._roll)

    # Begin and end.

    def start(self) -> Deferred[None]:
        """
        Read the store, and listen to members from now on.  Everybody who was online counts as such until there was
        time to be heard.

        @return: fires when the store is read, or with L{wand.errors.StoreUnavailable}.
        """
        self._end = self._control.read(DIRECTORY_NUMBERS, self._received)
        self._sessions.onSession(self._session)
        return Deferred.fromCoroutine(self._load())

    def stop(self) -> Deferred[None]:
        """
        Say nothing more; fires when everything is stored.
        """
        self._end()
        self._loaded = False
        self._deltas.stop()
        self._silence.stop()
        self._expiries.stop()
        return Deferred.fromCoroutine(self._journal.stop())

    async def _load(self) -> None:
        await self._journal.load(self._check)
        self._loaded = True
        for registration in self._roll:
            said = registration.announcement
            self._expiries.expireAt(said.identity, said.certificate.expires)
            if registration.endpoints:
                self._silence.expireAt(said.identity, self._clock.seconds() + SILENCE)

    # What arrives.

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message, identity = parse(octets), Identity(peer)
        if not self._loaded:
            self._counters["drop-directory-loading"] += 1
        elif isinstance(message, Announce):
            self._announced(identity, message)
        elif isinstance(message, Ask):
            self._asked(identity, message)
        else:
            self._counters["drop-directory-malformed"] += 1

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not self._loaded:
            return
        identity = Identity(peer)
        if up:
            self._greet(identity)
            return
        self._deltas.forget(identity)
        if self._changes.take(identity.text):  # else silence will tell
            self._left(identity)

    def _asked(self, identity: Identity, ask: Ask) -> None:
        presence = self._present.get(identity)
        if presence is None:
            self._greet(identity)
        else:
            self._heard(identity)
            if ask.instance == self._journal.instance and ask.after > self._roll.version:
                self._fallenBehind()
            registration = self._roll.get(identity)
            if registration is not None:
                self._settle(identity, registration.announcement, presence)
        self._deltas.answer(identity, ask)

    def _announced(self, identity: Identity, message: Announce) -> None:
        self._counters["directory-announcements"] += 1
        announcement = self._understood(identity, message)
        if announcement is None:
            return
        presence = _Presence((announcement.claim.epoch, message.number), self._reachable(message.endpoints))
        before, known = self._present.get(identity), self._roll.get(identity)
        isOld = known is not None and announcement.precedence < known.announcement.precedence
        if isOld or (before is not None and presence.order < before.order):
            self._greet(identity)
        elif known is None and len(self._roll) >= LIMIT:
            self._counters["drop-directory-full"] += 1
        elif self._settle(identity, announcement, presence):
            self._present[identity] = presence
            self._heard(identity)
            self._greet(identity)
            if known is not None and announcement.claim.epoch > known.announcement.claim.epoch:
                self._sessions.sendBefore(identity, self._standing(identity))  # who is still there is a copy

    def _understood(self, identity: Identity, message: Announce) -> Announcement | None:
        known = self._roll.get(identity)
        said = None if known is None else known.announcement
        if said is not None and (message.certificate, message.claim) == (said.signedCertificate, said.signedClaim):
            return said
        announcement = Announcement.verified(message.certificate, message.claim, self._check)
        if announcement is None:
            self._counters["drop-directory-invalid"] += 1
        elif announcement.identity != identity:
            self._counters["drop-directory-foreign"] += 1
            return None
        return announcement

    def _fallenBehind(self) -> None:
        """
        A node knows more of our log than we do, so the store was restored from a backup: begin a new log, lest nodes
        take what is new for what they know.  Once, since it makes every node read it anew.
        """
        if not self._isRestored:
            self._isRestored = True
            self._journal.beginAnew()
            self._notes.say(
                "restored",
                "members know more than the store of this server, which was restored from a backup: those that joined "
                "since are learned as they come, see wand members; make invitations anew",
                lifetime=RESTORED_LIFETIME,
            )

    def callBack(self) -> Iterator[Identity]:
        """
        After a start, begin a session with everybody who was online, one at each step: they do not know that theirs is
        gone, and would hear no news until they ask again.
        """
        for registration in self._roll:
            said = registration.announcement
            if registration.endpoints and said.identity not in self._present and self._roll.get(said.identity):
                where = [Endpoint.parse(each) for each in registration.endpoints]
                self._sessions.introduce(said.identity, said.certificate.exchangeKey, where)
                self._greet(said.identity)
                yield said.identity

    def _greet(self, identity: Identity) -> None:
        """
        Tell a node what we have of it, and how far our log is.
        """
        self._sessions.sendControl(identity, self._standing(identity))

    def _standing(self, identity: Identity) -> bytes:
        presence = self._present.get(identity)
        number = 0 if presence is None else presence.order[1]
        return pack(Announced(self.epochOf(identity) or 0, number, self._journal.instance, self._journal.published))

    def epochOf(self, identity: Identity) -> int | None:
        """
        The epoch of the latest claim of a member; C{None} without one.
        """
        known = self._roll.get(identity)
        return None if known is None else known.announcement.claim.epoch

    # What changes.

    def _settle(self, identity: Identity, announcement: Announcement, presence: _Presence) -> bool:
        """
        Note what a member says of itself, and where it is heard.

        @return: whether that is noted; a member that changes too often has to wait.
        """
        observed = self._sessions.endpointOf(identity)
        seen = () if observed is None else self._reachable((str(observed),))
        endpoints = tuple(dict.fromkeys((*seen, *presence.local)))[:ENDPOINTS]
        known = self._roll.get(identity)
        if known is not None and (known.announcement, known.endpoints) == (announcement, endpoints):
            return True
        if not self._changes.take(identity.text):
            self._counters["drop-directory-hurry"] += 1
            return False
        self._change(announcement, endpoints)
        return True

    def _change(self, announcement: Announcement, endpoints: tuple[str, ...]) -> None:
        identity = announcement.identity
        before = self._roll.get(identity)
        self._expiries.expireAt(identity, announcement.certificate.expires)
        self._roll.change(announcement, endpoints, self._wallClock())
        self._journal.write(identity)
        if bool(endpoints) != bool(before and before.endpoints):
            kind = "member-online" if endpoints else "member-offline"
            self._events.publish(kind, name=announcement.claim.name, key=identity.text)

    def _heard(self, identity: Identity) -> None:
        now = self._clock.seconds()
        self._journal.heard[identity] = now
        self._journal.note(identity)
        self._silence.expireAt(identity, now + SILENCE)

    def _silent(self, identity: Identity) -> None:
        self._counters["directory-silent"] += 1
        self._left(identity)

    def _left(self, identity: Identity) -> None:
        self._present.pop(identity, None)
        self._silence.discard(identity)
        self._deltas.forget(identity)
        registration = self._roll.get(identity)
        if registration is not None and registration.endpoints:
            self._change(registration.announcement, ())

    def _expired(self, identity: Identity) -> None:
        """
        A certificate expired.  A member that is here all the same waits for another, or our clock is ahead.
        """
        if identity in self._present:
            self._expiries.expireAt(identity, self._wallClock() + SILENCE)
        else:
            self.forget(identity)

    def forget(self, identity: Identity) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        self._present.pop(identity, None)
        self._silence.discard(identity)
        self._expiries.discard(identity)
        self._deltas.forget(identity)
        self._journal.heard.pop(identity, None)
        if self._roll.forget(identity):
            self._journal.write(identity)

    def _published(self) -> None:
        self._deltas.changed()

    def _reachable(self, endpoints: Iterable[str]) -> tuple[str, ...]:
        return tuple(each for each in map(_endpoint, endpoints) if each and self._mayReach(Endpoint.parse(each).host))

    # What the operator sees.

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        At most C{count} of the addresses that members claim, in their order, those beyond C{after}.
        """
        return entriesOf(self._roll, after, count)


def _endpoint(text: str) -> str | None:
    try:
        return str(Endpoint.parse(text))
    except AddressInvalid:
        return None
