"""
Tests for the guides from nothing to a ping.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.first.command import tableOf
from bench.first.course import Outcome
from bench.first.guide import Guide, Step, StepFailed
from bench.first.guides import GUIDES


class GuideTests(SynchronousTestCase):
    """
    L{Guide} and L{Step}.
    """

    def test_counted(self) -> None:
        """
        The ping counts as a command.  What a host uses that the other printed was carried, once for each host.
        """
        steps = (
            Step(1, "keys", "one", r"Public: (\w+)"),
            Step(2, "cat > file <<END\npeer {one} {one}\nEND\n"),
            Step(1, "use {one}"),
        )
        guide = Guide("some", {}, steps, ())
        self.assertEqual((guide.commands, guide.files, guide.carried), (4, 1, 1))

    def test_filled(self) -> None:
        """
        A line is typed with what was printed before.
        """
        step = Step(1, "keys", "one", r"Public: (\w+)")
        found = step.found("Secret: s\nPublic: p\n")
        self.assertEqual(Step(2, "peer {one};").filled({"one": found}), "peer p;")

    def test_allOfIt(self) -> None:
        """
        Unless it says what is wanted of it, all of an output is kept, without the white space around.
        """
        self.assertEqual(Step(1, "cat key", "key").found("\n--begin\nkey\n--end\n\n"), "--begin\nkey\n--end")

    def test_printedNothing(self) -> None:
        """
        A program that does not print what its guide promises is told, with what it printed.
        """
        with self.assertRaisesRegex(StepFailed, "`keys` printed nothing like Public: .*: no entropy"):
            Step(1, "keys", "one", r"Public: (\w+)").found("no entropy")

    def test_stepsUseWhatWasPrinted(self) -> None:
        """
        Each guide uses only what an earlier step of it printed, and wand's is among them.
        """
        self.assertEqual(GUIDES[0].name, "wand")
        for guide in GUIDES:
            printed: set[str] = set()
            for step in guide.steps:
                self.assertLessEqual(set(step.names), printed, guide.name)
                printed.add(step.name)


class TableTests(SynchronousTestCase):
    """
    L{tableOf}.
    """

    def test_fewestCommandsFirst(self) -> None:
        """
        The one with the fewest commands is the first; of two with as many, the faster one.
        """
        outcomes = [
            Outcome(name, commands, 0, 1, seconds)
            for name, commands, seconds in (("many", 9, 1.0), ("slow", 3, 2.0), ("fast", 3, 1.04))
        ]
        _, _, rows = tableOf(outcomes)
        self.assertEqual([each[0] for each in rows], ["fast", "slow", "many"])
        self.assertEqual(rows[0], ["fast", "3", "0", "1", "1.0"])
