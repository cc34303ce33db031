"""
Tests for L{wand.cli.durations}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.cli.durations import parseDuration


class DurationTests(SynchronousTestCase):
    def test_units(self) -> None:
        """
        Seconds, minutes, hours and days are understood.
        """
        texts = {"90s": 90, "15m": 900, "24h": 86_400, " 7d ": 604_800, "007d": 604_800}
        self.assertEqual({text: parseDuration(text) for text in texts}, texts)

    def test_refused(self) -> None:
        """
        Anything else is refused with an example.
        """
        for text in ("", "0s", "10", "d", "-1d", "1.5h", "1h30m", "7D", "1w", "9" * 10 + "s", "\u0663d", "1d\n2d"):
            with self.assertRaisesRegex(ValueError, "write it like 90s"):
                parseDuration(text)

    @given(st.integers(1, 999_999_999), st.sampled_from("smhd"))
    def test_roundTrip(self, count: int, unit: str) -> None:
        """
        Every count of every unit is as many of its seconds.
        """
        size = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]
        self.assertEqual(parseDuration(f"{count}{unit}"), count * size)

    @given(st.text(max_size=20))
    def test_anything(self, text: str) -> None:
        """
        Whatever is written, it is at least a second or refused.
        """
        try:
            self.assertGreaterEqual(parseDuration(text), 1)
        except ValueError as error:
            self.assertIn("is not a duration", str(error))
