"""
Tests for L{wand.programs.memory_look}.
"""

from __future__ import annotations

from random import Random

import pytest
from twisted.internet.task import Clock

from wand.interfaces import Context
from wand.programs.memory_look import MEGABYTE, MemoryLook, residentMemory
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class Program:
    """
    One that takes as much memory as a test says.
    """

    def __init__(self, limit: int) -> None:
        clock = Clock()
        self.context: Context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        self.memory = 0
        self._look = MemoryLook(self.context, limit, lambda: self.memory * MEGABYTE)

    def takes(self, memory: int) -> list[str]:
        """
        It takes so many megabytes.

        @return: what is said then.
        """
        self.memory = memory
        self._look.look()
        return self.context.notes.texts


@pytest.fixture
def program() -> Program:
    """
    One that should take no more than a thousand.
    """
    return Program(1000)


def test_aProgramThatGrows(program: Program) -> None:
    """
    It is said as soon as it takes more, anew when it takes much more, and no longer when it does not.
    """
    assert program.takes(999) == []
    assert program.takes(1000)[0].startswith("this program takes 1,000 MB of memory")
    assert "memory-note (1000)" in program.takes(1100)[0]
    assert program.takes(1240)[0].startswith("this program takes 1,000 MB")
    assert program.takes(1300)[0].startswith("this program takes 1,300 MB")
    assert program.takes(900) == []


def test_whoMayLoseIt(program: Program) -> None:
    """
    The plugins of others are named, as far as there are any.
    """
    assert "no plugin of others is used" in program.takes(1000)[0]
    program.context.inUse.opened("hook", "audit", "wand-audit 1.0", object())
    assert "may leak it: hook audit of wand-audit 1.0;" in program.takes(1000)[0]


def test_withoutALimit() -> None:
    """
    Nothing is said where the operator wants to hear nothing.
    """
    assert Program(0).takes(1_000_000) == []


def test_thisProcess() -> None:
    """
    A process takes some megabytes, and no terabytes.
    """
    assert MEGABYTE < residentMemory() < MEGABYTE * MEGABYTE
