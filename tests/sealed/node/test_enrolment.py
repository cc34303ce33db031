"""
What a node keeps of its membership, over restarts and crashes and against prying eyes.
"""

from __future__ import annotations

import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import msgspec
from simulated.membership import TestNetwork, entropyFrom, macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import MembershipRefused, StateUnavailable
from wand.interfaces.membership import Membership
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.messages import Admitted
from wand.sealed.credentials.signed import signed, verified
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.epoch import Epoch
from wand.sealed.node.stored_enrolment import SERVERS_MAXIMUM, KnownServer
from wand.state import StateDirectory
from wand.state_writer import StateWriter

NETWORK = TestNetwork()
SERVER = NodeKey.fromSeed(octetsFrom("server"))
TOKEN = NETWORK.token(SERVER, "192.0.2.1:44444")


class EnrolmentCase(SynchronousTestCase):
    """
    A node with an empty state directory.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        path = mkdtemp()
        self.addCleanup(rmtree, path)
        self.state = StateDirectory(path)
        self.node = self.started()

    def started(self) -> Enrolment:
        node = Enrolment(self.state, self.clock, entropyFrom("alice"), wallClock=self.clock.seconds)
        self.addCleanup(node.stop)
        return node

    def answer(self, node: Enrolment | None = None, *, issued: int = 1000, name: str = "alice") -> Admitted:
        certificate = NETWORK.certificate((node or self.node).key, name, addresses=("10.77.0.1/16",), issued=issued)
        return Admitted(certificate, NETWORK.descriptor, NETWORK.secret, self.server())

    def server(self) -> bytes:
        return NETWORK.certificate(SERVER, "server", (), server=True)

    def join(self) -> None:
        self.node.begin(TOKEN)
        self.assertTrue(self.node.admitted(self.answer()))


class JoiningTests(EnrolmentCase):
    def test_stages(self) -> None:
        """
        A node is new, then it redeems an invitation, then it is a member; it provides what sessions need all the while.
        """
        membership: Membership = self.node
        self.assertEqual((self.node.stage, membership.certificate, membership.secrets.newest), ("new", b"", b""))
        self.assertIsNone(membership.admit(self.server(), SERVER.exchangePublic))
        self.node.begin(TOKEN)
        self.assertEqual((self.node.stage, membership.network), ("joining", NETWORK.key.network))
        self.assertEqual(membership.cipher, "aes-256-gcm")
        self.assertEqual(self.node.servers, (KnownServer(SERVER.identity, SERVER.exchangePublic, TOKEN.endpoints),))
        self.assertTrue(self.node.admitted(self.answer()))
        self.assertEqual((self.node.stage, membership.secrets.newest), ("member", NETWORK.secret))
        self.assertIsNotNone(membership.admit(self.server(), SERVER.exchangePublic))
        self.assertIsNone(membership.invitationSecret(TOKEN.invitation))

    def test_aRestartNeedsNoToken(self) -> None:
        """
        After a restart the node is the member that it was, or goes on redeeming the invitation that it had.
        """
        self.node.begin(TOKEN)
        self.node = self.started()
        self.assertEqual((self.node.stage, self.node.token), ("joining", TOKEN))
        self.node.admitted(self.answer())
        before, self.node = self.node, self.started()
        self.assertEqual((self.node.stage, self.node.token), ("member", None))
        self.assertEqual(self.node.identity, before.identity)
        self.assertEqual((self.node.certificate, self.node.secrets.newest), (before.certificate, before.secrets.newest))
        self.assertEqual((self.node.own, self.node.servers), (before.own, before.servers))

    def test_falseAnswersAreRefused(self) -> None:
        """
        An answer that another network signed, that is for another node, or that no server of the network gives, changes
        nothing.
        """
        self.node.begin(TOKEN)
        good, other = self.answer(), TestNetwork(NetworkKey.fromSeed(octetsFrom("other")))
        mallory = NodeKey.fromSeed(octetsFrom("mallory"))
        for wrong in (
            {"certificate": NETWORK.certificate(mallory)},
            {"certificate": other.certificate(self.node.key)},
            {"certificate": b""},
            {"descriptor": other.descriptor},
            {"descriptor": TestNetwork(cipher="chacha20-poly1305").descriptor},
            {"server": NETWORK.certificate(mallory, "server", (), server=True)},
            {"server": NETWORK.certificate(SERVER, "server", ())},
        ):
            self.assertFalse(self.node.admitted(msgspec.structs.replace(good, **wrong)))
        self.assertEqual(self.node.stage, "joining")
        self.assertTrue(self.node.admitted(good))
        self.assertFalse(self.node.admitted(good))

    def test_noSecretIsNoMembership(self) -> None:
        """
        An answer without a network secret, or one of zeros, is none (n2n, EasyTier#1539).
        """
        self.assertRaises(ValueError, msgspec.structs.replace, self.answer(), secret=bytes(32))
        self.assertRaises(ValueError, msgspec.structs.replace, self.answer(), secret=b"")

    def test_oneNetworkANode(self) -> None:
        """
        A member of one network does not take an invitation to another.
        """
        self.join()
        other = msgspec.structs.replace(TOKEN, network=octetsFrom("other"))
        self.assertIn("another network", str(self.assertRaises(MembershipRefused, self.node.begin, other)))

    def test_anInvitationToTheSameNetworkNamesAServer(self) -> None:
        """
        A member that is given a token of its network remembers the server, and is a member while it redeems it and
        when that is refused, also over a restart.
        """
        self.join()
        second = msgspec.structs.replace(TOKEN, server=octetsFrom("second"), endpoints=("192.0.2.2:44444",))
        self.node.begin(second)
        self.assertEqual((self.node.stage, len(self.node.servers)), ("member", 2))
        self.node = self.started()
        self.assertEqual((self.node.stage, self.node.token), ("member", second))
        self.node.invitation.forget()
        self.assertEqual((self.node.stage, self.started().token), ("member", None))

    def test_anInvitationMayGiveMore(self) -> None:
        """
        A member that redeems an invitation of its network takes the certificate that it gets, if it is not an older.
        """
        self.join()
        assert self.node.own is not None
        issued = self.node.own.issued
        server = self.server()
        for seconds, isBridge in ((10, True), (-10, True)):
            self.node.begin(TOKEN)
            better = NETWORK.certificate(self.node.key, bridge=True, issued=issued + seconds, expires=issued + 9000)
            self.assertTrue(self.node.admitted(Admitted(better, NETWORK.descriptor, NETWORK.secret, server)))
            assert self.node.own is not None
            self.assertEqual((self.node.own.bridge, self.node.token), (isBridge, None))
            self.assertEqual(self.node.own.issued, issued + 10)

    def test_anInvitationThatCanNotBeRemoved(self) -> None:
        """
        Where the disk can only be read, an invitation that is done is forgotten all the same until the next start.
        """
        self.node.begin(TOKEN)
        self.patch(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
        self.node.invitation.forget()
        self.assertEqual(self.node.stage, "new")

    def test_anExpiredMemberMayJoinAgain(self) -> None:
        """
        A member whose certificate has expired may redeem a new invitation.
        """
        self.join()
        self.clock.advance(300_000)
        self.node.begin(TOKEN)
        self.assertEqual((self.node.stage, self.node.token), ("member", TOKEN))
        again = NETWORK.certificate(self.node.key, issued=301_000, expires=400_000)
        server = NETWORK.certificate(SERVER, "server", (), server=True, expires=400_000)
        self.assertTrue(self.node.admitted(Admitted(again, NETWORK.descriptor, NETWORK.secret, server)))
        self.assertEqual(self.started().stage, "member")

    def test_anInvitationIsAbandoned(self) -> None:
        """
        An invitation that is refused is forgotten, also on disk.
        """
        self.node.begin(TOKEN)
        self.node.invitation.forget()
        self.assertEqual((self.node.stage, self.started().stage), ("new", "new"))

    def test_serversAreBounded(self) -> None:
        """
        Only so many servers are remembered, the latest.
        """
        self.join()
        for number in range(SERVERS_MAXIMUM + 4):
            self.node.rememberServer(KnownServer(octetsFrom(f"id {number}"), octetsFrom(str(number)), ("192.0.2.9:1",)))
        self.assertEqual(len(self.node.servers), SERVERS_MAXIMUM)
        self.node.rememberServer(KnownServer(octetsFrom("id 7"), octetsFrom("7"), ("192.0.2.7:1",)))
        self.assertEqual(len(self.node.servers), SERVERS_MAXIMUM)
        self.assertEqual(self.started().servers, self.node.servers)


class MemberTests(EnrolmentCase):
    def setUp(self) -> None:
        super().setUp()
        self.join()

    def claim(self, node: Enrolment, name: str = "alice") -> Claim:
        octets = node.claim((macFrom(name), macFrom("foreign")))
        assert octets is not None
        content = verified(octets, Claim, node.identity)
        assert content is not None
        return content

    def test_renewal(self) -> None:
        """
        A newer certificate is kept; an older one, another's or the same changes nothing.
        """
        newer = self.answer(issued=1200, name="alicia").certificate
        older = self.answer(issued=900).certificate
        self.assertTrue(self.node.renewed(newer))
        for certificate in (newer, older, self.server(), b""):
            self.assertFalse(self.node.renewed(certificate))
        own = self.started().own
        assert own is not None
        self.assertEqual(own.name, "alicia")

    def test_whoseCertificatesAreTaken(self) -> None:
        """
        A certificate that a member signed never takes the place of one of the network, or of another member's, before
        that has expired; one of the network always does.
        """
        self.node.begin(TOKEN)
        self.node.admitted(self.answer(issued=1000))
        bob, carol = (NodeKey.fromSeed(octetsFrom(name)) for name in ("bob", "carol"))

        def renewed(by: NodeKey | None, issued: int, expires: int = 259_200) -> bool:
            grant = b"" if by is None else NETWORK.grant(by)
            content = NETWORK.certificate(self.node.key, issued=issued, expires=expires, grant=grant, by=by)
            return self.node.renewed(content)

        self.assertFalse(renewed(bob, 1100))
        self.clock.advance(259_200)
        self.assertFalse(renewed(None, 900))
        self.assertTrue(renewed(bob, 1100))  # which has expired as well
        self.clock.rightNow = 1000.0
        self.assertFalse(renewed(carol, 1200))
        self.assertTrue(renewed(bob, 1200))
        self.assertTrue(renewed(None, 1000))
        self.assertFalse(renewed(bob, 1300))
        self.assertEqual(self.started().own, self.node.own)

    def test_aClaimIsWhatTheCertificateAllows(self) -> None:
        """
        A node claims of its MAC addresses those that its certificate names, its addresses and its name.
        """
        claim = self.claim(self.node)
        self.assertEqual((claim.macs, claim.addresses), ((macFrom("alice"),), ("10.77.0.1/16",)))
        octets = self.node.claim((macFrom("alice"),))
        assert octets is not None and self.node.trust is not None
        self.assertIsNotNone(Announcement.verified(self.node.certificate, octets, self.node.trust.check))

    def test_theEpochGrowsOnlyWithNews(self) -> None:
        """
        The same claim is made once; a new name makes a new one, of a higher epoch.
        """
        first = self.claim(self.node)
        self.assertEqual(self.claim(self.node), first)
        self.node.renewed(self.answer(issued=1200, name="alicia").certificate)
        second = self.claim(self.node, "alicia")
        self.assertGreater(second.epoch, first.epoch)
        self.assertEqual((second.name, second.macs), ("alicia", (macFrom("alicia"),)))

    def test_theEpochGrowsWithEveryStart(self) -> None:
        """
        A node that was killed claims with a higher epoch when it starts again, even within the same second, with a
        clock that went back, or when its state was restored from a backup.
        """
        backup = (self.state.path / "epoch").read_bytes()
        epochs = [self.claim(self.node).epoch]
        epochs.extend(self.claim(self.started()).epoch for _ in range(3))
        self.clock.rightNow = 10.0
        epochs.append(Epoch(StateWriter(self.state, self.clock), self.clock.seconds).current)
        self.clock.rightNow = 5000.0
        (self.state.path / "epoch").write_bytes(backup)
        epochs.append(self.claim(self.started()).epoch)
        self.assertEqual(epochs, sorted(set(epochs)))

    def test_aServerThatLiesDoesNotUseUpTheEpochs(self) -> None:
        """
        Whatever a server says of epochs that were used, a node can claim, after a restart as well, with a later one.
        """
        for said in (1 << 53, (1 << 53) - 1, 1 << 52, 1 << 60):
            before = self.claim(self.node).epoch
            self.node.ownClaim.surpass(said)
            for _ in range(3):
                self.node = self.started()
                after = self.claim(self.node).epoch
                self.assertGreater(after, before)
                before = after

    def test_revocationsAreKept(self) -> None:
        """
        A revoked key is refused after a restart too.
        """
        bob = NodeKey.fromSeed(octetsFrom("bob"))
        certificate = NETWORK.certificate(bob, "bob")
        self.assertIsNotNone(self.node.admit(certificate, bob.exchangePublic))
        assert self.node.trust is not None
        self.node.trust.revoke(NETWORK.revocation(bob.identity))
        self.assertIsNone(self.node.admit(certificate, bob.exchangePublic))
        self.clock.advance(2)
        self.assertIsNone(self.started().admit(certificate, bob.exchangePublic))

    def test_revocationsAreWrittenAtTheEnd(self) -> None:
        """
        What is not written yet when the node stops is written then, and no timer is left.
        """
        assert self.node.trust is not None
        self.node.trust.revoke(NETWORK.revocation(SERVER.identity))
        self.node.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        trust = self.started().trust
        assert trust is not None
        self.assertTrue(trust.isRevoked(SERVER.identity))

    def test_aFullDiskDoesNotRaise(self) -> None:
        """
        A revocation holds even if it cannot be kept.
        """
        assert self.node.trust is not None

        def full(name: str, content: bytes) -> None:
            raise StateUnavailable("the disk is full")

        self.patch(self.state, "write", full)
        self.node.trust.revoke(NETWORK.revocation(SERVER.identity))
        self.clock.advance(2)
        self.assertTrue(self.node.trust.isRevoked(SERVER.identity))

    def test_aServerThatWasRevoked(self) -> None:
        """
        A server that was revoked is not asked any more, though it is known that it was one.
        """
        assert self.node.trust is not None
        self.assertEqual([each.identity for each in self.node.servers], [SERVER.identity])
        self.node.trust.revoke(NETWORK.revocation(SERVER.identity))
        self.assertEqual((self.node.servers, self.node.isListed(SERVER.identity)), ((), True))


class KeptTests(EnrolmentCase):
    FILES = ("node.key", "membership", "epoch", "revocations", "spent")

    def setUp(self) -> None:
        super().setUp()
        self.join()
        assert self.node.trust is not None
        self.node.trust.revoke(NETWORK.revocation(octetsFrom("x")))
        self.clock.advance(2)

    def test_filesAreForTheirOwnerOnly(self) -> None:
        """
        Everything that a node keeps has mode 0600, in a directory of mode 0700, and no invitation is left behind.
        """
        self.assertEqual({path.name for path in self.state.path.iterdir()}, set(self.FILES))
        for path in self.state.path.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_filesOpenToOthersAreRefused(self) -> None:
        """
        A node does not start with a secret that others can read, and says what to do.
        """
        for name in self.FILES:
            path = self.state.path / name
            for mode in (0o640, 0o604, 0o620):
                path.chmod(mode)
                self.assertIn("chmod 600", str(self.assertRaises(StateUnavailable, self.started)))
            path.chmod(0o600)
        self.started()

    def test_filesOfOthersAreRefused(self) -> None:
        """
        A node does not start with a secret that somebody else put there, or that is a link.
        """
        path = self.state.path / "node.key"
        if os.geteuid() == 0:
            os.chown(path, 12345, -1)
            self.assertIn("somebody else", str(self.assertRaises(StateUnavailable, self.started)))
        path.unlink()
        path.symlink_to("/dev/zero")
        self.assertRaises(StateUnavailable, self.started)

    def test_damageIsNotOverwritten(self) -> None:
        """
        A damaged key stops the start; nothing new is made in its place.
        """
        path = self.state.path / "node.key"
        before = path.read_bytes()
        for damaged in (b"", before[:-5], bytes(len(before))):
            path.write_bytes(damaged)
            self.assertIn("wand restore", str(self.assertRaises(StateUnavailable, self.started)))
            self.assertEqual(path.read_bytes(), damaged)

    def test_aLostKeyIsNotMadeAnew(self) -> None:
        """
        Where the rest says that there was a key, no other is made in its place.
        """
        (self.state.path / "node.key").unlink()
        self.assertIn("is lost", str(self.assertRaises(StateUnavailable, self.started)))
        self.assertFalse((self.state.path / "node.key").exists())

    def test_aDamagedMembershipIsSaidAndKept(self) -> None:
        """
        A node whose membership is damaged starts, says so, changes nothing, and joins again with what it is told; then
        the damaged file is there under another name.
        """
        path = self.state.path / "membership"
        for damaged in (b"", path.read_bytes()[:-5], bytes(99)):
            path.write_bytes(damaged)
            node = self.started()
            self.assertEqual(node.stage, "new")
            self.assertIn(f"{path} is damaged", node.damaged[0])
            self.assertEqual(path.read_bytes(), damaged)
        node.begin(TOKEN)
        self.assertTrue(node.admitted(self.answer(node)))
        self.assertEqual((node.stage, node.damaged), ("member", []))
        self.assertEqual((self.state.path / "membership.damaged").read_bytes(), damaged)
        self.assertEqual(self.started().stage, "member")

    def test_damagedRevocationsAndEpochsAreMadeUpFor(self) -> None:
        """
        Damage to what peers tell again, or to the epoch, does not stop the start.
        """
        for name in ("epoch", "revocations"):
            (self.state.path / name).write_bytes(b"\xff damaged")
        self.assertEqual(self.started().stage, "member")

    def test_theMembershipOfAnotherKeyIsRefused(self) -> None:
        """
        A membership that was copied from another node is no use with this node's key.
        """
        self.state.write("node.key", octetsFrom("another").hex().encode())
        node = self.started()
        self.assertEqual(node.stage, "new")
        self.assertIn("damaged", node.damaged[0])

    def test_keysAreRead(self) -> None:
        """
        A network key is read from the text of its file, and anything else is refused.
        """
        seed = octetsFrom("network")
        self.assertEqual(NetworkKey.parse(f" {seed.hex()}\n").network, NETWORK.key.network)
        for wrong in ("", "zz", seed.hex()[:-2], "00" * 32):
            self.assertRaises(StateUnavailable, NetworkKey.parse, wrong)
        content = Certificate(*[bytes(32)] * 3, 0, "a", (), (), False, 0, 0, 1)
        self.assertIsNotNone(signed(NetworkKey.parse(seed.hex()).signing, content))
