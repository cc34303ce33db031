"""
Tests for L{wand.twistd.stopped}; tests/integration/test_plugin_faults.py has programs that are stopped.
"""

from __future__ import annotations

import os
import sys
from types import FrameType, ModuleType

import pytest
from twisted.logger import Logger, formatEvent

from wand.health.in_use import InUse
from wand.twistd import stopped
from wand.twistd.ending import endAtOnce
from wand.twistd.stopped import Stopped


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """
    Why the program ends.
    """
    reasons: list[str] = []
    monkeypatch.setattr(stopped, "endBecause", lambda reactor, reason: reasons.append(reason))
    return reasons


def outermost(frame: FrameType) -> FrameType:
    """
    A call that is nobody's: that with which Python began.
    """
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def test_whoStoppedIt(said: list[str]) -> None:
    """
    The function that stopped the reactor is named, with its place.
    """
    Stopped(None, InUse()).by(sys._getframe())
    assert said[0].startswith("test_whoStoppedIt, at ")
    assert "stopped it (reactor.stop)" in said[0]


def test_withoutATrace(said: list[str]) -> None:
    """
    Where the call says nothing the plugins of others are named, and ours are not.
    """
    inUse = InUse()
    inUse.opened("hook", "audit", "wand-audit 1.0", object())
    inUse.opened("hook", "executables", "wandaemon 1.0", inUse)
    Stopped(None, inUse).by(outermost(sys._getframe()))
    assert "plugins of others: hook audit of wand-audit 1.0; report" in said[0]


def test_inGoodOrder(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nothing is said of a program that was told to end.
    """
    monkeypatch.setattr(stopped, "isToEnd", lambda: True)
    Stopped(None, InUse()).by(sys._getframe())
    assert not said


#: The code of a plugin that ends the process.
LEAVING = """
import os

def leave(status):
    os._exit(status)
"""


@pytest.mark.parametrize(("status", "ended"), [(0, 1), (3, 3)])
def test_whoEndedTheProcess(monkeypatch: pytest.MonkeyPatch, status: int, ended: int) -> None:
    """
    The function that ended the process at once is named, too, and the status is never that of a good end.
    """
    said, left = list[str](), list[int]()
    monkeypatch.setattr(os, "_exit", left.append)
    monkeypatch.setattr(Stopped, "_log", Logger(observer=lambda event: said.append(str(formatEvent(event)))))
    Stopped(None, InUse()).watchExits()
    plugin = ModuleType("acme")
    exec(compile(LEAVING, "acme.py", "exec"), vars(plugin))
    plugin.leave(status)
    assert left == [ended]
    assert said[0].startswith(f"the program ends: leave, at acme.py:5 ended it (os._exit({status})); report that")


def test_ourOwnEnd(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nobody is named where the program ends itself.
    """
    said, left = list[str](), list[int]()
    monkeypatch.setattr(os, "_exit", left.append)
    monkeypatch.setattr(Stopped, "_log", Logger(observer=lambda event: said.append(str(formatEvent(event)))))
    Stopped(None, InUse()).watchExits()
    endAtOnce(0)
    assert (left, said) == ([0], [])
