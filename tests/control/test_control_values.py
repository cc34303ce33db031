"""
Tests for L{wand.control.values}.
"""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.protocols.amp import AmpBox
from twisted.trial.unittest import SynchronousTestCase

from wand.control.values import JSON, VALUE_MAXIMUM, fitting
from wand.status import EntryStatus, PeerStatus


class JSONTests(SynchronousTestCase):
    @given(st.lists(st.builds(EntryStatus, st.text(), st.text(), st.text(), st.just(1.5), st.none() | st.just(2.0))))
    def test_roundTrip(self, entries: list[EntryStatus]) -> None:
        """
        What one end writes is what the other end reads, of the same types.
        """
        argument = JSON(list[EntryStatus])
        strings = AmpBox()
        objects: dict[str, object] = {"page": entries}
        argument.toBox(b"page", strings, objects, None)
        read: dict[str, object] = {}
        argument.fromBox(b"page", strings, read, None)
        self.assertEqual(read, objects)

    def test_largeValueIsSplit(self) -> None:
        """
        A value beyond the limit of AMP goes over in several parts and arrives whole.
        """
        peer = PeerStatus("192.0.2.1:1", "heard", ["02:00:00:00:00:01"] * 10_000, None, 0, 0, 0, 0)
        strings = AmpBox()
        JSON(PeerStatus).toBox(b"peer", strings, {"peer": peer}, None)
        self.assertEqual(sorted(strings), [b"peer", b"peer-1", b"peer-2", b"peer-3"])
        strings.serialize()
        read: dict[str, object] = {}
        JSON(PeerStatus).fromBox(b"peer", strings, read, None)
        self.assertEqual(read["peer"], peer)

    def test_wrongTypeIsRefused(self) -> None:
        """
        JSON of another type is an error where it is read.
        """
        argument = JSON(list[EntryStatus])
        for value in (b"", b"{", b'{"mac": 1}', b'[{"mac": 1}]'):
            with self.assertRaises(msgspec.DecodeError):
                argument.fromBox(b"page", AmpBox(page=value), {}, None)


class FittingTests(SynchronousTestCase):
    @given(st.lists(st.text(max_size=300), max_size=30), st.integers(0, 2_000))
    def test_fits(self, items: list[str], limit: int) -> None:
        """
        What fits is no longer than the limit, one more would be, and there is at least one if there are any.
        """
        count = fitting(items, limit)
        self.assertEqual(count > 0, bool(items))
        if count > 1:
            self.assertLessEqual(len(msgspec.json.encode(items[:count])), limit)
        if count < len(items):
            self.assertGreaterEqual(len(msgspec.json.encode(items[: count + 1])), limit)

    def test_limitIsOfAMP(self) -> None:
        """
        A page that is cut by size fits into one value.
        """
        items = ["x" * 998] * 100
        self.assertEqual(fitting(items), 65)
        self.assertLessEqual(len(msgspec.json.encode(items[:65])), VALUE_MAXIMUM)
