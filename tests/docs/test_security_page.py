"""
Tests for docs/security.md.
"""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

TESTS = Path(__file__).parent.parent


class SecurityPageTests(SynchronousTestCase):
    def test_everyNamedTestExists(self) -> None:
        """
        Every test that the page names for a fault is there.
        """
        named = set(re.findall(r"`(test_\w+)`", (TESTS.parent / "docs" / "security.md").read_text()))
        there = {name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
        self.assertGreater(len(named), 40)
        self.assertEqual(named - there, set())
