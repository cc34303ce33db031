"""
Tests for L{wand.logs.levels}: how much each part of a program says.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import LogLevel
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import AddressInvalid
from wand.logs.levels import LEVELS, Levels, check
from wand.status import LevelStatus


def says(levels: Levels, namespace: str, level: str) -> bool:
    """
    Does a message get into the log?
    """
    return levels.says({"log_namespace": namespace, "log_level": LogLevel.lookupByName(level)})


class LevelsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.levels = Levels()

    def test_debuggingIsNotSaid(self) -> None:
        """
        As long as nobody says otherwise, everything but what is for debugging is in the log.
        """
        self.assertFalse(says(self.levels, "wand.sealed.node", "debug"))
        self.assertTrue(says(self.levels, "wand.sealed.node", "info"))
        self.assertTrue(says(self.levels, "somebody", "info"))

    def test_aPartHasTheLevelOfItsWhole(self) -> None:
        """
        A level is that of a part and of all parts in it, unless they have their own.
        """
        self.levels.take({"sealed": "debug", "sealed.sessions": "error"})
        self.assertTrue(says(self.levels, "wand.sealed.node.joining", "debug"))
        self.assertFalse(says(self.levels, "wand.sealed.sessions.transport", "warn"))
        self.assertFalse(says(self.levels, "wand.etud", "debug"))

    def test_allParts(self) -> None:
        """
        The level of all parts is that of Twisted's, too, which has its own if it is named.
        """
        self.levels.take({"all": "error", "twisted.internet": "debug"})
        self.assertFalse(says(self.levels, "wand.etud", "warn"))
        self.assertFalse(says(self.levels, "twisted.web", "warn"))
        self.assertTrue(says(self.levels, "twisted.internet.base", "debug"))

    def test_theOperatorHasTheLastWord(self) -> None:
        """
        What the operator sets holds until it is set to the default, or the configuration changes.
        """
        self.levels.take({"sealed": "warn"})
        self.levels.set("sealed", "debug")
        self.levels.set("all", "error")
        self.assertEqual(
            self.levels.status(), [LevelStatus("all", "error", "operator"), LevelStatus("sealed", "debug", "operator")]
        )
        self.levels.set("sealed", "default")
        self.assertEqual(self.levels.status()[1], LevelStatus("sealed", "warn", "configuration"))
        self.assertEqual(self.levels.take({"sealed": "warn"}), [])
        self.assertEqual(self.levels.status()[0].level, "error")
        self.assertEqual(self.levels.take({"etud": "debug"}), [
            "log-levels: etud is at debug now", "log-levels: sealed has no level of its own any more",
        ])  # fmt: skip
        self.assertEqual(self.levels.status()[0], LevelStatus("all", "info", "default"))

    def test_whatBecomesOfAllParts(self) -> None:
        """
        What a reload says of the level of all parts is said of them, and what is usual by its name.
        """
        self.assertEqual(self.levels.take({"all": "debug"}), ["log-levels: all parts are at debug now"])
        self.assertEqual(self.levels.take({}), ["log-levels: all parts are at info again, as usual"])

    def test_mistakesAreNamed(self) -> None:
        """
        Who mistypes a part or a level is told what there is, and nothing changes.
        """
        with self.assertRaisesRegex(AddressInvalid, "there is no part 'seald'; did you mean sealed?"):
            self.levels.set("seald", "debug")
        with self.assertRaisesRegex(AddressInvalid, "the level of sealed is one of debug, info, warn, error, critical"):
            self.levels.take({"sealed": "loud"})
        with self.assertRaises(AddressInvalid):
            self.levels.take({f"sealed.{number}": "info" for number in range(1000)})
        self.assertEqual(self.levels.status(), [LevelStatus("all", "info", "default")])

    def test_whatTwistedDoesNotLabel(self) -> None:
        """
        A message without a level is told: nobody can say that it is of no interest.
        """
        self.assertTrue(self.levels.says({"log_namespace": "x"}))


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=9) | st.sampled_from(LEVELS), max_size=5))
def test_anything(levels: dict[str, str]) -> None:
    """
    Whatever a configuration says is taken or refused; nothing else is raised.
    """
    try:
        check(levels)
    except AddressInvalid:
        return
    Levels().take(levels)
