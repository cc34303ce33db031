"""
Tests for L{wand.sealed.directory.interests}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.directory.interests import INTERESTS_MAXIMUM, Interests


def nameOf(number: int) -> bytes:
    return number.to_bytes(32, "big")


class InterestsTests(SynchronousTestCase):
    """
    L{Interests}.
    """

    def test_theLastOnesCount(self) -> None:
        """
        A node that was told of very many members is interested in the last ones.
        """
        interests = Interests()
        for number in range(INTERESTS_MAXIMUM + 10):
            interests.add(b"node", nameOf(number))
        interests.add(b"node", nameOf(12))
        told = list(interests.of(b"node"))
        self.assertEqual((len(told), told[0], told[-1]), (INTERESTS_MAXIMUM, nameOf(10), nameOf(12)))
        self.assertEqual(list(interests.nodes(nameOf(0))), [])

    def test_allTogetherAreBounded(self) -> None:
        """
        When there are very many, those who have the most give way to those who have few.
        """
        interests = Interests(maximum=1000)
        for node in range(100):
            for member in range(100):
                interests.add(nameOf(node), nameOf(member))
        self.assertLessEqual(len(interests), 2000)
        self.assertTrue(all(len(list(interests.of(nameOf(node)))) >= 10 for node in range(100)))


class InterestsMachine(RuleBasedStateMachine):
    """
    Both directions say the same as a plain list does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.interests = Interests()
        self.model: dict[bytes, list[bytes]] = {}

    @rule(node=st.integers(0, 4), first=st.integers(0, 400), count=st.integers(1, 200))
    def add(self, node: int, first: int, count: int) -> None:
        told = self.model.setdefault(nameOf(node), [])
        for member in map(nameOf, range(first, first + count)):
            self.interests.add(nameOf(node), member)
            if member in told:
                told.remove(member)
            told.append(member)
            del told[:-INTERESTS_MAXIMUM]

    @rule(node=st.integers(0, 4))
    def forget(self, node: int) -> None:
        self.interests.forget(nameOf(node))
        self.model.pop(nameOf(node), None)

    @invariant()
    def same(self) -> None:
        assert {node: list(self.interests.of(node)) for node in self.model} == self.model
        assert len(self.interests) == sum(map(len, self.model.values()))
        members = {member for told in self.model.values() for member in told}
        for member in members:
            assert set(self.interests.nodes(member)) == {n for n, told in self.model.items() if member in told}
        assert not any(self.interests.nodes(nameOf(each)) for each in range(600) if nameOf(each) not in members)


InterestsMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestInterests: Any = InterestsMachine.TestCase
