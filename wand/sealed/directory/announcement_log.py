"""
The log of announcements: which members there are and where each is, in the order in which that changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs

from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.kept_announcement import AnyAnnouncement, KeptAnnouncement
from wand.sealed.directory.claimants import Claimants
from wand.sealed.directory.relays import Relays
from wand.sorted_keys import SortedKeys

#: Octets of a MAC address.
MAC_SIZE: Final = 6


@attrs.frozen
class LogEntry:
    """
    A member, as a directory server knows it.

    @ivar endpoints: where it is, best first; empty while it is not online.
    @ivar since: when that or its announcement changed last, in seconds since the epoch.
    @ivar version: the place of that change in the log.
    @ivar isFirsthand: did it tell us itself, or another server?
    """

    announcement: KeptAnnouncement
    endpoints: tuple[str, ...]
    since: float
    version: int
    isFirsthand: bool = True

    @property
    def identity(self) -> Identity:
        """
        Whose entry it is.
        """
        return self.announcement.identity


class AnnouncementLog:
    """
    The entry of each member, once, at its last change.

    @ivar version: the place of the last change.
    @ivar claimants: who claims what.
    @ivar relays: who has the relay right.
    """

    def __init__(self, certificateOf: Callable[[Identity], bytes] = lambda identity: b"") -> None:
        """
        @param certificateOf: the signed certificate of a member that is kept elsewhere as well, so that one that a
            member announces is not kept twice; empty if there is none.
        """
        self.version = 0
        self.claimants = Claimants(lambda identity: self._entries[identity].announcement.seniority)
        self.relays = Relays()
        self._certificateOf = certificateOf
        self._entries: dict[Identity, LogEntry] = {}
        self._order: list[tuple[int, Identity]] = []
        self._macs = SortedKeys()  # each with the identity of who claims it
        self._online = SortedKeys()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(tuple(self._entries.values()))

    def get(self, identity: Identity) -> LogEntry | None:
        """
        What is known of a member.
        """
        return self._entries.get(identity)

    def load(self, entries: Iterable[tuple[LogEntry, AnyAnnouncement]], version: int) -> None:
        """
        Take what was stored.

        @param entries: each with what the member announced, as it was just read: of thousands nothing is read twice.
        @param version: of the last change, unless an entry has a later one.
        """
        self._entries.clear()
        for index in (self._macs, self._online, self.claimants, self.relays):
            index.clear()
        for entry, announcement in entries:
            identity = entry.identity
            self._entries[identity] = entry
            self._claim(identity, announcement)
            if announcement.certificate.relay:
                self.relays.load(identity)
            if entry.endpoints:
                self._online.add(identity)
        self._order = sorted((entry.version, identity) for identity, entry in self._entries.items())
        self.version = max(version, self._order[-1][0] if self._order else 0)

    def change(
        self, announcement: AnyAnnouncement, endpoints: tuple[str, ...], now: float, *, isFirsthand: bool = True
    ) -> Identity:
        """
        A member is new, or something about it is.

        @return: its identity, the same object each time.
        """
        self.version += 1
        before = self._entries.get(announcement.identity)
        kept = self.kept(announcement)
        identity = kept.identity
        entry = LogEntry(kept, endpoints, now, self.version, isFirsthand)
        if before is None or not _claimsTheSame(before.announcement, announcement):
            self._unclaim(before)
            self._claim(identity, announcement)
            self._noteRight(before, kept)
        self._entries[identity] = entry
        self._noteOnline(before, entry)
        self._order.append((self.version, identity))
        if len(self._order) > 2 * len(self._entries) + 64:  # what was overtaken goes; so each change pays for two
            self._order = [(version, each) for version, each in self._order if self._isLast(version, each)]
        return identity

    def kept(self, announcement: AnyAnnouncement) -> KeptAnnouncement:
        """
        An announcement as it is kept: what we have already is kept once.
        """
        before = self._entries.get(announcement.identity)
        said = None if before is None else before.announcement
        return KeptAnnouncement.of(announcement, said, self._certificateOf(announcement.identity))

    def hearFirsthand(self, identity: Identity) -> bool:
        """
        A member tells itself what another server told of it.  Nodes know it already: it is no change.

        @return: whether that is new.
        """
        entry = self._entries.get(identity)
        if entry is None or entry.isFirsthand:
            return False
        self._entries[identity] = attrs.evolve(entry, isFirsthand=True)
        return True

    def forget(self, identity: Identity) -> bool:
        """
        Somebody is no longer a member.  Nobody needs to be told: every node sees that for itself.

        @return: whether it was known.
        """
        before = self._entries.pop(identity, None)
        self._unclaim(before)
        self.relays.forget(identity)
        self._noteOnline(before, None)
        return before is not None

    def following(self, identity: bytes, but: bytes) -> LogEntry | None:
        """
        Of the members that are online the one with the lowest identity above another, after the highest the lowest.

        @param but: who does not count.
        """
        for each in (*self._online.page(identity, 2), *self._online.page(b"", 2)):
            if each != but:
                return self._entries[Identity(each)]
        return None

    def preceding(self, identity: bytes) -> bytes | None:
        """
        The identity of the member that is online and comes just before another, before the lowest the highest; C{None}
        if the other is not online, or alone.
        """
        entry = self._entries.get(Identity(identity))
        before = self._online.before(identity) if entry is not None and entry.endpoints else None
        return None if before == identity else before

    def claimed(self, after: bytes | None, count: int) -> list[tuple[bytes, LogEntry]]:
        """
        At most C{count} of the MAC addresses that members claim, in their order, those beyond C{after}, each with who
        claims it.
        """
        page = self._macs.page(b"" if after is None else after + b"\xff" * 32, count)
        return [(key[:MAC_SIZE], self._entries[Identity(key[MAC_SIZE:])]) for key in page]

    def changed(self, after: int, upto: int) -> Iterator[LogEntry]:
        """
        The members that changed last beyond one version and up to another, in the order of their changes.
        """
        for at in range(bisect_right(self._order, (after, b"\xff" * 33)), len(self._order)):
            version, identity = self._order[at]
            if version > upto:
                return
            if self._isLast(version, identity):
                yield self._entries[identity]

    def _isLast(self, version: int, identity: Identity) -> bool:
        entry = self._entries.get(identity)
        return entry is not None and entry.version == version

    def _noteOnline(self, before: LogEntry | None, after: LogEntry | None) -> None:
        was, isNow = before is not None and before.endpoints, after is not None and after.endpoints
        if before is not None and was and not isNow:
            self._online.discard(before.identity)
        elif after is not None and isNow and not was:
            self._online.add(after.identity)

    def _noteRight(self, before: LogEntry | None, now: KeptAnnouncement) -> None:
        had, has = before is not None and before.announcement.certificate.relay, now.certificate.relay
        if has and not had:
            self.relays.add(now.identity)
        elif had and not has:
            self.relays.discard(now.identity)

    def _claim(self, identity: Identity, announcement: AnyAnnouncement) -> None:
        self.claimants.add(identity, announcement)
        for mac in announcement.claim.macs:
            self._macs.add(mac + identity)

    def _unclaim(self, entry: LogEntry | None) -> None:
        if entry is not None:
            self.claimants.remove(entry.announcement)
            for mac in entry.announcement.claim.macs:
                self._macs.discard(mac + entry.identity)


def _claimsTheSame(one: KeptAnnouncement, other: AnyAnnouncement) -> bool:
    if one.signedClaim == other.signedClaim and one.signedCertificate == other.signedCertificate:
        return True
    isOther = one.signedCertificate != other.signedCertificate and _rankOf(one) != _rankOf(other)
    ours, theirs = one.claim, other.claim
    return not isOther and (ours.macs, ours.addresses, ours.name) == (theirs.macs, theirs.addresses, theirs.name)


def _rankOf(announcement: AnyAnnouncement) -> tuple[tuple[int, bytes], bool]:
    return announcement.seniority, announcement.certificate.relay
