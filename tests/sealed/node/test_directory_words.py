"""
Tests for L{wand.sealed.node.directory_words}: whose word counts.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from hypothesis import given
from hypothesis import strategies as st
from simulated.membership import octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.identity import Identity
from wand.sealed.node.directory_words import DIRECTORY_SILENCE, DirectoryWords

ALICE, BOB = (Identity(octetsFrom(name)) for name in ("alice", "bob"))

#: What a directory said of a member last, if it said anything, and whether the directory is heard.
Word: TypeAlias = tuple[Literal["online", "offline", "nothing"], bool]

#: The table of docs/architecture.md: what two directories say, and whether the member is online.
ROWS: Final[dict[tuple[Word, Word], bool]] = {
    (("online", True), ("online", True)): True,
    (("online", True), ("offline", True)): True,
    (("online", True), ("nothing", True)): True,
    (("online", True), ("online", False)): True,
    (("online", True), ("offline", False)): True,
    (("offline", True), ("offline", True)): False,
    (("offline", True), ("nothing", True)): False,
    (("offline", True), ("online", False)): False,
    (("offline", True), ("offline", False)): False,
    (("nothing", True), ("nothing", True)): False,
    (("nothing", True), ("online", False)): True,
    (("nothing", True), ("offline", False)): False,
    (("online", False), ("online", False)): True,
    (("online", False), ("offline", False)): True,
    (("online", False), ("nothing", False)): True,
    (("offline", False), ("offline", False)): False,
}


class DirectoryWordsTests(SynchronousTestCase):
    """
    L{DirectoryWords}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.settled: list[Identity] = []
        self.words = DirectoryWords(self.clock, self.settled.append)
        self.addCleanup(self.words.stop)

    def say(self, by: str, word: str, member: Identity = ALICE) -> None:
        if word != "nothing":
            self.words.say(member, by, isOnline=word == "online")

    def test_everyRow(self) -> None:
        """
        Of two directories, whatever each of them says, in either order.
        """
        for row, wanted in ROWS.items():
            for (one, isOneHeard), (other, isOtherHeard) in (row, row[::-1]):
                words = self.words = DirectoryWords(self.clock, self.settled.append)
                for by, word, isHeard in (("one", one, isOneHeard), ("other", other, isOtherHeard)):
                    self.say(by, word)
                    if isHeard:
                        words.hear(by)
                self.assertEqual(words.isOnline(ALICE), wanted, row)
                words.stop()

    def test_whoFallsSilent(self) -> None:
        """
        From some minutes after it was heard last, what a directory said holds nobody whom another denies; when it is
        heard again, it does.  Those whom it concerns are settled, and nobody else.
        """
        for by in ("server", "gossip"):
            self.words.hear(by)
        self.say("server", "online")
        self.say("server", "online", BOB)
        self.say("gossip", "offline")
        for _ in range(3):
            self.clock.advance(DIRECTORY_SILENCE - 1)
            self.words.hear("server")
            self.words.hear("gossip")
        self.assertEqual((self.words.isOnline(ALICE), self.settled), (True, []))
        for _ in range(2):
            self.clock.advance(DIRECTORY_SILENCE / 2)
            self.words.hear("gossip")
        self.assertEqual((self.words.isOnline(ALICE), self.words.isOnline(BOB)), (False, True))
        self.assertEqual(self.settled, [ALICE])
        self.words.hear("server")
        self.assertEqual((self.words.isOnline(ALICE), self.settled), (True, [ALICE] * 2))

    def test_nobodyIsHeard(self) -> None:
        """
        When no directory is heard any more, what was said stands.
        """
        self.say("server", "online")
        self.words.hear("server")
        self.assertTrue(self.words.isAnyHeard)
        self.clock.advance(10 * DIRECTORY_SILENCE)
        self.assertEqual((self.words.isAnyHeard, self.words.isOnline(ALICE)), (False, True))

    def test_whoIsForgotten(self) -> None:
        """
        Of somebody who is no member any more nothing is kept.
        """
        for by, word in (("server", "online"), ("gossip", "offline")):
            self.say(by, word)
        self.words.forget(ALICE)
        self.assertFalse(self.words.isOnline(ALICE))
        self.words.hear("server")
        self.assertEqual(self.settled, [])

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.sampled_from("abc"), st.sampled_from(["online", "offline", "hear"])),
                st.tuples(st.just(""), st.sampled_from(["wait", "wait long"])),
            ),
            max_size=40,
        )
    )
    def test_whateverIsSaid(self, steps: list[tuple[str, str]]) -> None:
        """
        A directory that is heard and says "online" is believed; nobody is online of whom no directory said so last; and
        whenever the answer changes without a word about the member, the member is settled.
        """
        clock, settled = Clock(), []
        words = DirectoryWords(clock, settled.append)
        last: dict[str, str] = {}
        heard: dict[str, float] = {}
        answer = False
        for by, what in steps:
            settled.clear()
            if what == "hear":
                words.hear(by)
                heard[by] = clock.seconds()
            elif by:
                words.say(ALICE, by, isOnline=what == "online")
                last[by] = what
            else:
                clock.advance(DIRECTORY_SILENCE / (1 if "long" in what else 4))
            before, answer = answer, words.isOnline(ALICE)
            isSaid = not by or what == "hear"
            self.assertTrue(answer == before or not isSaid or settled == [ALICE])
            online = {each for each, word in last.items() if word == "online"}
            self.assertLessEqual(answer, bool(online))
            isBelieved = any(clock.seconds() - heard.get(each, -1e9) < DIRECTORY_SILENCE for each in online)
            self.assertGreaterEqual(answer, isBelieved)
        words.stop()
