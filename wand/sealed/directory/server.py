"""
The directory server of sealed networks: members announce themselves to it inside their sessions, ask it who is where,
and are told of changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

from twisted.internet.defer import Deferred

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.interfaces import Context, IRecords
from wand.interfaces.control_messages import Sessions
from wand.interfaces.membership import Member
from wand.sealed.control_numbers import DIRECTORY_NUMBERS
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Entropy, Identity
from wand.sealed.credentials.kept_announcement import AnyAnnouncement
from wand.sealed.directory.announcement_log import AnnouncementLog
from wand.sealed.directory.log_status import entriesOf
from wand.sealed.directory.looking import Looking
from wand.sealed.directory.messages import Announce, Announced, Ask, Look, pack, parse
from wand.sealed.directory.other_logs import OtherLogs
from wand.sealed.directory.page_sender import PageSender
from wand.sealed.directory.presence import Presence, PresentMembers
from wand.sealed.directory.settings import DirectorySettings
from wand.sealed.directory.stored_log import StoredEntry, StoredLog
from wand.sealed.directory.whereabouts import Whereabouts
from wand.sealed.sessions.control_messages import ControlMessages
from wand.status import EntryStatus
from wand.version import __version__

COUNTERS: Final = {
    "directory-announcements": "announcements of members, those that said nothing new included",
    "drop-directory-malformed": "directory messages dropped: they cannot be read, or are not for a server",
    "drop-directory-loading": "directory messages dropped: the store is not read yet",
    "drop-directory-invalid": "announcements dropped: the certificate or the claim is not valid",
    "drop-directory-foreign": "announcements dropped: they are somebody else's",
    "drop-directory-full": "announcements dropped: there are as many members as we keep",
}

#: For how many seconds an operator is reminded that the store was restored.
RESTORED_LIFETIME: Final = 86_400.0

#: Likewise that there are too many members; those that are not listed announce themselves again every 30 s.
FULL_LIFETIME: Final = 300.0


class SealedDirectoryServer:
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
        settings: DirectorySettings = DirectorySettings(),  # noqa: B008  # it is frozen
        certificateOf: Callable[[bytes], bytes] = lambda identity: b"",
    ) -> None:
        """
        @param own: the server's identity.
        @param records: the open store; closed by its owner.
        @param check: verifies a certificate, as L{wand.sealed.credentials.trust.Trust.check} does.
        @param mayReach: is a host one to which datagrams may go?  Addresses of the overlay are not.
        @param settings: what the operator decided.
        @param certificateOf: see L{AnnouncementLog}.
        """
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._sessions = sessions
        self._control = control
        self._check = check
        self._whereabouts = Whereabouts(sessions, mayReach)
        self._settings = settings
        self._notes = context.notes
        self._loaded = False
        self._isRestored = False
        self._announcements = AnnouncementLog(certificateOf)
        self._stored = StoredLog(own, self._announcements, records, context, entropy, self._published)
        self._pages = PageSender(
            self._announcements, self._stored, context.clock, context.counters, sessions.sendControl
        )
        self._looking = Looking(self._announcements, self._stored, context, sessions.sendControl, settings.members)
        self._present = PresentMembers(self._announcements, self._stored, context, self._forgetNode, settings.members)
        self._others = OtherLogs(records, context, self._heardElsewhere)
        self._end: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._announcements)

    # Starting and stopping.

    def start(self) -> Deferred[None]:
        """
        Read the store, and listen to members from now on.

        @return: fires when the store is read, or with L{wand.errors.StoreUnavailable}.
        """
        self._end = self._control.read(DIRECTORY_NUMBERS, self._received)
        self._sessions.onSession(self._session)
        self._sessions.onWay(self._moved)
        return Deferred.fromCoroutine(self._load())

    def stop(self) -> Deferred[None]:
        """
        Say nothing more; fires when everything is stored.
        """
        self._end()
        self._loaded = False
        self._pages.stop()
        self._looking.stop()
        self._others.stop()
        self._present.stop()
        return self._stored.stop()

    async def _load(self) -> None:
        await self._stored.load(self._check, self._present.loaded)
        self._loaded = True
        self._looking.begin()

    # What arrives.

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message, identity = parse(octets), Identity(peer)
        if not self._loaded:
            self._counters["drop-directory-loading"] += 1
        elif isinstance(message, Announce):
            self._announced(identity, message)
        elif isinstance(message, Ask):
            self._asked(identity, message)
        elif isinstance(message, Look):
            self._heard(identity, wantsStanding=not message.keys)
            self._pages.forget(identity)
            self._looking.look(identity, message)
        else:
            self._counters["drop-directory-malformed"] += 1

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not self._loaded:
            return
        if up:
            self._greet(Identity(peer))
        else:
            self._present.sessionEnded(Identity(peer))

    def _moved(self, peer: bytes, member: Member, place: tuple[str, int], reason: str) -> None:
        """
        A member is heard elsewhere: others learn that at once.
        """
        identity = Identity(peer)
        presence, known = self._present.get(identity), self._announcements.get(identity)
        if self._loaded and presence is not None and known is not None:
            self._present.settle(known.announcement, self._whereabouts.of(identity, presence))

    def _asked(self, identity: Identity, ask: Ask) -> None:
        isAhead = ask.instance == self._stored.instance and ask.after > self._announcements.version
        if isAhead and self._present.get(identity) is not None:
            self._fallenBehind()
        self._heard(identity)
        self._looking.leave(identity)
        self._pages.answer(identity, ask)

    def _heard(self, identity: Identity, *, wantsStanding: bool = False) -> None:
        """
        A member asks something: it is there, and perhaps elsewhere than before.

        @param wantsStanding: does it want to be told what we have of it?
        """
        presence, known = self._present.get(identity), self._announcements.get(identity)
        if presence is None or wantsStanding:
            self._greet(identity)
        if presence is None:
            return
        self._present.heard(identity)
        if known is not None:
            self._present.settle(known.announcement, self._whereabouts.of(identity, presence))

    def _forgetNode(self, identity: Identity) -> None:
        self._pages.forget(identity)
        self._looking.forget(identity)

    def _announced(self, identity: Identity, message: Announce) -> None:
        self._counters["directory-announcements"] += 1
        announcement = self._understood(identity, message)
        if announcement is None:
            return
        presence = Presence(announcement.epoch, message.number, self._whereabouts.reachable(message.endpoints))
        before, known = self._present.get(identity), self._announcements.get(identity)
        isOld = known is not None and known.announcement.isAfter(announcement)
        if before is None and message.number > 1:  # it may have looked for members before our start: it hears of that
            self._greet(identity)
        if isOld or (before is not None and presence.order < before.order):
            self._greet(identity)
        elif known is None and self._isFull():
            self._counters["drop-directory-full"] += 1
        elif self._present.settle(announcement, self._whereabouts.of(identity, presence)):
            self._present.announced(identity, presence)
            self._greet(identity)
            if known is not None and announcement.epoch > known.announcement.epoch:
                self._sessions.sendBefore(identity, self._standing(identity))  # who is still there is a copy

    def _isFull(self) -> bool:
        isFull = len(self._announcements) >= self._settings.members
        if isFull:
            self._notes.say(
                "members",
                f"there are {self._settings.members} members, as many as this server lists: nobody finds those that "
                "come now; raise its setting members",
                lifetime=FULL_LIFETIME,
            )
        return isFull

    def _understood(self, identity: Identity, message: Announce) -> AnyAnnouncement | None:
        known = self._announcements.get(identity)
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
        A node knows more of our log than we do, so the store was restored from a backup: begin a new log, or nodes
        take what is new for what they know.  Only once, since it makes every node read everything again.
        """
        if not self._isRestored:
            self._isRestored = True
            self._stored.beginAnew()
            self._notes.say(
                "restored",
                "members know more than the store of this server, which was restored from a backup: those that joined "
                "since are learned as they come, see wand members; make new invitations",
                lifetime=RESTORED_LIFETIME,
            )

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}.
        """
        self._present.certified(identity, certificate)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}: L{forget} is called for it.
        """

    def followServer(self, server: Identity) -> None:
        """
        List those whom another server hears, too, from now on; it shares our store.
        """
        if self._loaded:
            self._others.follow(server)

    def compareClock(self, server: Identity, ahead: float) -> None:
        """
        See L{OtherLogs.compareClock}.
        """
        self._others.compareClock(server, ahead)

    def _heardElsewhere(self, server: Identity, identity: Identity, entry: StoredEntry) -> None:
        known = self._announcements.get(identity)
        if known is None and self._isFull():
            self._counters["drop-directory-full"] += 1
            return
        announcement = self._understood(identity, Announce(0, entry.certificate, entry.claim, ()))
        if announcement is not None:
            endpoints = self._whereabouts.reachable(entry.endpoints) if entry.isFirsthand else ()
            self._present.heardElsewhere(server, announcement, endpoints, entry.heard)

    def callBack(self) -> Iterator[Identity]:
        """
        After a start, begin a session with every member that was online, one at each step.  Members do not know that
        theirs is gone, and would hear no news until they ask again.
        """
        for entry in self._announcements:
            identity = entry.identity
            wasHere = entry.endpoints and entry.isFirsthand
            if wasHere and self._present.get(identity) is None and self._announcements.get(identity):
                where = [Endpoint.parse(each) for each in entry.endpoints]
                self._sessions.introduce(identity, entry.announcement.certificate.exchangeKey, where)
                self._greet(identity)
                yield identity

    def _greet(self, identity: Identity) -> None:
        """
        Tell a node what we have of it, and how far our log is.
        """
        self._sessions.sendControl(identity, self._standing(identity))

    def _standing(self, identity: Identity) -> bytes:
        presence = self._present.get(identity)
        number = 0 if presence is None else presence.number
        instance, newest = self._stored.instance, self._stored.published
        members, groups = len(self._announcements), self._settings.groups
        return pack(Announced(self.epochOf(identity) or 0, number, instance, newest, members, groups, __version__))

    def epochOf(self, identity: Identity) -> int | None:
        """
        The epoch of the latest claim of a member; C{None} without one.
        """
        known = self._announcements.get(identity)
        return None if known is None else known.announcement.epoch

    def announcementOf(self, identity: bytes) -> tuple[bytes, bytes] | None:
        """
        The signed certificate and the signed claim that a member announced; C{None} without them.
        """
        known = self._announcements.get(Identity(identity))
        return None if known is None else (known.announcement.signedCertificate, known.announcement.signedClaim)

    def _published(self) -> None:
        if self._loaded:
            self._pages.changed()
            self._looking.changed()

    # What others see, and change.

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard here, in seconds since the epoch, and which version does it run?
        """
        known, heard = self._announcements.get(identity), self._stored.heardAt(identity)
        return (False, heard, "") if known is None else (bool(known.endpoints), heard, known.announcement.claim.version)

    def forget(self, identity: Identity) -> None:
        """
        A member was revoked; if it was a server, what it goes on writing counts no more.
        """
        self._others.leave(identity)
        self._present.forget(identity)

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        At most C{count} of the addresses that members claim, in their order, those beyond C{after}.
        """
        return entriesOf(self._announcements, after, count)
