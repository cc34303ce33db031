"""
Tests for L{wand.candidate_sources.epoch_check}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wand.candidate_sources.epoch_check import EpochCheck

SECONDS = st.floats(0, 100_000)


@given(st.integers(0, 2**31), st.lists(SECONDS, max_size=9), st.floats(-1 / 20, 1 / 20))
def test_aSteadyRouter(epoch: int, steps: list[float], drift: float) -> None:
    """
    A router whose clock is up to a twentieth too fast or too slow is steady.
    """
    check, now, there = EpochCheck(), 0.0, float(epoch)
    for step in steps:
        now, there = now + step, there + step * (1 + drift)
        assert check.isSteady(int(there), now)


@given(st.integers(3, 2**31), st.floats(0, 1000))
def test_aRouterThatWasStartedAgain(epoch: int, passed: float) -> None:
    """
    One that counts from the beginning again has forgotten, if it counted longer than passed since.
    """
    check = EpochCheck()
    assert check.isSteady(int(epoch + passed) + 2, 0.0)
    assert not check.isSteady(0, passed)
    assert check.isSteady(1, passed + 1)


def test_aRouterThatWasSetForward() -> None:
    """
    One that counts faster than time passes is another one.
    """
    check = EpochCheck()
    check.isSteady(10, 0.0)
    assert not check.isSteady(100, 20.0)
    assert not check.isSteady(101, 120.0)
