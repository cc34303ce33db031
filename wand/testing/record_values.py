"""
A part of the contract of stores: records and their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred

from wand.interfaces import IRecords
from wand.testing import store_rules as rules
from wand.testing.contract import Contract, Rule

Result = TypeVar("Result")

#: Kinds that look alike, or that are something to a file system or a database.
_KINDS: Final = ("A", "a-b", "a_b", "a.b", "a b", "aé", "select", "a/b", "b", "../b", "a:b")


class RecordValues(Contract):
    """
    What becomes of records.
    """

    @property
    def records(self) -> IRecords:
        """
        The open store.
        """
        raise NotImplementedError

    # Tools.

    def answerOf(self, asked: Deferred[Result], doing: str, rule: Rule = rules.DEFERRED) -> Result:
        """
        What a call answered.

        @param doing: the call, in words.
        """
        self.expect(isinstance(asked, Deferred), rules.DEFERRED, f"{doing} returned {asked!r}")
        try:
            return self.successResultOf(asked)  # type: ignore[attr-defined, no-any-return]  # Twisted's test cases
        except self.failureException as error:
            raise self.failureException(rule.broken(f"{doing}: {str(error).strip()}")) from None

    def loaded(self, kind: str = "a") -> dict[bytes, bytes]:
        """
        Everything of a kind.
        """
        with self.keeping(rules.DEFERRED, "load()"):
            asked = self.records.load(kind)
        return self.answerOf(asked, "load()")

    def write(self, records: Mapping[bytes, bytes | None], kind: str = "a") -> None:
        """
        Write, and see that it worked.
        """
        with self.keeping(rules.DEFERRED, "write()"):
            asked = self.records.write(kind, records)
        answer: Any = self.answerOf(asked, "write()")
        self.expect(answer is None, rules.TYPES, f"write() answered {answer!r}")

    def exchanged(self, key: bytes, expected: bytes | None, value: bytes | None, kind: str = "a") -> bool:
        """
        Exchange.
        """
        with self.keeping(rules.DEFERRED, "exchange()"):
            asked = self.records.exchange(kind, key, expected, value)
        return self.answerOf(asked, "exchange()")

    def expectRecords(self, expected: Mapping[bytes, bytes], rule: Rule, kind: str = "a") -> None:
        """
        See that the store holds these records and nothing else.
        """
        found = self.loaded(kind)
        self.expect(found == expected, rule, f"in the kind {kind}: {_difference(expected, found)}")

    # The contract.

    def test_newStoreIsEmpty(self) -> None:
        """
        A new store holds nothing.
        """
        self.expectRecords({}, rules.EMPTY)

    def test_whatIsWrittenIsLoaded(self) -> None:
        """
        Records of any octets come back.
        """
        records = {b"\0key": b"\xffvalue", b"": b"\r\n\0", bytes(range(256)): bytes(range(255, -1, -1)), b"7": b"7"}
        self.write(records)
        self.expectRecords(records, rules.SAME)

    def test_kindsAreApart(self) -> None:
        """
        What is written, exchanged and deleted in one kind changes no other.
        """
        for number, kind in enumerate(_KINDS):
            self.write({b"k": b"%d" % number}, kind)
        for number, kind in enumerate(_KINDS):
            self.expectRecords({b"k": b"%d" % number}, rules.KINDS, kind)
        self.write({b"bk": b"1", b"k": b"2"})
        self.write({b"k": b"3"}, "ab")
        self.write({b"k": b"4"}, "b")
        self.expectRecords({b"bk": b"1", b"k": b"2"}, rules.KINDS)
        self.expectRecords({b"k": b"3"}, rules.KINDS, "ab")
        self.write({b"k": None}, "ab")
        self.expect(self.exchanged(b"k", b"4", b"5", "b"), rules.KINDS, "an exchange in b did not see what is in b")
        self.expectRecords({b"bk": b"1", b"k": b"2"}, rules.KINDS)
        self.expectRecords({b"k": b"5"}, rules.KINDS, "b")

    def test_keysOfAnyLength(self) -> None:
        """
        Long keys are whole: those that differ at their ends are apart.
        """
        lengths = (1, 16, 32, 64, 128, 255, 256, 511, 1024, 4096)
        records = {b"k" * length + end: b"%d" % length + end for length in lengths for end in (b"x", b"y")}
        self.write(records)
        self.expectRecords(records, rules.SAME)

    def test_valuesOfAnyLength(self) -> None:
        """
        Large values are whole.
        """
        records = {
            b"%d" % size: (bytes(range(251)) * (size // 251 + 1))[:size] for size in (255, 65_536, (1 << 20) + 3)
        }
        self.write(records)
        self.expectRecords(records, rules.SAME)

    def test_emptyValues(self) -> None:
        """
        An empty value is not taken for none.
        """
        self.write({b"k": b"", b"l": b"1"})
        self.expectRecords({b"k": b"", b"l": b"1"}, rules.EMPTY_VALUE)
        self.expect(not self.exchanged(b"k", None, b"2"), rules.EMPTY_VALUE, "an exchange took it for no record")
        self.expect(self.exchanged(b"k", b"", b"3"), rules.EMPTY_VALUE, "an exchange did not find it")
        self.expect(self.exchanged(b"l", b"1", b""), rules.EMPTY_VALUE, "an exchange did not set one")
        self.expect(not self.exchanged(b"m", b"", b"4"), rules.EMPTY_VALUE, "an exchange took no record for it")
        self.expectRecords({b"k": b"3", b"l": b""}, rules.EMPTY_VALUE)

    def test_similarKeysAreApart(self) -> None:
        """
        Keys that look alike are apart.
        """
        keys = (b"k", b"K", b"k\0", b"\0k", b" k", b"k ", b"k\n", b"'k'", b"k%", b"\xc3\xa9", b"e\xcc\x81", b"1", b"01")
        records = {key: b"%d" % number for number, key in enumerate(keys)}
        self.write(records)
        self.expectRecords(records, rules.KEYS)

    def test_typesAreExact(self) -> None:
        """
        Keys and values are bytes, and answers are what they are said to be.
        """
        self.write({b"k": b"1"})
        set_, refused = self.exchanged(b"l", None, b"2"), self.exchanged(b"l", None, b"3")
        found = f"exchange() answered {set_!r}, and {refused!r} when it was refused"
        self.expect(set_ is True and refused is False, rules.TYPES, found)
        loaded = self.loaded()
        self.expect(type(loaded) is dict, rules.TYPES, f"load() answered {type(loaded).__name__}")
        types = {type(each).__name__ for pair in loaded.items() for each in pair}
        self.expect(types == {"bytes"}, rules.TYPES, f"load() answered {', '.join(sorted(types))}")

    def test_theCallersMappingIsNotKept(self) -> None:
        """
        Who changes its own mapping after the call changes nothing in the store.
        """
        records: dict[bytes, bytes | None] = {b"k": b"1"}
        asked = self.records.write("a", records)
        records.clear()
        records[b"l"] = b"2"
        self.answerOf(asked, "write()")
        records[b"m"] = b"3"
        self.expectRecords({b"k": b"1"}, rules.COPIED)

    def test_loadedRecordsAreACopy(self) -> None:
        """
        Who changes what was loaded does not change the store.
        """
        self.write({b"k": b"1"})
        self.loaded().clear()
        self.expectRecords({b"k": b"1"}, rules.COPIED)

    def test_noneDeletes(self) -> None:
        """
        C{None} deletes a record, and deletes what is not there without complaint.
        """
        self.write({b"k": b"1", b"l": b"2", b"n": b"4"})
        self.write({b"k": None, b"m": None, b"l": b"3"})
        self.write({})
        self.expectRecords({b"l": b"3", b"n": b"4"}, rules.DELETES)

    def test_anyMapping(self) -> None:
        """
        What is written may be a mapping of any type.
        """
        with self.keeping(rules.ANY_MAPPING, "write() of a mapping that is no dict"):
            self.write(MappingProxyType({b"k": b"1", b"l": None}))
        self.expectRecords({b"k": b"1"}, rules.ANY_MAPPING)

    def test_manyRecords(self) -> None:
        """
        A kind may have many records.
        """
        records = {b"%d" % number: b"x" * 20 for number in range(3000)}
        self.write(records)
        self.expectRecords(records, rules.MANY)


def _difference(expected: Mapping[bytes, bytes], found: Mapping[bytes, bytes]) -> str:
    missing = [key for key in expected if key not in found]
    more = [key for key in found if key not in expected]
    changed = [key for key in expected if key in found and found[key] != expected[key]]
    lengths = {len(expected[key]): len(found[key]) for key in changed if len(expected[key]) != len(found[key])}
    return (
        f"of {len(expected)} records {len(missing)} are missing {_some(missing)}, {len(more)} are too many "
        f"{_some(more)}, {len(changed)} have another value {_some(changed)}"
        + "".join(f"; of {long} octets came {short}" for long, short in lengths.items())
    )


def _some(keys: list[bytes]) -> str:
    return f"({', '.join(repr(each[:20]) for each in keys[:3])})" if keys else "()"
