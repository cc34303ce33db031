"""
Tests for L{wand.sealed.node.node_membership} and L{wand.programs.sealed_server}: a whole sealed network, on taps in
memory and a network in simulated time.
"""

from __future__ import annotations

import os
from ipaddress import ip_network
from shutil import copytree

from sealed_network_case import SERVER, Dwelling, SealedNetworkTestCase, frame
from twisted.internet.defer import Deferred, fail, succeed

import wand.programs.authority_store
import wand.sealed.node.redeeming
from wand.control.network_administration import InvitationSettings
from wand.errors import (
    ConfigurationInvalid,
    MembershipRefused,
    NoSuchMember,
    StoreUnavailable,
    TemporarilyUnavailable,
    TokenInvalid,
)
from wand.events import Event
from wand.sealed.authority.node_requests import NodeRequests
from wand.stores.sqlite import SQLiteRecords
from wand.testing.inbox import Datagram


class SealedNetworkTests(SealedNetworkTestCase):
    """
    Tests for a whole network.
    """

    def test_firstInvitationIsShown(self) -> None:
        """
        A new network's first invitation is shown once and kept in a file, and two nodes join with it.
        """
        token = (self.directory / "server" / "first-invitation").read_text().strip()
        self.assertEqual(len(self.shown), 1)
        self.assertIn(token, self.shown[0])
        nodes = [self.dwelling(number, joins=False) for number in (1, 2)]
        for node in nodes:
            self.join(node, token)
        self.assertEqual([node.own.stage for node in nodes], ["member", "member"])

    def test_joining(self) -> None:
        """
        Nodes that join get names and addresses, of IPv4 and of IPv6, know each other by themselves, and frames flow.
        """
        nodes = [self.dwelling(number) for number in (1, 2, 3)]
        self.assertEqual([node.own.name for node in nodes], ["node-1", "node-2", "node-3"])
        prefix = nodes[0].own.prefix6
        self.assertEqual(ip_network(prefix).prefixlen, 64)
        self.assertTrue(ip_network(prefix).subnet_of(ip_network("fd00::/8")))
        for number, node in enumerate(nodes, 1):
            expected = [f"10.77.0.{number}/16", f"{ip_network(prefix)[number]}/64"]
            self.assertEqual((node.own.addresses, node.own.prefix6), (expected, prefix))
        for node in nodes:
            self.assertEqual(node.table(), {str(other.mac) for other in nodes if other is not node})
        self.assertTrue(self.reaches(nodes[0], nodes[2]))
        self.assertTrue(self.reaches(nodes[2], nodes[1]))
        self.assertEqual(set(self.members()), {"server", "node-1", "node-2", "node-3"})
        status = self.server.status()
        self.assertEqual((status.role, status.protocol, status.entries), ("server", "sealed", 3))

    def test_fileWithAnInvitation(self) -> None:
        """
        A node that is started with a file that holds an invitation redeems it; restarted without the file it is a
        member still, with the same key and address.
        """
        token = self.directory / "token"
        token.write_text(self.invitation())
        one = self.dwelling(1, joins=False, joinFile=str(token))
        self.go(2.0)
        before = one.own
        self.assertEqual(before.stage, "member")
        token.unlink()
        one.stop()
        one.start()
        self.go(1.0)
        self.assertEqual((one.own.stage, one.own.key, one.own.addresses), ("member", before.key, before.addresses))

    def test_manyNamesInARow(self) -> None:
        """
        However often an operator renames a member, the last name is known everywhere within two seconds.
        """
        _, two = self.dwelling(1), self.dwelling(2)
        self.go(2.0)
        before = "node-1"
        for number in range(24):
            self.successResultOf(Deferred.fromCoroutine(self.server.network.rename(before, f"name-{number}")))
            before = f"name-{number}"
        self.go(2.0)
        self.assertIn("name-23", [each.name for each in two.node.seen(None, 99)])

    def test_addressesInTheFile(self) -> None:
        """
        A file with an invitation may say which addresses the node asks for.
        """
        token = self.directory / "token"
        token.write_text(f"{self.invitation()}\naddress 10.77.0.44\n")
        self.assertEqual(self.dwelling(1, joinFile=str(token)).own.addresses[0], "10.77.0.44/16")
        token.write_text(f"{self.invitation()}\naddress banana\n")
        two = self.dwelling(2, joins=False, joinFile=str(token))
        self.assertIn("'banana' is not an IP address", " ".join(two.node.status().notes))

    def test_aPipeInPlaceOfTheFile(self) -> None:
        """
        What is no plain file keeps the node from joining, and not from running.
        """
        pipe = self.directory / "pipe"
        os.mkfifo(pipe, 0o600)
        one = self.dwelling(1, joins=False, joinFile=str(pipe))
        self.assertIn(f"{pipe} is a named pipe", " ".join(one.node.status().notes))

    def test_joiningWithANameThatCanNotBeResolvedYet(self) -> None:
        """
        While the server's name has no address the node says so, with the name; once it has, it joins within seconds.
        """
        known: list[str] = []
        resolver = lambda clock: lambda name: succeed(list(known))  # noqa: E731
        self.patch(wand.sealed.node.redeeming, "resolverOf", resolver)
        asked = Deferred.fromCoroutine(self.server.network.invite(InvitationSettings(["wand.example.net:44444"])))
        self.go(0.1)
        node = self.dwelling(1, joins=False)
        self.join(node, str(self.successResultOf(asked)))
        self.go(120.0)
        [note] = [each for each in node.node.status().notes if "wand.example.net" in each]
        self.assertIn("wand.example.net cannot be resolved (it has no address)", note)
        self.assertIn("the invitation", note)
        self.assertEqual((node.node.counters.drops(), node.node.status().directories), (0, []))
        known.append(SERVER)
        self.go(32.0)
        self.assertEqual(node.own.stage, "member")
        self.assertFalse([each for each in node.node.status().notes if "wand.example.net" in each and "invit" in each])

    def test_publicNameThatCanNotBeResolved(self) -> None:
        """
        A server whose public name has no address says so.
        """
        self.server.stopService()
        self.server = self.serve(public=["wand.example.net"])
        self.assertTrue(any("wand.example.net cannot be resolved" in each for each in self.server.status().notes))

    def test_noNetworkThatOverlaps(self) -> None:
        """
        A network whose prefix overlaps a route of the host is not created, and leaves no key behind, unless the
        operator insists; one that there is goes on.
        """
        self.server.stopService()
        self.patch(wand.programs.authority_store, "obstacle", lambda prefix: f"{prefix} overlaps the LAN")
        self.server = self.serve()
        with self.assertRaises(ConfigurationInvalid) as caught:
            self.serve("other")
        self.assertIn("overlaps the LAN", str(caught.exception))
        self.assertFalse((self.directory / "other" / "network.key").exists())
        self.serve("other", allowOverlap=True, listen="203.0.113.2").stopService()

    def test_refusals(self) -> None:
        """
        Nonsense is refused at once; an invitation that is used up leaves the node outside, with the reason; and a
        better one lets it in.
        """
        one, two = self.dwelling(1, joins=False), self.dwelling(2, joins=False)
        self.failureResultOf(Deferred.fromCoroutine(one.node.join("wand1.nonsense")), TokenInvalid)
        token = self.invitation()
        self.join(one, token)
        self.join(two, token)
        self.assertEqual((one.own.stage, two.own.stage), ("member", "new"))
        self.assertIn("not admitted", " ".join(two.node.status().notes))
        self.join(two, self.invitation())
        self.assertEqual((two.own.stage, two.node.status().notes), ("member", []))
        self.assertTrue(self.reaches(one, two))

    def test_aRefusalIsToldOnce(self) -> None:
        """
        One refused request is one event at the server and one at the node, whose status says so until it gets another
        invitation.
        """
        told: list[Event] = []
        self.server.events.subscribe(told.append)
        one = self.dwelling(1, joins=False)
        one.context.events.subscribe(told.append)
        token = self.invitation()
        self.join(self.dwelling(2, joins=False), token)
        self.join(one, token)
        self.go(5.0)
        kinds = [event.kind for event in told if event.kind.endswith("refused")]
        self.assertEqual(kinds, ["member-refused", "join-refused"])
        self.assertIn("used already", one.own.refusal)
        self.join(one, self.invitation())
        self.assertEqual((one.own.stage, one.own.refusal), ("member", ""))

    def test_notNowIsNoRefusal(self) -> None:
        """
        While the server's store fails, a node that joins goes on asking, says why it waits and nothing of the server's
        disk; a note at the server says what to do.  When the store works the node is in, with the same invitation, and
        both notes are gone (headscale#1684, headscale#2363).
        """
        one = self.dwelling(1, joins=False)
        token = self.invitation()
        works = SQLiteRecords.exchange
        broken = StoreUnavailable("the store /secret/path cannot be used: database is locked")
        self.patch(SQLiteRecords, "exchange", lambda *_: fail(broken))
        self.join(one, token)
        self.go(60.0)
        self.assertEqual((one.own.stage, one.own.redeeming), ("joining", True))
        [note] = one.node.status().notes
        self.assertEqual(one.node.status().attention, 1)
        self.assertIn("cannot store anything now", note)
        self.assertNotIn("secret", note)
        [note] = self.server.status().notes
        self.assertIn("/secret/path", note)
        self.patch(SQLiteRecords, "exchange", works)
        self.go(61.0)
        self.assertEqual((one.own.stage, one.node.status().notes, self.server.status().notes), ("member", [], []))

    def test_aFaultWhileAnsweringIsNoRefusal(self) -> None:
        """
        An exception of which nobody thought is logged and counted at the server; the node asks again, and gets in when
        it is over.
        """
        one = self.dwelling(1, joins=False)
        token = self.invitation()
        works = NodeRequests.redeem

        def faulty(*_: object) -> object:
            raise RuntimeError("/secret/path")

        self.patch(NodeRequests, "redeem", faulty)
        self.join(one, token)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertIn("cannot answer now", one.node.status().notes[0])
        self.assertGreater(self.server.counters["drop-raised-answering-a-node"], 0)
        self.patch(NodeRequests, "redeem", works)
        self.go(10.0)
        self.assertEqual(one.own.stage, "member")

    def test_joiningDropsNothing(self) -> None:
        """
        After nodes joined, and minutes later, nothing was dropped anywhere: nobody speaks to a join session that is
        over.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.go(200.0)
        for program in (one.node, two.node, self.server):
            self.assertEqual(
                {
                    name: program.counters[name]
                    for name in program.counters
                    if program.counters[name] and name.startswith("drop-")
                },
                {},
            )

    def test_pendingDropsNothing(self) -> None:
        """
        Neither is anything dropped while a node waits for minutes to be approved, and the session lasts all the while.
        """
        one = self.dwelling(1, joins=False)
        self.join(one, self.invitation(approval=True))
        self.go(400.0)
        self.assertEqual((one.node.counters.drops(), self.server.counters.drops()), (0, 0))
        approved = Deferred.fromCoroutine(self.server.network.approve("node-1"))
        self.go(0.3)
        self.successResultOf(approved)
        self.assertEqual(one.own.stage, "member")

    def test_theBridgeRightLater(self) -> None:
        """
        A member that is given an invitation with the bridge right has it at once, without a restart, and frames of a
        host behind it arrive; an invitation that gives nothing more changes nothing, and is not used
        (container-keepalived#34).
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(one, two))
        behind = frame(two.mac, b"\2\0\0\0\1\1", b"behind")
        one.host.send(behind)
        self.go(1.0)
        self.assertNotIn(behind, two.received)
        told: list[Event] = []
        one.context.events.subscribe(told.append)
        self.join(one, self.invitation(bridge=True))
        self.assertEqual((one.own.stage, one.own.bridge, one.own.redeeming), ("member", True, False))
        one.host.send(behind)
        self.go(1.0)
        self.assertIn(behind, two.received)
        self.assertTrue(self.members()["node-1"].bridge)
        self.join(one, self.invitation(bridge=True))
        self.assertEqual(
            [event.fields["gained"] for event in told if event.kind == "redeemed"], ["the bridge right", "nothing more"]
        )
        self.assertEqual(len(self.server.network.invitations()), 2)
        self.assertTrue(self.reaches(two, one))

    def test_aMemberIsRefusedMore(self) -> None:
        """
        A member whose further invitation is refused is told why, and is a member as before, also over a restart.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        token = self.invitation(bridge=True)
        self.join(two, token)
        told: list[Event] = []
        one.context.events.subscribe(told.append)
        self.join(one, token)
        [refused] = [event for event in told if event.kind == "join-refused"]
        self.assertIn("used already", str(refused.fields["reason"]))
        self.assertIn("member as before", one.node.status().notes[0])
        self.assertEqual((one.own.stage, one.own.bridge, one.own.redeeming), ("member", False, False))
        self.assertTrue(self.reaches(one, two))
        one.stop()
        one.start()
        self.go(2.0)
        self.assertEqual((one.own.stage, one.node.status().notes), ("member", []))

    def test_aNodeThatAsksToJoinWithoutEnd(self) -> None:
        """
        Whoever holds an invitation and asks without end costs the server no more than a few answers.
        """
        one = self.dwelling(1, joins=False)
        self.successResultOf(Deferred.fromCoroutine(one.node.join(self.invitation(approval=True))))
        asked: list[object] = []
        redeem = self.server.network.server.authority.requests.redeem
        self.patch(
            self.server.network.server.authority.requests, "redeem", lambda *all: asked.append(all) or redeem(*all)
        )
        self.go(1.0)
        member = one.node.etud.member
        assert member is not None
        for _ in range(500):
            member._parts.redeeming._joining.start()
            self.go(0.02)
        self.assertLessEqual(len(asked), 25)
        self.assertGreater(len(asked), 10)
        self.assertGreater(self.server.counters["drop-control-joining"], 400)

    def test_anotherFileAfterARefusal(self) -> None:
        """
        A node whose invitation was refused redeems another that is in its file when it is started again.
        """
        file = self.directory / "token"
        used = self.invitation()
        self.join(self.dwelling(1, joins=False), used)
        file.write_text(used)
        two = self.dwelling(2, joins=False, joinFile=str(file))
        self.go(2.0)
        self.assertIn("not admitted", " ".join(two.node.status().notes))
        two.stop()
        file.write_text(self.invitation())
        two.start()
        self.go(2.0)
        self.assertEqual((two.own.stage, two.node.status().notes), ("member", []))

    def test_anotherFileOfAMember(self) -> None:
        """
        A member that is started again redeems the invitation in its file if that is another than it redeemed last, and
        only then: neither one that is still there nor one that was refused is tried at every start.
        """
        file = self.directory / "token"
        file.write_text(self.invitation())
        one = self.dwelling(1, joins=False, joinFile=str(file))
        self.go(2.0)
        self.again(one)
        self.assertEqual((one.own.stage, one.own.redeeming, one.own.bridge), ("member", False, False))
        file.write_text(self.invitation(bridge=True))
        self.again(one)
        self.assertEqual((one.own.stage, one.own.redeeming, one.own.bridge), ("member", False, True))
        self.assertEqual(one.node.status().attention, 0)
        file.unlink()
        self.again(one)
        self.assertEqual((one.own.stage, one.node.status().notes), ("member", []))
        file.write_text("nothing of the kind")
        self.again(one)
        self.assertEqual((one.own.stage, one.node.status().attention), ("member", 0))
        self.assertIn("cannot be used", " ".join(one.node.status().notes))

    def again(self, dwelling: Dwelling) -> None:
        """
        Start a node again.
        """
        dwelling.stop()
        dwelling.start()
        self.assertEqual(dwelling.own.stage, "member")
        self.go(2.0)

    def test_whileTheStoreIsOpened(self) -> None:
        """
        A server that still opens its store answers for its status and says so; what operators ask waits or is put off,
        and nothing raises.
        """
        self.successResultOf(self.server.stopService())
        opening: list[Deferred[dict[bytes, bytes]]] = []
        load = SQLiteRecords.load

        def slow(records: SQLiteRecords, kind: str) -> Deferred[dict[bytes, bytes]]:
            waiting: Deferred[dict[bytes, bytes]] = Deferred()
            opening.append(waiting)
            return waiting.addCallback(lambda _: load(records, kind))

        self.patch(SQLiteRecords, "load", slow)
        self.server = self.serve()
        status = self.server.status()
        self.assertIn("opening its store", status.notes[0])
        self.assertEqual(status.attention, 1)
        self.assertEqual((status.role, status.listening), ("server", ""))
        for ask in (
            self.server.network.requests,
            self.server.network.invitations,
            lambda: self.server.network.members(None, 9),
        ):
            self.assertRaises(TemporarilyUnavailable, ask)
        invited = Deferred.fromCoroutine(self.server.network.invite(InvitationSettings(lifetime=60.0)))
        changes = [
            self.server.network.limit("bob", 1, None),
            self.server.network.confirm("bob"),
            self.server.network.revoke("bob"),
        ]
        waiting = [Deferred.fromCoroutine(change) for change in changes]
        self.go(3.0)
        for change in waiting:
            self.assertNoResult(change)
        self.assertIn("does not answer", self.server.status().notes[1])
        self.assertNoResult(invited)
        while opening:
            opening.pop(0).callback({})
        self.assertTrue(self.successResultOf(invited).startswith("wand1."))
        for change in waiting:
            self.failureResultOf(change, NoSuchMember)
        self.assertEqual(self.server.status().notes, [])

    def test_stoppedWhileTheStoreIsOpened(self) -> None:
        """
        A server that is stopped while it opens its store ends in good order.
        """
        self.successResultOf(self.server.stopService())
        opening: Deferred[dict[bytes, bytes]] = Deferred()
        self.patch(SQLiteRecords, "load", lambda self, kind: opening)
        self.server = self.serve()
        self.successResultOf(self.server.stopService())
        opening.errback(StoreUnavailable("it is closed"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_approval(self) -> None:
        """
        Who needs an approval waits, and is in the moment it is given.
        """
        one, two = self.dwelling(1), self.dwelling(2, joins=False)
        self.assertIn("give it an invitation", two.node.status().notes[0])
        self.join(two, self.invitation(approval=True))
        self.assertEqual((two.own.stage, self.members()["node-2"].state), ("joining", "pending"))
        [note] = two.node.status().notes
        self.assertIn("wand approve", note)
        self.assertEqual(self.server.status().notes, ["node-2 waits for an approval: wand approve"])
        approved = Deferred.fromCoroutine(self.server.network.approve("node-2"))
        self.go(0.3)
        self.successResultOf(approved)
        self.assertEqual(two.own.stage, "member")
        self.assertEqual((two.node.status().notes, self.server.status().notes), ([], []))
        self.go(1.0)
        self.assertTrue(self.reaches(one, two))

    def test_revocation(self) -> None:
        """
        Who is revoked reaches nobody and is reached by nobody from then on, and cannot come back by an invitation.
        """
        one, two, three = (self.dwelling(number) for number in (1, 2, 3))
        self.assertTrue(self.reaches(one, two))
        revoked = Deferred.fromCoroutine(self.server.network.revoke("node-2"))
        self.go(0.5)
        self.successResultOf(revoked)
        self.assertFalse(self.reaches(one, two))
        self.assertFalse(self.reaches(two, three))
        self.assertTrue(self.reaches(one, three))
        self.assertNotIn(str(two.mac), one.table())
        [note] = two.node.status().notes
        self.assertIn(f"empty state directory in place of {two.node.status().state}", note)
        self.assertEqual((two.node.status().entries, two.node.status().peers), (0, 0))  # nobody is there for it
        refused = one.node.counters["drop-sealed-refused"], self.server.counters["drop-sealed-refused"]
        self.go(400.0)
        self.assertFalse(self.reaches(two, one))  # and it does not even try
        self.assertEqual(
            (one.node.counters["drop-sealed-refused"], self.server.counters["drop-sealed-refused"]), refused
        )
        token = self.invitation()
        with self.assertRaisesRegex(MembershipRefused, "empty state directory in place of .*ask for a new invitation"):
            raise self.failureResultOf(Deferred.fromCoroutine(two.node.join(token))).value
        self.go(2.0)
        self.assertEqual((two.node.status().entries, two.node.status().peers), (0, 0))
        one.stop()
        one.start()
        self.go(2.0)
        self.assertFalse(self.reaches(two, one))
        self.assertTrue(self.reaches(three, one))

    def test_serverRestart(self) -> None:
        """
        While the server is gone frames flow; started again it forgot nobody, announces no second network, and who joins
        then is known to those who were there within seconds.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(one, two))
        self.go(15.0)
        self.end(self.server)
        self.go(30.0)
        self.assertTrue(self.reaches(one, two))
        self.server = self.serve()
        self.assertEqual(len(self.shown), 1)
        self.assertEqual(set(self.members()), {"server", "node-1", "node-2"})
        three = self.dwelling(3)
        self.assertEqual(one.table(), {str(two.mac), str(three.mac)})
        self.assertTrue(self.reaches(one, three))

    def test_membersAloneMeetAgain(self) -> None:
        """
        With the server gone for good, a member that was restarted is known again to one that tries to reach it.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(one, two))
        self.end(self.server)
        two.stop()
        two.start()
        self.assertFalse(self.reaches(one, two))
        self.go(20.0)
        self.assertTrue(self.reaches(one, two))
        self.assertTrue(self.reaches(two, one))

    def test_silentNodeIsBackAtOnce(self) -> None:
        """
        A node that was restarted and says nothing is reached again within a second or two: those who had a session with
        it hear of its new epoch, and do not wait for its silence to tell.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(one, two))
        two.stop()
        self.assertFalse(self.reaches(one, two))
        two.start()
        self.go(2.0)
        self.assertTrue(self.reaches(one, two))

    def test_copiesThatStartWithinASecond(self) -> None:
        """
        Two hosts that were made from one image and start within the same second are told, and so is the server.
        """
        one = self.dwelling(1)
        one.stop()
        self.go(60.0)
        copytree(self.directory / "node-1", self.directory / "node-7")
        copies = [one.start()]
        self.go(0.1)
        copies.append(self.dwelling(7, joins=False, mac=str(one.mac)))
        self.go(60.0)
        for program in (self.server, *(each.node for each in copies)):
            self.assertIn("two hosts run with the key", " ".join(program.status().notes))

    def test_copiesThatHadNotJoined(self) -> None:
        """
        The same for an image that was made before its first node had joined, but had a key already.
        """
        one = self.dwelling(1, joins=False)
        one.stop()
        copytree(self.directory / "node-1", self.directory / "node-7")
        copies = [one.start()]
        self.go(0.1)
        copies.append(self.dwelling(7, joins=False, mac=str(one.mac)))
        token = self.invitation(uses=2)
        for each in copies:
            self.join(each, token)
        self.go(60.0)
        for program in (self.server, *(each.node for each in copies)):
            self.assertIn("two hosts run with the key", " ".join(program.status().notes))

    def test_conflict(self) -> None:
        """
        A node whose tap has another member's MAC address is not admitted with it, and says why; frames keep going to
        the one that had it first.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        thief = self.dwelling(3, joins=False, mac=str(two.mac))
        self.join(thief, self.invitation())
        self.assertEqual(thief.own.stage, "new")
        self.assertIn(str(two.mac), thief.node.status().notes[0])
        self.assertTrue(self.reaches(one, two))

    def test_stoppedLeavesNothingBehind(self) -> None:
        """
        After everybody stopped no timer is left, and the ports are free.
        """
        one = self.dwelling(1)
        one.stop()
        self.end(self.server)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.server = self.serve()
        one.start()


class GoodbyeTests(SealedNetworkTestCase):
    """
    Tests for what others know of a program that stopped.
    """

    def setUp(self) -> None:
        super().setUp()
        self.one, self.two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(self.one, self.two))
        self.go(1.0)

    def happened(self, dwelling: Dwelling) -> list[str]:
        """
        From now on write down what happens at a node.
        """
        kinds: list[str] = []
        dwelling.context.events.subscribe(lambda event: kinds.append(event.kind))
        return kinds

    def state(self, dwelling: Dwelling, other: Dwelling) -> str:
        """
        How one node stands with another.
        """
        [state] = [each.state for each in dwelling.node.peers(None, 9) if each.peer == other.own.name]
        return state

    def sent(self, source: Dwelling, target: Dwelling) -> int:
        """
        How many datagrams one node sent to another.
        """
        ways = [(each.sender.host, each.destination.host) for each in self.network.sent]
        return ways.count((source.address, target.address))

    def isOnline(self, name: str) -> bool:
        """
        Does the server hear a member?
        """
        log = self.server.network.server.directory._announcements
        [known] = [each for each in log if each.announcement.claim.name == name]
        return bool(known.endpoints)

    def test_peersAndServerKnowWithinASecond(self) -> None:
        """
        A node that stops in good order is known to be gone: its sessions end, the server tells everybody, and nobody
        sends to it any more, whatever the hosts send.
        """
        kinds = self.happened(self.one)
        told: list[str] = []
        self.server.events.subscribe(lambda event: told.append(event.kind))
        self.two.stop()
        self.assertEqual(self.state(self.one, self.two), "left")
        self.assertIn("goodbye", kinds)
        self.assertIn("member-offline", told)
        self.go(0.5)
        self.network.sent.clear()
        for _ in range(20):
            self.assertFalse(self.reaches(self.one, self.two))
            self.go(1.0)
        self.assertEqual(self.sent(self.one, self.two), 0)
        counters = self.one.node.counters
        self.assertEqual((counters["sealed-left"], counters["drop-sealed-queue"]), (20, 0))

    def test_backAtOnce(self) -> None:
        """
        A node that said goodbye and is started again is reached within two seconds, though it says nothing itself.
        """
        self.two.stop()
        self.two.start()
        self.go(2.0)
        self.assertTrue(self.reaches(self.one, self.two))

    def test_lostGoodbyeIsSaidAgain(self) -> None:
        """
        A goodbye without an answer is said again.
        """
        lost = []

        def once(datagram: Datagram) -> bool:
            if datagram.sender.host == self.two.address and len(lost) < 2:
                lost.append(datagram)
                return True
            return False

        self.network.drop(once)
        self.two.stop()
        self.assertEqual(len(lost), 2)
        self.assertEqual(self.state(self.one, self.two), "left")

    def test_nobodyThere(self) -> None:
        """
        Where nobody answers the program ends all the same, in half a second.
        """
        self.network.drop(lambda datagram: True)
        stopped = self.two.node.stopService()
        self.two.isRunning = False
        self.assertNoResult(stopped)
        self.go(0.5)
        self.successResultOf(stopped)

    def test_goodbyeOfAnEarlierSession(self) -> None:
        """
        A goodbye that somebody on the way kept, and delivers when the node is back, ends nothing; nor does one that
        was heard before.
        """
        kept: list[Datagram] = []

        def keep(datagram: Datagram) -> bool:
            isKept = datagram.sender.host == self.two.address and datagram.destination.host == self.one.address
            if isKept:
                kept.append(datagram)
            return isKept

        undo = self.network.drop(keep)
        self.two.stop()
        undo()
        self.assertEqual(len(kept), 2)
        self.two.start()
        self.go(3.0)
        self.assertTrue(self.reaches(self.one, self.two))
        kinds = self.happened(self.one)
        for datagram in kept:
            self.network.carry(datagram.payload, datagram.sender, datagram.destination)
        self.go(1.0)
        self.assertEqual(self.state(self.one, self.two), "established")
        self.assertEqual(kinds, [])

    def test_serverSaysGoodbye(self) -> None:
        """
        The nodes of a server that stops note it, talk on, and are its members again within seconds of its return.
        """
        kinds = self.happened(self.one)
        self.end(self.server)
        self.assertIn("directory-silent", kinds)
        self.assertTrue(self.reaches(self.one, self.two))
        self.go(20.0)
        self.assertTrue(self.reaches(self.two, self.one))
        self.server = self.serve()
        self.go(2.0)
        self.assertIn("directory-recovered", kinds)
        self.assertTrue(self.isOnline("node-1"))
