"""
Tests for L{wand.stores.change_order}: what comes on two connections, in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from wand.stores.change_order import HELD_MAXIMUM, Change, ChangeOrder

#: What happens.
STEPS = ("ours", "theirs", "many", "load", "answer", "hear")


class Copying:
    """
    A store whose answers and whose changes come when they like, each in its order, and a copy of one kind made of both.
    """

    def __init__(self) -> None:
        self.order = ChangeOrder(self.told, lambda: None)
        self.store: dict[bytes, bytes | None] = {}
        self.copy: dict[bytes, bytes | None] = {}
        self.versions: dict[bytes, int] = {}
        self.number = 0
        self.answers: list[Callable[[], None]] = []
        self.changes: list[Change] = []

    def told(self, kind: str, records: dict[bytes, bytes | None]) -> None:
        for key, value in records.items():
            self.know(key, value)

    def know(self, key: bytes, value: bytes | None) -> None:
        """
        Take something into the copy, which must not be older than what it has.
        """
        version = int(value or b"0")
        assert version >= self.versions.get(key, 0)
        self.copy[key], self.versions[key] = value, version

    def change(self, *keys: bytes, isOurs: bool) -> None:
        """
        One command, which makes a change of each key.
        """
        made = {}
        for key in keys:
            self.number += 1
            made[key] = self.store[key] = b"%d" % self.number
            self.changes.append(Change(self.number, "a", isOurs, {key: made[key]}))
        number = self.number
        if isOurs:

            def answer() -> None:
                self.order.written("a", made, number)
                for key, value in made.items():
                    self.know(key, value)

            self.ask(answer)

    def load(self) -> None:
        number, found = self.number, dict(self.store)

        def answer() -> None:
            self.order.loaded("a", number)
            for key, value in found.items():
                self.know(key, value)

        self.ask(answer)

    def ask(self, answer: Callable[[], None]) -> None:
        self.order.asked()
        self.answers.append(answer)

    def answer(self) -> None:
        if self.answers:
            self.answers.pop(0)()
            self.order.answered()

    def hear(self) -> None:
        if self.changes:
            self.order.came(self.changes.pop(0))


class ChangeOrderTests(SynchronousTestCase):
    @given(some.lists(some.tuples(some.sampled_from(STEPS), some.integers(0, 2))))
    def test_neverOlder(self, steps: list[tuple[str, int]]) -> None:
        """
        Whatever is done here and elsewhere, and in whatever order answers and changes come: nothing is told that is
        older than what is known, and at the end the copy is the store.
        """
        copying = Copying()
        for step, number in steps:
            if step in ("ours", "theirs"):
                copying.change(b"%d" % number, isOurs=step == "ours")
            elif step == "many":
                copying.change(b"0", b"1", b"2", isOurs=True)
            else:
                getattr(copying, step)()
        while copying.answers or copying.changes:
            copying.answer()
            copying.hear()
        self.assertEqual(copying.copy, copying.store)
        self.assertEqual(copying.order._written, {})

    def test_heldWithoutEnd(self) -> None:
        """
        While nothing is answered, a bounded number of changes is held; then all is to be loaded anew.
        """
        overflows: list[bool] = []
        order = ChangeOrder(lambda kind, records: self.fail("it was told"), lambda: overflows.append(True))
        order.asked()
        for number in range(1, HELD_MAXIMUM + 2):
            order.came(Change(number, "a", False, {b"k": b"1"}))
        self.assertEqual(overflows, [True])
        order.answered()
