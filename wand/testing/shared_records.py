"""
The contract of an open store that several servers share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from twisted.internet.defer import Deferred

from wand.interfaces import IRecords
from wand.testing import store_rules as rules
from wand.testing.contract import Rule
from wand.testing.records import RecordsContract


class Heard:
    """
    A watcher of one kind that keeps a copy of it, as L{IRecords.watch} says that one can.

    @ivar copy: the records, as it knows them.
    @ivar missed: how often something was missed.
    """

    def __init__(self, records: IRecords, kind: str) -> None:
        self.copy: dict[bytes, bytes] = {}
        self.missed = 0
        self.end = records.watch(kind, self._changed, self._missed)
        self._records = records
        self._kind = kind
        self._load()

    def wrote(self, key: bytes, value: bytes, _: None) -> None:
        """
        We wrote a record ourselves.
        """
        self.copy[key] = value

    def _changed(self, changes: Mapping[bytes, bytes | None]) -> None:
        for key, value in changes.items():
            if value is None:
                self.copy.pop(key, None)
            else:
                self.copy[key] = value

    def _missed(self) -> None:
        self.missed += 1
        self._load()

    def _load(self) -> None:
        self._records.load(self._kind).addCallbacks(self._loaded, lambda failure: None)

    def _loaded(self, records: dict[bytes, bytes]) -> None:
        self.copy = records


class SharedRecordsContract(RecordsContract):
    """
    What records must do besides that several servers open at once, for those that no plugin opens.

    @ivar other: the same store, opened once more.
    """

    def makeOther(self) -> IRecords:
        """
        Open the store of C{makeRecords} once more, as another server does.
        """
        raise NotImplementedError

    def until(self, wanted: Callable[[], bool]) -> None:
        """
        Wait until something is so.  A store that tells of changes later overrides this.
        """
        self.assertTrue(wanted())

    def setUp(self) -> None:
        """
        Open it twice.
        """
        super().setUp()
        assert self.records is not None
        self.other = self.makeOther()

    def tearDown(self) -> None:
        """
        Close both.
        """
        self.answerOf(self.other.close(), "close()", rules.CLOSE)
        super().tearDown()

    # Tools.

    def soon(self, wanted: Callable[[], bool], heard: Heard, rule: Rule = rules.HEARD) -> None:
        """
        See that something is heard.
        """
        try:
            self.until(wanted)
        except self.failureException:
            raise self.failureException(rule.broken(f"the watcher's copy is {_short(heard.copy)}")) from None

    def otherWrites(self, records: Mapping[bytes, bytes | None], kind: str = "a") -> None:
        """
        The other server writes.
        """
        self.answerOf(self.other.write(kind, records), "write()")

    def otherExchanges(self, key: bytes, expected: bytes | None, value: bytes | None) -> bool:
        """
        The other server exchanges.
        """
        return self.answerOf(self.other.exchange("a", key, expected, value), "exchange()")

    # The contract.

    def test_bothSeeTheSame(self) -> None:
        """
        What one writes the other loads.
        """
        self.write({b"k": b"1", b"l": b"2"})
        found = self.answerOf(self.other.load("a"), "load()")
        self.expect(found == {b"k": b"1", b"l": b"2"}, rules.SHARED, f"the other one loaded {found}")

    def test_oneOfTwoServersSucceeds(self) -> None:
        """
        Of two that exchange the same record one succeeds.
        """
        for number in range(20):
            key = b"%d" % number
            both = [each.exchange("a", key, None, b"mine") for each in (self.records, self.other)]
            answers = [self.answerOf(each, "exchange()") for each in both]
            self.expect(sum(answers) == 1, rules.ATOMIC, f"of two servers {sum(answers)} succeeded")

    def test_changesOfOthersAreHeard(self) -> None:
        """
        A watcher hears what another writes, exchanges and deletes, with what the records hold then.
        """
        heard = Heard(self.records, "a")
        self.otherWrites({b"k": b"1", b"\0\xff": b"\xff\0"})
        self.soon(lambda: heard.copy == {b"k": b"1", b"\0\xff": b"\xff\0"}, heard)
        self.expect(self.otherExchanges(b"k", b"1", b"2"), rules.EXCHANGE, "it was refused")
        self.soon(lambda: heard.copy.get(b"k") == b"2", heard)
        self.expect(self.otherExchanges(b"k", b"2", None), rules.EXCHANGE, "it was refused")
        self.otherWrites({b"\0\xff": None})
        self.soon(lambda: heard.copy == {}, heard)
        self.expect(heard.missed == 0, rules.HEARD, f"missed was called {heard.missed} times, and nothing was")

    def test_onlyOfItsKind(self) -> None:
        """
        A watcher hears of no other kind, of no exchange that was refused, and of nothing when it has ended.
        """
        first, second = Heard(self.records, "a"), Heard(self.records, "b")
        self.expect(not self.otherExchanges(b"k", b"0", b"1"), rules.EXCHANGE, "it was not refused")
        self.otherWrites({b"k": b"1"}, "b")
        self.soon(lambda: second.copy == {b"k": b"1"}, second)
        self.expect(first.copy == {}, rules.HEARD_OF_KIND, f"in the kind a was heard {first.copy}")
        second.end()
        second.end()
        self.otherWrites({b"k": b"2"}, "b")
        self.otherWrites({b"k": b"3"})
        self.soon(lambda: first.copy == {b"k": b"3"}, first)
        self.expect(second.copy == {b"k": b"1"}, rules.HEARD_OF_KIND, f"after the end was heard {second.copy}")

    def test_inTheirOrder(self) -> None:
        """
        Of many changes of one record, in groups of many records, the last is what a watcher has at the end.
        """
        heard = Heard(self.records, "a")
        writing = [self.other.write("a", {b"%d" % each: b"%d" % number for each in range(100)}) for number in range(50)]
        self.soon(lambda: set(heard.copy.values()) == {b"49"}, heard)
        for written in writing:  # a watcher may hear of a write before its writer does
            self.answerOf(written, "write()")
        self.expect(len(heard.copy) == 100, rules.HEARD, f"of 100 records {len(heard.copy)} were heard")
        self.expect(heard.missed == 0, rules.HEARD, f"missed was called {heard.missed} times, and nothing was")

    def test_whatIsToldIsNotOlderThanWhatWasDone(self) -> None:
        """
        Two that change the same record in turn both have in the end what the store has.
        """
        mine, theirs = Heard(self.records, "a"), Heard(self.other, "a")
        writing: list[Deferred[None]] = []
        for number in range(100):
            key = b"%d" % (number % 3)
            for records, heard in ((self.records, mine), (self.other, theirs)):
                value = b"%d" % len(writing)
                writing.append(records.write("a", {key: value}).addCallback(partial(heard.wrote, key, value)))
        for written in writing:
            self.answerOf(written, "write()")
        # Nothing is loaded here before both agree: what a load gave is not told again.
        self.soon(lambda: mine.copy == theirs.copy, mine, rules.NOT_OLDER)
        stored = self.loaded()
        self.assertEqual(mine.copy, stored, rules.NOT_OLDER.broken(f"the watcher's copy is {_short(mine.copy)}"))


def _short(copy: Mapping[bytes, bytes]) -> str:
    return repr(dict(list(copy.items())[:3])) + (f" and {len(copy) - 3} more" if len(copy) > 3 else "")
