"""
A part of the contract of stores: exchanges, the order of calls, and who hears of changes.
"""

from __future__ import annotations

from typing import Final

from wand.interfaces import Held, IConditionalRecords
from wand.testing import store_rules as rules
from wand.testing.memory import grownBy
from wand.testing.record_values import RecordValues

#: How often one record is written to see whether its old values are kept.
_TIMES: Final = 300


class RecordChanges(RecordValues):
    """
    What must not be decided twice.
    """

    def test_exchangeSetsWhatIsExpected(self) -> None:
        """
        An exchange sets a record only if it holds what is expected; no record is expected with C{None}.
        """
        self.write({b"other": b"0"})
        for expected, value, isSet in (
            (None, b"1", True),
            (None, b"2", False),
            (b"2", b"3", False),
            (b"11", b"3", False),
            (b"", b"3", False),
            (b"1", b"1", True),
            (b"1", b"2", True),
            (b"2", b"2", True),
        ):
            found = self.exchanged(b"k", expected, value)
            self.expect(bool(found) is isSet, rules.EXCHANGE, f"from {expected!r} to {value!r} it answered {found!r}")
        self.expectRecords({b"k": b"2", b"other": b"0"}, rules.EXCHANGE)
        self.write({b"long": b"1234"})
        for part in (b"1", b"123", b"234", b"1234\0"):
            self.expect(not self.exchanged(b"long", part, b"5"), rules.EXCHANGE, f"it took {part!r} for b'1234'")
        self.write({b"long": None})
        self.expect(bool(self.exchanged(b"k", b"2", None)), rules.EXCHANGE, "to None, which deletes, it was refused")
        self.expect(not self.exchanged(b"k", b"2", None), rules.EXCHANGE, "what is not there was deleted again")
        self.expect(bool(self.exchanged(b"k", None, None)), rules.EXCHANGE, "from no record to none it was refused")
        self.expectRecords({b"other": b"0"}, rules.EXCHANGE)

    def test_exchangeIfOthersHold(self) -> None:
        """
        Where the store can set a record while others hold what they should, it does so, and only then.
        """
        conditional = IConditionalRecords(self.records, None)
        if conditional is None:
            return
        self.write({b"k": b"1", b"l": b""})
        self.write({b"k": b"2"}, "b")
        others: tuple[tuple[Held, ...], ...] = (
            (),
            (("b", b"k", b"2"),),
            (("a", b"l", b""), ("b", b"k", b"2"), ("b", b"l", None), ("c", b"k", None)),
        )
        value = b"1"
        for number, held in enumerate(others):
            for kind, key, octets in held:
                wrong = (*held, (kind, key, b"other"), (kind, key, octets))
                found = self.answerOf(conditional.exchangeIf("a", b"k", value, b"no", wrong), "exchangeIf()")
                self.expect(found is False, rules.CONDITIONAL, f"while another held something else it said {found!r}")
            found = self.answerOf(conditional.exchangeIf("a", b"k", b"no", b"no", held), "exchangeIf()")
            self.expect(found is False, rules.CONDITIONAL, f"from what is not there it said {found!r}")
            after = b"new %d" % number
            found = self.answerOf(conditional.exchangeIf("a", b"k", value, after, held), "exchangeIf()")
            self.expect(found is True, rules.CONDITIONAL, f"while all held what they should it said {found!r}")
            value = after
        self.expectRecords({b"k": value, b"l": b""}, rules.CONDITIONAL)
        self.expectRecords({b"k": b"2"}, rules.CONDITIONAL, "b")
        found = self.answerOf(conditional.exchangeIf("a", b"k", value, None, (("a", b"l", b""),)), "exchangeIf()")
        self.expect(found is True, rules.CONDITIONAL, f"to None, which deletes, it said {found!r}")
        self.expectRecords({b"l": b""}, rules.CONDITIONAL)

    def test_oneOfManyExchangesSucceeds(self) -> None:
        """
        Of many exchanges that are under way together and expect the same, one succeeds, and its value is stored.
        """
        asked = [self.records.exchange("a", b"k", None, b"%d" % number) for number in range(10)]
        answers = [self.answerOf(each, "exchange()") for each in asked]
        self.expect(sum(map(bool, answers)) == 1, rules.ATOMIC, f"of 10 that expect no record {sum(answers)} succeeded")
        self.expectRecords({b"k": b"%d" % answers.index(True)}, rules.ATOMIC)

    def test_callsAreDoneInTheirOrder(self) -> None:
        """
        Calls that are not waited for are done in their order.
        """
        records = self.records
        asked = [
            records.write("a", {b"k": b"1"}),
            records.exchange("a", b"k", b"1", b"2"),
            records.write("a", {b"k": b"3", b"l": b"4"}),
            records.exchange("a", b"k", b"2", b"5"),
            records.load("a"),
            records.write("a", {b"k": None}),
        ]
        answers: list[object] = [self.answerOf(each, "a call") for each in asked]  # type: ignore[arg-type]
        expected = [None, True, None, False, {b"k": b"3", b"l": b"4"}, None]
        self.expect(answers == expected, rules.IN_ORDER, f"they answered {answers}, and not {expected}")
        self.expectRecords({b"l": b"4"}, rules.IN_ORDER)

    def test_eachCallHasItsOwnAnswer(self) -> None:
        """
        Whoever changes an answer that it got, or asks again when it gets it, disturbs nobody.
        """
        self.write({b"k": b"1"})
        records = self.records
        first, second = records.load("a"), records.load("a")
        self.expect(first is not second, rules.OWN_ANSWER, "two calls returned the same Deferred")
        first.addCallback(lambda loaded: loaded.clear())
        again = second.addCallback(lambda loaded: records.write("a", {**loaded, b"l": b"2"}))
        self.answerOf(first, "load()")
        self.answerOf(again, "load(), and write() from its callback", rules.OWN_ANSWER)
        self.expectRecords({b"k": b"1", b"l": b"2"}, rules.OWN_ANSWER)

    def test_emptiedKind(self) -> None:
        """
        A kind whose last record was deleted can be written again.
        """
        for value in (b"1", b"2"):
            self.write({b"k": value})
            self.expectRecords({b"k": value}, rules.SAME)
            self.write({b"k": None})
            self.expectRecords({}, rules.DELETES)

    def test_oldValuesAreNotKept(self) -> None:
        """
        A record that is written again and again needs no more memory.
        """
        for number in range(20):
            self.write({b"k": b"%04d" % number * 250})
        with grownBy() as grown:
            for number in range(_TIMES):
                self.write({b"k": b"%04d" % number * 250})
        found = f"{grown[0]} octets more are in use after {_TIMES} values of 1000 octets for one record"
        self.expect(grown[0] < _TIMES * 500, rules.KEEPS_NOTHING_OLD, found)

    def test_nobodySeesHalfAWrite(self) -> None:
        """
        What is loaded while a write is under way has all of it or nothing.
        """
        self.write({b"%d" % number: b"old" for number in range(100)})
        asked = self.records.write("a", {b"%d" % number: b"new" for number in range(100)})
        found = set(self.loaded().values())
        self.answerOf(asked, "write()")
        self.expect(len(found) == 1, rules.ALL_OR_NONE, f"records had values of both: {found}")

    def test_ownChangesAreNotHeard(self) -> None:
        """
        Who watches does not hear what it changed itself.
        """
        heard: list[object] = []
        end = self.records.watch("a", heard.append, lambda: heard.append("missed"))
        self.write({b"k": b"1"})
        self.exchanged(b"k", b"1", b"2")
        self.expect(heard == [], rules.NOT_OWN, f"heard: {heard}")
        self.expect(callable(end), rules.WATCH_ENDS, f"watch() returned {end!r}")

    def test_watchingEnds(self) -> None:
        """
        Who watches stops, as often as it likes.
        """
        end = self.records.watch("a", lambda changes: None, lambda: None)
        with self.keeping(rules.WATCH_ENDS, "what watch() returned, called twice,"):
            end()
            end()
        self.write({b"k": b"1"})
