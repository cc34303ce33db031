"""
What a directory server does for one member does not grow with the number of members: lines of our code are counted,
among a thousand members and among sixteen thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from random import Random
from typing import Any
from unittest.mock import Mock

from lines_run import linesOf
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MEMBER_KIND, MemberRecords
from wand.sealed.authority.revoker import Revoker
from wand.sealed.authority.signing import NetworkSigning
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.kept_announcement import KeptAnnouncement
from wand.sealed.credentials.signed import packed
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.claimants import thingsOf
from wand.sealed.directory.log_status import entriesOf
from wand.sealed.directory.looking import Looking
from wand.sealed.directory.messages import AFTER, BY_IDENTITY, Ask, Key, Look
from wand.sealed.directory.page_sender import PUSH_INTERVAL, PageSender
from wand.sealed.directory.presence import Presence, PresentMembers
from wand.sealed.directory.stored_log import StoredLog
from wand.stores.memory import MemoryRecords
from wand.testing.context import simulatedContext
from wand.testing.network import Network

FEW, MANY = 1_000, 16_000
NETWORK = b"n" * 32
PREFIX = IPv4Network("10.64.0.0/12")
LIFE = 1_000_000


def identityOf(number: int) -> Identity:
    return Identity(Random(number).randbytes(32))


def announcementOf(number: int, epoch: int = 1) -> Announcement:
    """
    What a member says of itself.  Nobody checks the signatures.
    """
    identity, macs = bytes(identityOf(number)), (b"\x02\x00" + number.to_bytes(4, "big"),)
    name, addresses = f"m{number}", (f"{PREFIX[number + 1]}/12",)
    certificate = Certificate(NETWORK, identity, bytes(32), 0, name, addresses, macs, False, 0, 0, LIFE)
    claim = Claim(NETWORK, identity, epoch, macs, addresses, name)
    return Announcement(certificate, claim, _unsigned(certificate), _unsigned(claim))


def _unsigned(body: Certificate | Claim) -> bytes:
    return packed([packed(body), bytes(64)])


class GrowthTestCase(SynchronousTestCase):
    def assertFlat(self, countAmong: Callable[[int], int]) -> None:
        """
        Something takes about as many lines among many members as among few.
        """
        few, many = countAmong(FEW), countAmong(MANY)
        self.assertGreater(few, 0)
        self.assertLess(many, 1.5 * few + 50)


class DirectoryGrowthTests(GrowthTestCase):
    """
    Registrations, changes and pages.
    """

    def begin(self, count: int) -> None:
        self.clock = Clock()
        context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.log = AnnouncementLog()
        self.stored = StoredLog(
            identityOf(2_000_000),
            self.log,
            MemoryRecords(),
            context,
            Random(0).randbytes,
            self.published,
        )
        entries = [
            LogEntry(KeptAnnouncement.of(announcementOf(each)), ("192.0.2.9:22222",), 0.0, each + 1)
            for each in range(count)
        ]
        self.log.load([(each, each.announcement) for each in entries], count)
        self.stored.published = count
        self.sent: list[bytes] = []
        self.sender = PageSender(
            self.log, self.stored, self.clock, context.counters, lambda peer, octets: self.sent.append(octets)
        )
        self.looking = Looking(self.log, self.stored, context, lambda peer, octets: self.sent.append(octets), 100_000)
        self.looking.begin()
        self.members = PresentMembers(self.log, self.stored, context, self.sender.forget, 100_000)

    def published(self) -> None:
        self.sender.changed()
        self.looking.changed()

    def test_looking(self) -> None:
        """
        Members that somebody looks for, by whatever they have, and the next one that is online.
        """

        def among(count: int) -> int:
            self.begin(count)
            said, order = announcementOf(count // 2), [Key(AFTER, b"\x70" * 32)]
            things = [Key(kind, what) for kind, what in thingsOf(said)]
            self.looking.look(identityOf(1), Look(1, tuple(order)))  # the order is made once
            keys = (*things, Key(BY_IDENTITY, bytes(said.identity)), *(order * 5))
            lines = linesOf(lambda: self.looking.look(identityOf(1), Look(2, keys)))
            self.assertEqual(len(self.sent), 2)
            return lines

        self.assertFlat(among)

    def test_changesOfThoseThatWereFound(self) -> None:
        """
        A change is told to those who looked for the member, at a cost that depends on them alone; and so does the
        order of those who are online, with one that goes.
        """

        def among(count: int) -> int:
            self.begin(count)
            for each in range(20):
                keys = Key(BY_IDENTITY, bytes(identityOf(7))), Key(AFTER, bytes(identityOf(each)))
                self.looking.look(identityOf(each), Look(1, keys))
            before = len(self.sent)

            def change() -> None:
                self.members.settle(announcementOf(7, 2), ("192.0.2.10:22222",))
                self.clock.advance(PUSH_INTERVAL)
                self.members.settle(announcementOf(7, 2), ())
                self.clock.advance(PUSH_INTERVAL)
                self.looking.look(identityOf(1), Look(1, (Key(AFTER, bytes(identityOf(7))),)))
                self.looking.forget(identityOf(7))

            lines = linesOf(change)
            self.assertGreaterEqual(len(self.sent) - before, 39)
            return lines

        self.assertFlat(among)

    def test_registrations(self) -> None:
        """
        A member that is new, or says something else, or is heard again.
        """

        def among(count: int) -> int:
            self.begin(count)
            said = [announcementOf(count + each) for each in range(20)] + [
                announcementOf(each, 2) for each in range(20)
            ]

            def register() -> None:
                for each in said:
                    self.members.settle(each, ("192.0.2.9:22222",))
                    self.members.announced(each.identity, Presence(each.claim.epoch, 1, ()))

            return linesOf(register)

        self.assertFlat(among)

    def test_changes(self) -> None:
        """
        A change is told to those who follow, at a cost that depends on them alone.
        """

        def among(count: int) -> int:
            self.begin(count)
            for each in range(20):
                self.sender.answer(identityOf(each), Ask(1, self.stored.instance, count, 0, 16))
            before = len(self.sent)

            def change() -> None:
                self.members.settle(announcementOf(7, 2), ("192.0.2.10:22222",))
                self.clock.advance(PUSH_INTERVAL)

            lines = linesOf(change)
            self.assertEqual(len(self.sent) - before, 20)
            return lines

        self.assertFlat(among)

    def test_pages(self) -> None:
        """
        Pages from the middle of the log, and a page of the addresses for people.
        """

        def among(count: int) -> int:
            self.begin(count)
            entriesOf(self.log, None, 1)  # the order is made once
            ask = Ask(1, self.stored.instance, count // 2, 0, 16)
            return linesOf(lambda: self.sender.answer(identityOf(1), ask)) + linesOf(
                lambda: entriesOf(self.log, MAC(b"\x02\x00\x00\x00\x01\x00"), 100)
            )

        self.assertFlat(among)


class AuthorityGrowthTests(GrowthTestCase):
    """
    Addresses that are given away, and what operators look at.
    """

    def begin(self, count: int) -> None:
        clock, records = Clock(), MemoryRecords()
        trust = Trust(Identity(NETWORK), clock.seconds)
        known = [self.record(each) for each in range(count)]
        records.write(MEMBER_KIND, {each.identity: packed(each) for each in known})
        self.members = MemberRecords(records, trust)
        self.assigned = Assignments(records, [PREFIX], lambda identity: None, clock.seconds)
        records.write("sealed-address", {(PREFIX[each + 1]).packed: packed(identityOf(each)) for each in range(count)})
        for part in (self.members, self.assigned):
            self.successResultOf(Deferred.fromCoroutine(part.load()))
        network: Any = type("KeptElsewhere", (), {"key": None, "identity": Identity(NETWORK)})()
        observer = Mock()
        self.issuer = Issuer(
            self.members,
            NetworkSigning(Identity(NETWORK), None),
            trust,
            observer,
            clock.seconds,
            LIFE,
            Events(clock.seconds),
        )
        self.revoker = Revoker(
            self.members, self.assigned, network, trust, observer, clock.seconds, Events(clock.seconds)
        )

    def record(self, number: int) -> MemberRecord:
        said = announcementOf(number).certificate
        record = MemberRecord(
            said.identity, said.exchangeKey, said.name, "member", 0, addresses=said.addresses, macs=said.macs
        )
        certificate = record.certificateFor(NETWORK, 0, LIFE)
        signed = packed([packed(certificate), bytes(64)])
        return record.withCertificate(certificate, signed)

    def test_addresses(self) -> None:
        """
        A new member is given the next address.
        """

        def among(count: int) -> int:
            self.begin(count)
            self.successResultOf(Deferred.fromCoroutine(self.assigned.addresses.take(identityOf(1_000_000), PREFIX)))

            def join() -> None:
                for number in range(count, count + 10):
                    taking = Deferred.fromCoroutine(self.assigned.addresses.take(identityOf(number), PREFIX))
                    self.assertEqual(self.successResultOf(taking), f"{PREFIX[number + 2]}/12")

            return linesOf(join)

        self.assertFlat(among)

    def test_whatOperatorsSee(self) -> None:
        """
        A page of members; and what waits for a person, at which the server itself looks again and again.
        """

        def among(count: int) -> int:
            self.begin(count)
            self.members.page(b"", 1)  # the order is made once
            self.assertEqual(self.issuer.due, [])

            def look() -> None:
                self.assertEqual(len(self.members.page(identityOf(5), 20)), 20)
                self.assertEqual(
                    (self.issuer.due, self.revoker.unsigned, self.members.inState("pending")), ([], [], [])
                )

            return linesOf(look)

        self.assertFlat(among)
