"""
Tests for L{wand.testing.contract} and L{wand.testing.time_limit}.
"""

from __future__ import annotations

import signal
import threading
import time

import pytest
from wrong_plugins import run

from wand.testing.contract import Contract, Rule
from wand.testing.time_limit import TooSlow, limited

RULE = Rule("ITap.write", "it never raises", "nobody could tell why")


def forever() -> None:
    while True:
        try:
            time.sleep(100)
        except Exception:
            continue


def test_whatBlocksIsToldWithItsPlace() -> None:
    """
    What waits is interrupted, whatever exceptions it catches; the message says what waits, and where.
    """
    with pytest.raises(TooSlow) as raised, limited(0.05):
        forever()
    assert "after 0.05 s" in str(raised.value)
    assert f"{__file__}:" in str(raised.value)


def test_twoLimits() -> None:
    """
    What is done within two limits has the shorter one; after that the other one counts again, and in the end none.
    """
    handler = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TooSlow, match=r"after 0.2 s"), limited(0.2):
        with pytest.raises(TooSlow, match=r"after 0.05 s"), limited(0.05):
            forever()
        forever()
    assert signal.getsignal(signal.SIGALRM) == handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_otherThreadsHaveNoLimit() -> None:
    """
    In another thread than the main one there is no limit.
    """
    done: list[bool] = []

    def work() -> None:
        with limited(0.001):
            time.sleep(0.01)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


class Failing(Contract):
    """
    A contract of three tests.
    """

    timeLimit = 0.05
    cleaned: list[str] = []

    def test_rule(self) -> None:
        """
        A rule is broken.
        """
        self.expect(False, RULE, "it returned 3")

    def test_raises(self) -> None:
        """
        Something raises.
        """
        with self.keeping(RULE, "write()"):
            raise OSError("bad descriptor")

    def test_hangs(self) -> None:
        """
        Something waits, and so does what comes after it.
        """
        self.addCleanup(forever)
        forever()


def test_failuresSayTheRule() -> None:
    """
    A failure has the rule, what was found, and why the rule is there.
    """
    for test, found in (("test_rule", "it returned 3"), ("test_raises", "write() raised OSError: bad descriptor")):
        ((_, text),) = run(Failing, test).failures
        assert f"ITap.write: it never raises.\nFound: {found}.\nWhy: nobody could tell why." in text


def test_aTestThatHangsFails() -> None:
    """
    A test that waits forever fails, and so does its cleanup.
    """
    result = run(Failing, "test_hangs")
    assert len(result.errors) == 2
