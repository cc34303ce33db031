"""
Tests for L{wand.programs.directories}: directories that are changed while a program runs.
"""

from __future__ import annotations

from random import Random

import pytest
from twisted.internet.task import Clock

from wand.errors import WandError
from wand.ethernet import MAC
from wand.programs.directories import DirectoriesService
from wand.testing.context import simulatedNode
from wand.testing.network import Network

OWN = MAC(b"\2\0\0\0\0\1")


def test_whatIsRefusedChangesNothing() -> None:
    """
    After a configuration that was refused everything is as before: whatever is told later reaches the directories.
    """
    clock = Clock()
    context = simulatedNode(clock, Network(clock, Random(0)), "192.0.2.1", OWN)
    good = {"static": {"entries": {"02:00:00:00:00:02": "192.0.2.2:22222"}}}
    directories = DirectoriesService(good, lambda: context)
    directories.startService()
    with pytest.raises(WandError):
        directories.change({"static": {"entries": {"nonsense": "192.0.2.2:22222"}}})
    directories.serversChanged()
    assert directories.change(good) == []
    assert [each.name for each in directories.status()] == ["configuration"]
    directories.stopService()
