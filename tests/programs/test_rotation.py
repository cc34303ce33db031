"""
A network is given another secret: whole programs in simulated time.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import attrs
from founding_case import FoundingCase
from sealed_network_case import SERVER, Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.errors import MembershipRefused, NotSupported
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.limits import OVERLAP_MAXIMUM
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.node.secret_exchange import HOLD, SecretExchange
from wand.sealed.sessions.packets import DATA
from wand.state import StateDirectory
from wand.status import SecretStatus
from wand.testing.inbox import Datagram

DAY = 86_400.0


def secretsOf(dwelling: Dwelling) -> NetworkSecrets:
    return dwelling.node.etud.member.enrolment.secrets


class RotationCase(SealedNetworkTestCase):
    """
    A server, and two nodes.
    """

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.dwelling(1), self.dwelling(2)

    def rotated(self, overlap: float = DAY, seconds: float = 1.0) -> SecretStatus:
        doing = Deferred.fromCoroutine(self.server.network.rotate(overlap))
        self.go(seconds)
        status: SecretStatus = self.successResultOf(doing)
        return status

    @property
    def number(self) -> int:
        """
        That of the server's newest secret.
        """
        return self.server.network.secret().number

    def later(self, seconds: float) -> None:
        """
        Let much time pass at once.
        """
        self.clock.advance(seconds)
        self.go(1.0)


class RotationTests(RotationCase):
    def test_membersTakeIt(self) -> None:
        """
        Within a second all members have the new secret, keep it, and the operator sees how many have it.
        """
        self.assertEqual(self.server.network.secret(), SecretStatus(0, 0.0, 0, 2))
        now = self.clock.seconds()
        self.rotated()
        status = self.server.network.secret()
        self.assertEqual((status.have, status.members), (2, 2))
        self.assertEqual(status.until, int(now) + DAY)
        for dwelling in (self.alice, self.bob):
            self.assertEqual(secretsOf(dwelling).number, status.number)
            self.assertEqual(dwelling.own.secret, SecretStatus(status.number, status.until, changed=status.changed))
        self.assertTrue(self.reaches(self.alice, self.bob))

    def test_itIsKept(self) -> None:
        """
        Nodes and the server have it after a restart, in files that nobody else reads, and meet with it.
        """
        self.rotated(overlap=1.0)
        number = self.number
        for dwelling in (self.alice, self.bob):
            dwelling.stop()
        self.end(self.server)
        self.later(DAY)
        self.server = self.serve()
        self.assertEqual(self.number, number)
        for dwelling in (self.alice, self.bob):
            dwelling.start()
        self.go(3.0)
        self.assertTrue(self.reaches(self.alice, self.bob))
        for path in Path(self.directory).glob("*/[mn]e*"):
            if path.name in ("membership", "network"):
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_sessionsGoOn(self) -> None:
        """
        No session ends for it, and none is renewed early.
        """
        self.assertTrue(self.reaches(self.alice, self.bob))
        self.network.sent.clear()
        self.rotated()
        self.assertTrue(self.reaches(self.alice, self.bob))
        self.assertEqual({each.payload[0] for each in self.network.sent}, {DATA})

    def test_lostMessages(self) -> None:
        """
        What is lost comes again.
        """
        undo = self.network.drop(lambda datagram: datagram.sender.host == SERVER)
        self.rotated()
        self.assertEqual((secretsOf(self.alice).number, self.server.network.secret().have), (0, 0))
        undo()
        self.go(5.0)
        self.assertEqual((secretsOf(self.alice).number, self.server.network.secret().have), (self.number, 2))

    def test_whoNeverConfirms(self) -> None:
        """
        A member that never says that it has the secret, or that it needs no more, keeps nobody else waiting: whoever
        missed it is told again within a second.
        """
        send, silent = SecretExchange._send, self.alice.node.etud.member._secrets

        def sent(exchange: SecretExchange, peer: bytes, message: bytes) -> None:
            if exchange is not silent:
                send(exchange, peer, message)

        self.patch(SecretExchange, "_send", sent)
        self.rotated(seconds=200.0)
        self.assertEqual(self.server.network.secret().have, 1)
        undo = self.network.drop(lambda datagram: datagram.sender.host == SERVER)
        self.rotated(seconds=0.3)
        undo()
        self.go(1.0)
        self.assertEqual(secretsOf(self.bob).number, self.number)

    def test_membersPassItOn(self) -> None:
        """
        A member that does not reach the server learns it from another one.
        """
        self.assertTrue(self.reaches(self.alice, self.bob))
        places = {SERVER, self.bob.address}
        self.network.drop(lambda datagram: {datagram.sender.host, datagram.destination.host} == places)
        self.rotated()
        self.go(2 * HOLD)
        self.assertEqual(secretsOf(self.bob).number, self.number)

    def test_whoWasAway(self) -> None:
        """
        Who was away for longer than the former secret counts gets the new one at the server, and then meets everybody.
        """
        self.bob.stop()
        self.rotated(overlap=DAY)
        self.later(2 * DAY)
        self.end(self.server)
        self.bob.start()
        self.go(3.0)
        self.assertFalse(self.reaches(self.bob, self.alice))
        self.assertEqual(secretsOf(self.bob).number, 0)
        self.server = self.serve()
        self.go(70.0)
        self.assertEqual(secretsOf(self.bob).number, self.number)
        self.assertTrue(self.reaches(self.bob, self.alice))

    def test_missingAllThatAreKept(self) -> None:
        """
        So does who missed more changes than a server keeps.
        """
        self.bob.stop()
        for _ in range(5):
            self.rotated(overlap=1.0, seconds=2.0)
        self.later(DAY)
        self.bob.start()
        self.go(5.0)
        self.assertEqual(secretsOf(self.bob).number, self.number)
        self.assertTrue(self.reaches(self.bob, self.alice))

    def test_whoJoinsLater(self) -> None:
        """
        Who joins after the former secret ended is told the new one at once, and meets everybody.
        """
        self.rotated(overlap=1.0)
        self.later(60.0)
        carol = self.dwelling(3)
        self.assertEqual(secretsOf(carol).number, self.number)
        self.assertTrue(self.reaches(carol, self.alice))

    def test_twiceQuickly(self) -> None:
        """
        Of two changes at the same moment everybody has the later one, and both former ones end when it was said.
        """
        self.rotated(overlap=3 * DAY, seconds=0.0)
        self.rotated(overlap=2 * DAY)
        self.assertEqual(secretsOf(self.alice).numbers, secretsOf(self.bob).numbers)
        self.assertEqual((len(secretsOf(self.alice).numbers), secretsOf(self.alice).number), (3, self.number))
        self.assertEqual(len(secretsOf(self.alice).counting), 3)
        self.clock.advance(2 * DAY)
        self.assertEqual(len(secretsOf(self.alice).counting), 1)

    def test_aRevokedMemberGetsNothing(self) -> None:
        """
        Who was revoked just before learns nothing of it, though another member had not heard of the revocation: that
        comes with the secret.
        """
        self.assertTrue(self.reaches(self.alice, self.bob))
        revoked = secretsOf(self.bob)

        def aboutTo(datagram: Datagram) -> bool:  # bob and alice do not hear of the revocation, and talk
            return datagram.sender.host == SERVER and len(datagram.payload) < 300

        undo = self.network.drop(aboutTo)
        Deferred.fromCoroutine(self.server.network.revoke(self.bob.own.name))
        self.go(0.2)
        undo()
        self.assertEqual(self.bob.own.stage, "member")
        self.rotated()
        self.assertEqual((secretsOf(self.alice).number, revoked.number), (self.number, 0))
        self.go(10.0)
        self.assertEqual(revoked.number, 0)
        self.assertEqual((self.server.network.secret().have, self.server.network.secret().members), (1, 1))

    def test_aRevokedMemberAndManyMore(self) -> None:
        """
        Nor does who was revoked before many others, whose revocations leave no room for that beside the secret.
        """
        self.assertTrue(self.reaches(self.alice, self.bob))
        revoked = secretsOf(self.bob)
        undo = self.network.drop(lambda datagram: datagram.sender.host == SERVER)
        Deferred.fromCoroutine(self.server.network.revoke(self.bob.own.name))
        self.go(2.0)
        for number in range(1, 7):
            Deferred.fromCoroutine(self.server.network.revoke(bytes([number] * 32).hex()))
        self.go(0.2)
        undo()
        self.assertEqual(self.bob.own.stage, "member")
        self.rotated()
        self.go(60.0)
        self.assertEqual((secretsOf(self.alice).number, revoked.number), (self.number, 0))

    def test_aServerFromABackup(self) -> None:
        """
        A server whose store and state are from before learns the secret from its members, and stores it.
        """
        files = {path: path.read_bytes() for path in (self.directory / "server").iterdir() if path.is_file()}
        self.rotated(overlap=1.0)
        number = self.number
        self.end(self.server)
        for path in (self.directory / "server").iterdir():
            path.unlink()
        for path, content in files.items():
            path.write_bytes(content)
            path.chmod(0o600)
        self.later(60.0)
        self.server = self.serve()
        self.go(120.0)
        self.assertEqual((self.number, self.server.network.secret().have), (number, 2))
        self.end(self.server)
        self.server = self.serve()
        self.assertEqual(self.number, number)

    def test_clocksDiffer(self) -> None:
        """
        A member whose clock is ahead by days refuses the former secret earlier than others, and has the new one.
        """
        self.rotated(overlap=DAY)
        context = self.alice.context
        self.assertEqual(context.wallClock(), self.clock.seconds())
        secretsOf(self.alice)._wallClock = lambda: self.clock.seconds() + 3 * DAY
        self.assertEqual(len(secretsOf(self.alice).counting), 1)
        self.go(200.0)
        self.assertTrue(self.reaches(self.alice, self.bob))

    def test_whatIsRefused(self) -> None:
        """
        A time that is too long is refused, and a plain node changes no secret.
        """
        doing = Deferred.fromCoroutine(self.server.network.rotate(OVERLAP_MAXIMUM + 1))
        self.assertIn("366 days", str(self.failureResultOf(doing, MembershipRefused).value))
        self.assertRaises(NotSupported, lambda: self.alice.node.network.secret())
        self.assertEqual(self.number, 0)

    def test_nothingIsSaid(self) -> None:
        """
        Events tell that there is another secret, and not which.
        """
        told: list[Any] = []
        self.alice.context.events.subscribe(told.append)
        self.rotated()
        events = [each for each in told if each.kind == "secret-changed"]
        self.assertEqual(len(events), 1)
        self.assertNotIn(secretsOf(self.alice).newest.hex(), str(told))


class SeparateServersTests(RotationCase):
    """
    A second server with the network key, and a store of its own; of two members one knows both servers.
    """

    def setUp(self) -> None:
        super().setUp()
        state, other = (StateDirectory(str(self.directory / name)) for name in ("server", "other"))
        NodeKey.kept(other, os.urandom)
        for name in ("network.key", "network"):
            content = state.read(name)
            assert content is not None
            other.write(name, content)
        self.other = self.serve("other", listen="192.0.2.101", recover=True)
        self.addCleanup(lambda: self.end(self.other))
        first, self.server = self.server, self.other
        self.join(self.bob, self.invitation())
        self.server = first

    def test_atOneMoment(self) -> None:
        """
        Both make a secret in the same second: they have two numbers, all members and both servers soon have the same
        newest one, and nobody goes on telling anybody.
        """
        self.assertTrue(self.reaches(self.alice, self.bob))
        undo = self.network.drop(lambda datagram: True)
        for each in (self.server, self.other):
            Deferred.fromCoroutine(each.network.rotate(DAY))
        self.go(0.1)
        first, second = (each.network.secret().number for each in (self.server, self.other))
        self.assertNotEqual(first, second)
        undo()
        self.go(20.0)
        numbers = [secretsOf(each).number for each in (self.alice, self.bob)]
        numbers += [each.network.secret().number for each in (self.server, self.other)]
        self.assertEqual(numbers, [max(first, second)] * 4)
        self.assertTrue(self.reaches(self.alice, self.bob))
        told = self.alice.context.counters["secrets-told"], self.bob.context.counters["secrets-told"]
        self.go(400.0)
        self.assertEqual(told, tuple(each.context.counters["secrets-told"] for each in (self.alice, self.bob)))
        self.assertTrue(self.reaches(self.alice, self.bob))


class FoundedTests(FoundingCase):
    """
    A network without a server.
    """

    def test_theFounderIsOff(self) -> None:
        """
        The founder gives the network another secret, and goes; the others pass it on to whoever comes later.
        """
        founder, token = self.founder()
        two, three = self.dwelling(2, joins=False), self.dwelling(3, joins=False)
        self.join(two, token)
        self.join(three, self.invited(founder))
        self.assertTrue(self.reaches(two, three))
        three.stop()
        self.go(1.0)
        status = self.done(founder.node.network.rotate(DAY), 2.0)
        self.assertEqual(founder.node.network.secret(), SecretStatus(status.number, status.until, 1, 2, status.changed))
        founder.stop()
        self.go(1.0)
        three.start()
        self.go(10.0)
        self.assertEqual([secretsOf(each).number for each in (two, three)], [status.number] * 2)
        self.clock.advance(2 * DAY)
        self.go(30.0)
        self.assertTrue(self.reaches(two, three))
        founder.start()
        self.go(5.0)
        self.assertEqual(secretsOf(founder).number, status.number)

    def test_whereItIsDone(self) -> None:
        """
        A member that is asked for another secret, or for anything about members, says on which program that is done.
        """
        founder, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        with self.assertRaisesRegex(NotSupported, "this node is a member, .*: do it on node-1$"):
            two.node.network.secret()
        self.done(founder.node.network.appoint("node-2", 7))
        self.assertIn("do it on node-1", self.failing(two.node.network.rotate(DAY), MembershipRefused))

    def test_theFoundersClock(self) -> None:
        """
        A founder whose clock was wrong when it started hears that from those that it meets, and makes no secret whose
        end depends on it.
        """
        founder, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        founder.stop()
        context = founder.makeContext
        wrong = lambda: attrs.evolve(context(), wallClock=lambda: self.clock.seconds() + 2 * DAY)  # noqa: E731
        self.patch(founder, "makeContext", wrong)
        founder.start()
        self.go(10.0)
        said = self.failing(founder.node.network.rotate(DAY), MembershipRefused)
        self.assertIn("2 days ahead of those of most members", said)
        self.done(founder.node.network.rotate(1.0), 2.0)
        self.assertEqual(secretsOf(two).number, secretsOf(founder).number)

    def test_admittedByHand(self) -> None:
        """
        Who is admitted by hand has the newest secret from the answer.
        """
        founder, _ = self.founder()
        status = self.done(founder.node.network.rotate(1.0), 2.0)
        two = self.dwelling(2, joins=False)
        answer = self.done(founder.node.network.admit(two.node.request(), InvitationSettings()))
        self.join(two, answer)
        self.assertEqual(secretsOf(two).number, status.number)
        self.assertTrue(self.reaches(two, founder))

    def test_givenByHand(self) -> None:
        """
        Who was away for long, and does not find the founder, gets the newest secret from an answer, too.
        """
        founder, token = self.founder()
        two = self.dwelling(2, joins=False)
        self.join(two, token)
        undo = self.network.drop(lambda datagram: True)
        status = self.done(founder.node.network.rotate(1.0), 2.0)
        answer = self.done(founder.node.network.admit(two.node.request(), InvitationSettings()))
        self.join(two, answer)
        self.assertEqual(secretsOf(two).number, status.number)
        undo()
        self.assertIn("already", self.failing(two.node.join(answer), MembershipRefused))
