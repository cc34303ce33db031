"""
Tests for plugins that other distributions publish by entry points: they are found by their metadata, only what is
asked for is imported, and what is wrong with one is said in a sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, process_time
from typing import Final

import pytest
from installed import DRIVER, install, installDriver, onThePath

from wand.discovery.builtins import BUILTINS
from wand.discovery.catalogue import SWITCHED_OFF, discover
from wand.discovery.clashes import clashes
from wand.discovery.entry_points import allEntryPoints
from wand.discovery.slow import told
from wand.discovery.survey import describe, survey
from wand.errors import NoSuchPlugin
from wand.interfaces import IStore, ITapDriver
from wand.plugin_status import PluginStatus

GOOD: Final = DRIVER.format(name="packet")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """
    A folder on the path of Python.
    """
    with onThePath(tmp_path):
        yield tmp_path


def found(name: str) -> PluginStatus:
    """
    What the survey says of something.
    """
    (status,) = [each for each in survey() if each.name == name]
    return status


def refusal(name: str, *off: str) -> str:
    """
    What whoever asks for a driver is told.
    """
    with pytest.raises(NoSuchPlugin) as raised:
        discover(ITapDriver, off).choose(name)
    return str(raised.value)


def test_aDriverIsFound(folder: Path) -> None:
    """
    A driver that another distribution publishes can be chosen, and the survey tells whose it is.
    """
    installDriver(folder, "packet", "its_packet", "its-packet", "2.5")
    assert discover(ITapDriver).choose("packet").about == "a driver of somebody else's"
    status = found("packet")
    assert (status.kind, status.distribution, status.version, status.state) == ("driver", "its-packet", "2.5", "usable")
    assert (status.about, status.where) == ("a driver of somebody else's", "its_packet.driver:plugin")


def test_onlyWhatIsAskedForIsImported(folder: Path) -> None:
    """
    To choose a plugin imports that one, and to choose one that is built in nothing of others.
    """
    for number in range(3):
        installDriver(folder, f"its{number}", f"its_number{number}", f"its-number{number}")
    discover(ITapDriver).choose("memory")
    assert not [name for name in sys.modules if name.startswith("its_number")]
    discover(ITapDriver).choose("its1")
    assert {name for name in sys.modules if name.startswith("its_number")} == {"its_number1", "its_number1.driver"}
    assert [each.plugin.name for each in describe("its1")] == ["its1"]
    assert "its_number2.driver" not in sys.modules


def test_anEggInfo(folder: Path) -> None:
    """
    Metadata that older tools left are read, too.
    """
    installDriver(folder, "packet", "its_egg", "its-egg")
    (folder / "its_egg-1.0.dist-info").rename(folder / "its_egg-1.0-py3.11.egg-info")
    assert (found("packet").distribution, found("packet").version) == ("its-egg", "1.0")


def test_theSameDistributionTwice(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    Of one distribution in two folders the first counts, as for Python itself.
    """
    installDriver(folder, "packet", "its_twice", "its-twice", "2.0")
    with onThePath(tmp_path_factory.mktemp("later")) as later:
        installDriver(later, "packet", "its_twice", "Its.Twice", "1.0")
        assert found("packet").version == "2.0"


MODULES: Final = {
    "class": ("its_it:Driver", GOOD, "Driver is a class, not an object: make one, as in plugin = Driver()"),
    "module": ("its_it", GOOD, "it is a module, not a plugin: publish its_it:plugin"),
    "empty module": ("its_it", "", "it is a module, not a plugin, and holds no driver"),
    "module with a class": (
        "its_it",
        GOOD.replace("plugin = Driver()", ""),
        "it is a module, not a plugin, and holds no driver: Driver is a class, not an object",
    ),
    "forgotten declaration": (
        "its_it:plugin",
        GOOD.replace("@implementer(ITapDriver)", ""),
        "its class Driver does not say what it is: put @implementer(ITapDriver) before it",
    ),
    "wrong kind": (
        "its_it:plugin",
        "from wand.stores.memory import MemoryStore\nplugin = MemoryStore()",
        "it is a store, not a driver: publish it in wandaemon.stores",
    ),
    "something else": ("its_it:plugin", "plugin = 7", "it is no driver: int does not provide ITapDriver"),
    "another name": (
        "its_it:plugin",
        GOOD.replace('"packet"', '"pakcet"'),
        "it is published as 'packet', but calls itself 'pakcet': make them the same",
    ),
    "no such object": ("its_it:plugni", GOOD, "AttributeError: module 'its_it' has no attribute 'plugni'"),
    "no such module": ("its_tpyo:plugin", GOOD, "ModuleNotFoundError: No module named 'its_tpyo'"),
    "it ends": ("its_it:plugin", "raise SystemExit('enough')", "SystemExit: enough"),
    "it interrupts": ("its_it:plugin", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "it raises no Exception": ("its_it:plugin", "raise BaseException('odd')", "BaseException: odd"),
    "it calls itself": ("its_it:plugin", "def f(): f()\nf()", "RecursionError: "),
    "it imports itself": ("its_it:plugin", "from its_it import plugin", "ImportError: cannot import name 'plugin'"),
    "it cannot say why": (
        "its_it:plugin",
        "class Odd(Exception):\n    def __str__(self): raise SystemExit(1)\nraise Odd",
        "Odd: it cannot even say what it is",
    ),
    "it says much": ("its_it:plugin", "raise RuntimeError('x' * 5000)", f"RuntimeError: {'x' * 300}..."),
    "it lacks a method": (
        "its_it:plugin",
        GOOD.replace("def open", "def opens"),
        "it does not provide ITapDriver: The open(request, context) attribute was not provided.",
    ),
    "it cannot be looked at": (
        "its_it:plugin",
        "class Hostile:\n    def __getattr__(self, name): raise RuntimeError('do not touch')\nplugin = Hostile()",
        "looking at it failed: RuntimeError: do not touch",
    ),
}


@pytest.mark.parametrize("fault", MODULES)
def test_whatIsWrongIsSaid(folder: Path, fault: str) -> None:
    """
    Whatever is published that is no driver is said with what to do, by the survey and to whoever asks for it.
    """
    target, source, reason = MODULES[fault]
    install(folder, "its-it", {"its_it.py": source}, {"wandaemon.drivers": {"packet": target}})
    status = found("packet")
    assert (status.kind, status.distribution, status.state) == ("driver", "its-it", "broken")
    assert status.reason.startswith(reason)
    assert refusal("packet").startswith(f"the driver 'packet' cannot be used: {reason}")
    assert discover(ITapDriver).has("memory")


def test_aGroupThatDoesNotExist(folder: Path) -> None:
    """
    A group that looks like ours and is none is said, with the one that was probably meant; others' groups are not ours.
    """
    groups = {"wandaemon.driver": {"packet": "its_it:plugin"}, "console_scripts": {"odd": "its_it:main"}}
    install(folder, "its-it", {"its_it.py": GOOD}, groups)
    status = found("packet")
    assert (status.kind, status.state, status.distribution) == ("", "broken", "its-it")
    assert status.reason == "there is no group wandaemon.driver of entry points; did you mean wandaemon.drivers?"
    assert "did you mean wandaemon.drivers" in refusal("packet")
    assert "odd" not in {each.name for each in survey()}


def test_metadataThatCannotBeRead(folder: Path) -> None:
    """
    Whatever stands in the metadata disturbs nobody: what is not an entry point is said.
    """
    installDriver(folder, "packet", "its_good", "its-good")
    install(folder, "its-odd", {}, {"wandaemon.drivers": {"no": "a b c"}})
    file = folder / "its_odd-1.0.dist-info" / "entry_points.txt"
    file.write_bytes(
        b"stray = line\n[wandaemon.drivers]\n# a remark\nnothing\n; another\ntwo = its_odd:a.b [extra]\n\xff\n"
    )
    reasons = {each.name: each.reason for each in survey() if each.distribution == "its-odd"}
    assert reasons == {
        "nothing": "'nothing' is not NAME = MODULE:OBJECT",
        "\ufffd": "'\ufffd' is not NAME = MODULE:OBJECT",
        "two": "ModuleNotFoundError: No module named 'its_odd': install its-odd 1.0 again, or report to its author "
        "that it has no such module",
    }
    assert discover(ITapDriver).has("packet")


@pytest.mark.parametrize("name", ["red\x1b[31m", "l" * 3000, "two words", "\0", "a\u202eb"])
def test_namesThatCannotBeShown(folder: Path, name: str) -> None:
    """
    A name that would spoil a list, or a terminal, is none.
    """
    install(folder, "its-it", {"its_it.py": GOOD}, {"wandaemon.drivers": {name: "its_it:plugin"}})
    (status,) = [each for each in survey() if each.distribution == "its-it"]
    assert status.state == "broken"
    assert status.reason.endswith("is no name: one word of at most 64 characters that can be shown")
    assert len(status.reason) < 200
    assert "its_it" not in sys.modules


def test_whoIsWaitedFor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    While a plugin keeps everybody waiting it is said which one that is, and nothing is said of those that are quick.
    """
    installDriver(folder, "packet", "its_packet", "its-packet")
    (published,) = [each for each in allEntryPoints().published if each.name == "packet"]
    with told(published):
        published.load()
    assert capsys.readouterr().err == ""
    with told(published, 0.0):
        until = monotonic() + 10
        while not (said := capsys.readouterr().err) and monotonic() < until:
            pass
    assert said.startswith(
        "waiting for the driver 'packet' of its-packet 1.0 (its_packet.driver:plugin) to be imported"
    )
    assert said.count("\n") == 1


def test_manyPlugins(folder: Path) -> None:
    """
    However many there are, to choose one imports that one.
    """
    for number in range(500):
        entry = {"wandaemon.drivers": {f"its{number}": f"its_number{number}:plugin"}}
        install(folder, f"its-number{number}", {}, entry)
    installDriver(folder, "packet", "its_packet", "its-packet")
    before = process_time()
    assert discover(ITapDriver).choose("packet").about == "a driver of somebody else's"
    assert process_time() - before < 2
    assert not [name for name in sys.modules if name.startswith("its_number")]


def test_whereNobodyLooks(folder: Path) -> None:
    """
    A module in the folder where plugins were published once is said.
    """
    install(folder, "its-old", {"wand/plugins/its_old_dropin.py": GOOD}, {})
    status = found("its_old_dropin")
    assert (status.state, status.where) == ("broken", str(folder / "wand/plugins/its_old_dropin.py"))
    assert status.reason.startswith("nobody looks into wand/plugins: publish it by an entry point")


def test_twoOfOneName(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    Of two plugins of one name the distribution that comes first in the alphabet keeps it, wherever it is; both are
    named, and the program says so when it starts.
    """
    installDriver(folder, "packet", "its_second", "its-second")
    with onThePath(tmp_path_factory.mktemp("later")) as later:
        installDriver(later, "packet", "its_first", "its-first", "3.0")
        assert type(discover(ITapDriver).choose("packet")).__module__ == "its_first.driver"
        states = {each.distribution: (each.state, each.reason) for each in survey() if each.name == "packet"}
        (said,) = clashes()
        assert not [*clashes(["its-first"])]
        assert not [*clashes(["Its_Second"])]
    assert states["its-first"] == ("usable", "")
    assert states["its-second"][0] == "taken"
    assert states["its-second"][1].startswith("its name is taken by the driver 'packet' of its-first 3.0")
    assert "published by its-first 3.0 and by its-second 1.0: that of its-first is used" in said


def test_oursKeepTheirNames(folder: Path) -> None:
    """
    A built-in plugin is replaced by nobody, and that somebody tries is said.
    """
    installDriver(folder, "memory", "its_memory", "aaa-memory")
    assert type(discover(ITapDriver).choose("memory")).__module__ == "wand.drivers.memory"
    (status,) = [each for each in survey() if each.distribution == "aaa-memory"]
    assert status.state == "taken"
    assert len([*clashes()]) == 1


@pytest.mark.parametrize("name", ["packet", "its-first", "Its_First"])
def test_switchedOff(folder: Path, name: str) -> None:
    """
    A plugin is switched off by its name, or by that of its distribution; the latter leaves the name to another.
    """
    installDriver(folder, "packet", "its_first", "its-first")
    assert refusal("packet", name) == f"the driver 'packet' cannot be used: {SWITCHED_OFF}"
    (status,) = [each for each in survey([name]) if each.name == "packet"]
    assert (status.state, status.reason) == ("off", SWITCHED_OFF)
    assert "its_first.driver" not in sys.modules
    installDriver(folder, "packet", "its_second", "its-second")
    assert discover(ITapDriver, [name]).has("packet") == (name != "packet")


def test_oursCanBeSwitchedOff() -> None:
    """
    So is one of ours.
    """
    assert not discover(ITapDriver, ["memory"]).has("memory")
    assert not discover(IStore, ["memory"]).has("memory")
    assert discover(IStore, ["memory"]).has("sqlite")


def test_whatIsThereInstead(folder: Path) -> None:
    """
    Who misspells a name is shown those of all plugins; none is imported for that.
    """
    installDriver(folder, "packet", "its_packet", "its-packet")
    said = refusal("pakcet")
    names = ", ".join(sorted([*BUILTINS["driver"], "packet"]))
    assert said == (f"there is no driver 'pakcet'. Did you mean 'packet'? There are: {names}.")
    assert "its_packet.driver" not in sys.modules


def test_whatItCanBeTold(folder: Path) -> None:
    """
    The settings of a plugin are described from its struct and the docstring of that.
    """
    installDriver(folder, "packet", "its_packet", "its-packet")
    (told,) = describe("packet")
    assert (told.key, told.documentation) == ("driver-settings", "A port of nothing.")
    assert [(each.name, each.type, each.required, each.default, each.about) for each in told.settings or []] == [
        ("path", "text", True, None, "where it is, in two lines."),
        ("depth", "whole number, at least 0, at most 9", False, 3, "how deep."),
        ("kinds", "list of text", False, [], ""),
    ]


@pytest.mark.parametrize("line", ["", "    settings = 7", "    settings = property(lambda self: 1 / 0)"])
def test_whoDoesNotSay(folder: Path, line: str) -> None:
    """
    Of a plugin that does not say what it can be told, that is said.
    """
    source = GOOD.replace("    settings = Settings", line)
    install(folder, "its-it", {"its_it.py": source}, {"wandaemon.drivers": {"packet": "its_it:plugin"}})
    (told,) = describe("packet")
    assert (told.plugin.state, told.settings) == ("usable", None)


def test_nothingAtAll() -> None:
    """
    Without other distributions there is nothing.
    """
    assert not [each for each in allEntryPoints().published if each.distribution.startswith("its-")]
