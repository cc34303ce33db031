"""
Members that know each other meet again while every server is dead, from what they kept on their disks.
"""

from __future__ import annotations

from shutil import copytree, rmtree
from tempfile import mkdtemp

from reach_case import ReachTestCase, Resident
from sealed_network_case import SERVER

from wand.sealed.node.known_peers import HASTENED_WITHIN, KNOWN_PEERS

#: Seconds within which they meet.
SOON = 1.0


class StartFromDiskTests(ReachTestCase):
    """
    Two nodes that pinged each other; the server is dead.
    """

    def setUp(self) -> None:
        super().setUp()
        self.one, self.two = (self.resident(self.network, f"198.51.100.{number}") for number in (1, 2))
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), 5.0)
        self.go(HASTENED_WITHIN + 0.5)
        self.isolate()

    def isolate(self) -> None:
        """
        The server dies.
        """
        self.undo = self.network.drop(lambda each: SERVER in (each.sender.host, each.destination.host))

    def crash(self, *residents: Resident) -> None:
        """
        Nodes end without another word, or another octet on their disks.
        """
        kept = mkdtemp()
        self.addCleanup(rmtree, kept)
        copytree(self.directory, kept, dirs_exist_ok=True)
        places = {each for resident in residents for each in resident.place.addresses}
        undo = self.network.drop(lambda each: each.sender.host in places or each.destination.host in places)
        for resident in residents:
            resident.stop()
        undo()
        for resident in residents:
            name = f"node-{resident.number}"
            rmtree(self.directory / name)
            copytree(f"{kept}/{name}", self.directory / name)

    def test_bothWereStopped(self) -> None:
        """
        Both were stopped in good order, and start at the same time.
        """
        for each in (self.one, self.two):
            each.stop()
        for each in (self.one, self.two):
            each.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_aMeetingOfAMoment(self) -> None:
        """
        They met a moment ago; one says goodbye, and then the other is stopped, too.
        """
        names = [self.directory / f"node-{each.number}" / KNOWN_PEERS for each in (self.one, self.two)]
        for each in (self.one, self.two):
            each.stop()
        for name in names:
            name.unlink()
        self.undo()
        for each in (self.one, self.two):
            each.start()
        self.go(2.0)
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)
        self.isolate()
        self.assertEqual([each.exists() for each in names], [False, False])
        for each in (self.one, self.two):
            each.stop()
        self.two.moveTo("198.51.100.77")
        for each in (self.one, self.two):
            each.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_bothCrashed(self) -> None:
        """
        Both crashed a moment after they met.
        """
        self.crash(self.one, self.two)
        for each in (self.one, self.two):
            each.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_oneStartsLater(self) -> None:
        """
        The first to start asks in vain for a while; the time counts from the start of the second.
        """
        for each in (self.one, self.two):
            each.stop()
        self.one.start()
        self.assertGreater(self.firstAnswer(self.one, self.two, 7.0), 7.0)
        self.two.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_oneWasStopped(self) -> None:
        """
        One said goodbye and comes back: the other may not try it for some seconds, so it is the one that greets.
        """
        self.two.stop()
        self.two.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_oneCrashed(self) -> None:
        """
        One crashed, and the other has a session with it that it knows nothing of.
        """
        self.crash(self.two)
        self.two.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_oneIsElsewhere(self) -> None:
        """
        One comes back at another address: it knows where the other is, and tells it where it is now.
        """
        for each in (self.one, self.two):
            each.stop()
        self.two.moveTo("198.51.100.77")
        for each in (self.one, self.two):
            each.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_onlyTheOneThatMovedStartsAgain(self) -> None:
        """
        The same while the other one runs on.
        """
        self.crash(self.two)
        self.two.moveTo("198.51.100.77")
        self.two.start()
        self.assertLess(self.firstAnswer(self.one, self.two, 5.0), SOON)

    def test_theFileIsDamaged(self) -> None:
        """
        A node whose file is damaged starts, says so, and is found by the other.
        """
        for each in (self.one, self.two):
            each.stop()
        (self.directory / "node-1" / "known-peers").write_bytes(b"rubbish")
        for each in (self.one, self.two):
            each.start()
        notes = " ".join(self.one.node.status().notes)
        self.assertIn("known-peers is damaged", notes)
        self.assertLess(self.firstAnswer(self.two, self.one, 5.0), SOON)
