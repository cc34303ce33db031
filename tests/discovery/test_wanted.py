"""
Tests for L{wand.discovery.wanted}: slips in what a configuration says of several plugins are found.
"""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from wand.discovery.catalogue import discover
from wand.discovery.wanted import checkSettings, wanted
from wand.errors import ConfigurationInvalid, NoSuchPlugin
from wand.events import Events
from wand.health.notes import Notes
from wand.interfaces import IFrameService, IHook, ITapDriver


def makeNotes() -> Notes:
    """
    No notes yet.
    """
    clock = Clock()
    return Notes(clock, Events(clock.seconds))


def test_inTheirOrder() -> None:
    """
    The plugins come in the order in which they are named.
    """
    assert [*wanted(discover(IFrameService), ["storm", "guard"])] == ["storm", "guard"]


def test_namedTwice() -> None:
    """
    One that is named twice would be asked twice.
    """
    with pytest.raises(ConfigurationInvalid, match=r"^frame-services: 'storm' is named twice"):
        wanted(discover(IFrameService), ["storm", "guard", "storm"])


def test_anotherKind() -> None:
    """
    Whoever names a plugin of another kind is told of which kind it is.
    """
    with pytest.raises(NoSuchPlugin, match=r"there is no driver 'guard'. 'guard' is a frame-service\."):
        discover(ITapDriver).choose("guard")


def test_settingsOfNobody() -> None:
    """
    Settings under a name that nothing has are a slip, and the plugin that was meant would run without them.
    """
    hooks = discover(IHook)
    with pytest.raises(ConfigurationInvalid, match=r"^hook-settings.executable: .*did you mean 'executables'\?"):
        checkSettings(hooks, ["executables"], {"executable": {}}, makeNotes())
    with pytest.raises(ConfigurationInvalid, match=r"^hook-settings.xyz: .*; hooks has none"):
        checkSettings(hooks, [], {"xyz": {}}, makeNotes())


def test_settingsOfWhatIsNotUsed() -> None:
    """
    Those of a plugin that was only taken from the list may stay, which is a hint.
    """
    notes = makeNotes()
    checkSettings(discover(IHook), [], {"executables": {}}, notes)
    (note,) = notes
    assert note.text == "hook-settings.executables is of no use: hooks does not have 'executables'"
    assert note.isHint
    checkSettings(discover(IHook), ["executables"], {"executables": {}}, other := makeNotes())
    assert not [*other]
