"""
Tests for L{wand.sealed.directory.listed_members}.
"""

from __future__ import annotations

from simulated.members import Person, SimulatedMember, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.listed_members import ENDPOINTS_MERGED, ListedMembers, directoryName
from wand.sealed.directory.messages import PageRecord
from wand.sealed.directory.own_announcement import OwnAnnouncement
from wand.sealed.node.member_entries import OFFLINE_LIFETIME, ONLINE_LIFETIME

FIRST, SECOND = b"1" * 32, b"2" * 32


class ListedMembersTests(SynchronousTestCase):
    """
    L{ListedMembers}.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.node = SimulatedMember(self.network.person(1), [])
        self.node.come()
        self.addCleanup(self.node.go)
        self.alice, self.bob = (self.network.person(number) for number in (2, 3))
        self.own = OwnAnnouncement(self.node)
        self.own.refresh()
        context = self.node.context
        self.members = ListedMembers(self.node, self.own, self.node.sessions, context.counters)

    def tell(self, server: bytes, person: Person, version: int, *endpoints: str, epoch: int = 1) -> None:
        """
        A server says where a member is; nowhere, if it is offline.
        """
        self.members.take(server, PageRecord(person.signedCertificate, person.claim(epoch), endpoints, 0, version))

    def introduced(self, person: Person) -> list[str]:
        return [str(each) for each in self.node.sessions.introduced[person.key.identity][1]]

    def count(self, name: str) -> int:
        return self.node.context.counters[name]

    def test_aMemberIsInTheTableAndIntroduced(self) -> None:
        """
        What a server says of a member makes an entry in the table, and tells the sessions where it may be.
        """
        self.tell(FIRST, self.alice, 1, "203.0.113.7:4711", "192.168.7.7:22222")
        self.assertEqual(self.node.table, {macOf(2): self.alice.key.identity})
        self.assertEqual(self.introduced(self.alice), ["203.0.113.7:4711", "192.168.7.7:22222"])
        self.assertEqual((self.members.count(FIRST), self.members.count(SECOND)), (1, 0))

    def test_forgottenAndMetAgain(self) -> None:
        """
        Of a member that was forgotten, and then introduced itself, everything that a server says is new.
        """
        record = FIRST, self.alice, 1, "203.0.113.7:4711"
        self.tell(*record)
        identity = self.alice.key.identity
        self.node.claims.forget(Identity(identity))
        del self.node.sessions.introduced[identity]
        self.assertEqual((self.node.table, self.members.count(FIRST)), ({}, 0))
        self.node.claims.offer(self.alice.signedCertificate, self.alice.claim())
        self.tell(*record)
        self.assertEqual(self.introduced(self.alice), ["203.0.113.7:4711"])
        entry = self.node.context.table.entry(macOf(2))
        self.assertEqual(None if entry is None else entry.lifetime, ONLINE_LIFETIME)

    def test_theEndpointsOfAllServersInTurn(self) -> None:
        """
        What several servers tell is mixed, the best of each first; what two of them tell is there once.
        """
        self.tell(FIRST, self.alice, 1, "203.0.113.1:1", "203.0.113.2:1", "203.0.113.3:1")
        self.tell(SECOND, self.alice, 9, "198.51.100.1:1", "203.0.113.2:1")
        self.assertEqual(
            self.introduced(self.alice), ["203.0.113.1:1", "198.51.100.1:1", "203.0.113.2:1", "203.0.113.3:1"]
        )

    def test_noMoreEndpointsThanAreOfUse(self) -> None:
        """
        However many servers tell of a member, only so many endpoints of it are tried.
        """
        for server in range(8):
            endpoints = [f"203.0.113.{server}:{port}" for port in range(1, 5)]
            self.tell(b"%d" % server * 32, self.alice, 1, *endpoints)
        self.assertEqual(len(self.introduced(self.alice)), ENDPOINTS_MERGED)

    def test_offlineIsWhoIsSoForAll(self) -> None:
        """
        As long as one server hears a member it stays; when none does any more it goes within minutes.
        """
        self.tell(FIRST, self.alice, 1, "203.0.113.1:1")
        self.tell(SECOND, self.alice, 1, "203.0.113.1:1")
        self.tell(FIRST, self.alice, 2)
        self.network.run(OFFLINE_LIFETIME + 1)
        self.assertIn(macOf(2), self.node.table)
        self.tell(SECOND, self.alice, 2)
        self.network.run(OFFLINE_LIFETIME + 1)
        self.assertEqual((self.node.table, self.introduced(self.alice)), ({}, []))

    def test_whatComesLateChangesNothing(self) -> None:
        """
        Of two records of one server the one of the higher version stands.
        """
        self.tell(FIRST, self.alice, 5, "203.0.113.5:1")
        self.tell(FIRST, self.alice, 4, "203.0.113.4:1")
        self.assertEqual(self.introduced(self.alice), ["203.0.113.5:1"])

    def test_aNewLogIsBelievedFromItsBeginning(self) -> None:
        """
        When a server begins a new log what it said before stands, until it says otherwise, at whatever version.
        """
        self.tell(FIRST, self.alice, 500, "203.0.113.5:1")
        self.tell(FIRST, self.bob, 501, "203.0.113.6:1")
        self.members.restarted(FIRST)
        self.tell(FIRST, self.alice, 1, "203.0.113.1:1")
        self.assertEqual(self.introduced(self.alice), ["203.0.113.1:1"])
        self.assertEqual(sorted(self.node.table), [macOf(2), macOf(3)])

    def test_aServerThatIsNoneAnyMore(self) -> None:
        """
        Where a server that was removed or revoked said that members are is forgotten, and it holds nobody whom another
        says to be gone; but that it is gone removes nobody.
        """
        for person in (self.alice, self.bob):
            self.tell(FIRST, person, 5, "203.0.113.5:1")
        self.tell(SECOND, self.alice, 1, "198.51.100.1:1")
        self.tell(SECOND, self.alice, 2)
        for server in (FIRST, SECOND):
            self.node.claims.entries.directoryHeard(directoryName(server))
        self.members.leave(FIRST)
        self.assertEqual((self.introduced(self.alice), self.introduced(self.bob)), ([], []))
        self.assertEqual(self.members.count(FIRST), 0)
        self.network.run(OFFLINE_LIFETIME + 1)
        self.assertEqual(list(self.node.table), [macOf(3)])

    def test_renewalKeepsWhoIsOnline(self) -> None:
        """
        While a server answers, those whom it hears stay, though there is nothing new to say of them; a server that does
        not answer keeps nobody.
        """
        self.tell(FIRST, self.alice, 1, "203.0.113.1:1")
        self.tell(SECOND, self.bob, 1, "203.0.113.2:1")
        for _ in range(int((ONLINE_LIFETIME - 10) // 170)):
            self.node.claims.entries.directoryHeard(directoryName(FIRST))
            self.network.run(170)
        self.members.renew([FIRST])
        self.network.run(175)
        self.assertEqual(list(self.node.table), [macOf(2)])

    def test_whatIsNotSignedByWhomItIsAbout(self) -> None:
        """
        A record is believed if the network signed the certificate and the member the claim; any other is counted.
        """
        certificate = self.alice.signedCertificate
        forged = certificate[:-1] + bytes([certificate[-1] ^ 1])
        for signed, claim in (
            (forged, self.alice.claim()),
            (self.alice.signedCertificate, self.bob.claim()),
            (b"rubbish", b"rubbish"),
        ):
            self.members.take(FIRST, PageRecord(signed, claim, ("203.0.113.1:1",), 0, 1))
        self.assertEqual((self.node.table, self.count("drop-directory-record")), ({}, 3))

    def test_anOldClaimIsNoLie(self) -> None:
        """
        A server that has an older claim of a member than we tells all the same where it is.
        """
        self.tell(FIRST, self.alice, 1, "203.0.113.1:1", epoch=5)
        self.tell(SECOND, self.alice, 1, "198.51.100.1:1", epoch=4)
        self.assertEqual(self.introduced(self.alice), ["203.0.113.1:1", "198.51.100.1:1"])
        self.assertEqual(self.count("drop-directory-record"), 0)

    def test_endpointsThatAreNone(self) -> None:
        """
        No datagram goes into the tunnel itself, to ourselves, to this host for a server elsewhere, or to what is no
        endpoint; the others are tried.
        """
        told = ("10.77.0.9:22222", self.node.local[0], "127.0.0.1:22222", "nonsense", "203.0.113.1:1")
        self.tell(FIRST, self.alice, 1, *told)
        self.assertEqual((self.introduced(self.alice), self.count("drop-directory-endpoint")), (["203.0.113.1:1"], 4))

    def test_aServerOnThisHostMayNameThisHost(self) -> None:
        """
        A server that is heard on this host itself knows others there, too.
        """
        self.patch(self.node.sessions, "endpointOf", lambda peer: Endpoint("127.0.0.1", 44444))
        self.tell(FIRST, self.alice, 1, "127.0.0.1:22222")
        self.assertEqual(self.introduced(self.alice), ["127.0.0.1:22222"])

    def test_ourselves(self) -> None:
        """
        What a server says of us is no peer; a claim of ours with a later epoch than we made is told to the membership.
        """
        epochs: list[int] = []
        self.patch(self.node, "overtaken", epochs.append)
        self.tell(FIRST, self.node.person, 1, "203.0.113.1:1", epoch=9)
        self.assertEqual((self.node.table, epochs), ({}, [9]))
        self.assertNotIn(self.node.identity, self.node.sessions.introduced)
