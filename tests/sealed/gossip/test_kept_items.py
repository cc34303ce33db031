"""
Tests for L{wand.sealed.gossip.kept_items}: who starts again knows what it knew, and tells nobody anything.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from simulated.members import BEGIN, SimulatedMember, SimulatedNetwork, macOf
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import IMembershipFollower
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import signed
from wand.sealed.gossip.directory import GossipDirectory
from wand.sealed.gossip.kept_items import KEEP_INTERVAL, KEPT
from wand.sealed.sessions.control_messages import ControlMessages
from wand.state import StateDirectory


class Keeper(SimulatedMember):
    """
    A node with no server, and a state directory.

    @ivar state: that.
    @ivar revoked: what it knows of revocations at its start.
    """

    state: Path
    revoked: tuple[bytes, ...] = ()

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        assert self.context.sealed is not None
        for each in self.revoked:
            self.trust.revoke(each)
        self.context.stores.directory = lambda: StateDirectory(str(self.state))
        return GossipDirectory(self.context, self.context.sealed)

    @property
    def gossip(self) -> GossipDirectory:
        assert isinstance(self.directory, GossipDirectory)
        return self.directory

    def crash(self) -> None:
        """
        End without a word, and without writing anything.
        """
        assert self.gossip._gossip is not None and self.gossip._kept is not None
        self.gossip._gossip.stop()
        self.gossip._kept._file.stop()
        self.gossip._gossip = self.gossip._kept = None
        self.go()


class KeptItemsTests(SynchronousTestCase):
    """
    L{wand.sealed.gossip.kept_items.KeptItems} in a node.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.nodes = [Keeper(self.network.person(number), []) for number in range(1, 7)]
        for node in self.nodes:
            directory = TemporaryDirectory()
            self.addCleanup(directory.cleanup)
            node.state = Path(directory.name)
            node.come()
            first = self.nodes[0]
            if node is not first:
                node.claims.offer(*first.announcement())
                node.sessions.introduce(first.identity, first.person.key.exchangePublic, [first.sessions.endpoint])
        self.network.run(30)

    def tearDown(self) -> None:
        for node in self.nodes:
            if node.isRunning:
                node.go()

    def everybodyBut(self, node: Keeper) -> dict[object, bytes]:
        return {macOf(each.person.number): each.identity for each in self.nodes if each is not node}

    def count(self, node: Keeper) -> int:
        return node.gossip.status()[0].entries

    def test_itKnowsWhatItKnew(self) -> None:
        """
        A node that ended in good order knows everybody as soon as it starts, without being told, and all know it again.
        """
        node = self.nodes[3]
        node.go()
        self.network.run(3)
        node.come()
        self.assertEqual(self.count(node), 6)
        self.assertEqual(node.table, self.everybodyBut(node))
        self.network.run(20)
        self.assertLess(node.context.counters["gossip-items-taken"], 3)  # its own word, that it is here again
        for other in self.nodes:
            self.assertEqual(other.table, self.everybodyBut(other))

    def test_aCrashIsNoNews(self) -> None:
        """
        A node that ended without a word, and starts again soon, says nothing new; nor does anybody tell it anything.
        """
        self.network.run(KEEP_INTERVAL)
        node = self.nodes[3]
        node.crash()
        self.network.run(2)
        before = [each.context.counters["gossip-items-taken"] for each in self.nodes if each is not node]
        node.come()
        self.network.run(30)
        self.assertEqual(node.context.counters["gossip-items-taken"], 0)
        after = [each.context.counters["gossip-items-taken"] for each in self.nodes if each is not node]
        self.assertEqual(before, after)

    def test_whatIsKeptIsWrittenOnce(self) -> None:
        """
        After a restart nothing is written as long as nothing changes; what changed is, and what could not be written is
        written later.
        """
        self.network.run(KEEP_INTERVAL)
        node = self.nodes[3]
        node.crash()
        path = node.state / KEPT
        path.rename(kept := path.with_name("aside"))
        path.write_bytes(kept.read_bytes())
        path.chmod(0o600)
        written = path.stat().st_ino
        node.come()
        self.network.run(2 * KEEP_INTERVAL)
        self.assertEqual(path.stat().st_ino, written)
        self.nodes.pop().go()
        path.unlink()
        path.mkdir()
        self.network.run(KEEP_INTERVAL)
        path.rmdir()
        self.network.run(KEEP_INTERVAL)
        self.assertTrue(path.is_file())

    def test_damaged(self) -> None:
        """
        Of a file that is not as it was written nothing is used; the operator is told, until it is written again.
        """
        node = self.nodes[3]
        node.go()
        path = node.state / KEPT
        path.write_bytes(path.read_bytes()[:-9] + b"different")
        node.come()
        self.assertEqual(self.count(node), 1)
        self.assertEqual([note.key for note in node.context.notes], [f"unreadable-{KEPT}"])
        self.network.run(30)
        node.go()
        node.come()
        self.assertEqual(self.count(node), 6)
        self.assertEqual(list(node.context.notes), [])

    def test_whatCannotBeKept(self) -> None:
        """
        As long as the file cannot be written the operator is told, and it is tried again.
        """
        node = self.nodes[3]
        path = node.state / KEPT
        path.mkdir()
        self.network.run(KEEP_INTERVAL)
        (note,) = node.context.notes
        self.assertEqual(note.key, f"state-{KEPT}")
        self.assertRegex(
            note.text, "gossip is a directory and not a plain file, .*; members that gossip knows would be forg"
        )
        path.rmdir()
        self.network.run(KEEP_INTERVAL)
        self.assertEqual(list(node.context.notes), [])
        self.assertTrue(path.is_file())

    def test_anotherNetwork(self) -> None:
        """
        What was known in another network is forgotten.
        """
        node = self.nodes[3]
        node.go()
        path = node.state / KEPT
        content = path.read_bytes()
        at = content.index(self.network.key.network)
        path.write_bytes(content[:at] + b"\x09" * 32 + content[at + 32 :])
        node.come()
        self.assertEqual(self.count(node), 1)

    def test_whoIsNoMemberAnyMore(self) -> None:
        """
        A member that was revoked, or whose certificate ended, while a node did not run is forgotten.
        """
        node, gone = self.nodes[3], self.nodes.pop()
        gone.go()
        node.go()
        revocation = Revocation(self.network.key.network, gone.identity, BEGIN)
        node.revoked = (signed(self.network.key.signing, revocation),)
        node.come()
        self.network.run(1)
        self.assertEqual(self.count(node), 5)
