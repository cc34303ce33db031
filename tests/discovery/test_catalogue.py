"""
Tests for L{wand.discovery.catalogue} and L{wand.discovery.in_dropins}, with throw-away packages full of good and bad
plugins.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from twisted.logger import LogEvent, Logger, globalLogPublisher
from twisted.plugin import getCache, pluginPackagePaths
from zope.interface.verify import verifyObject

from wand.discovery.builtins import BUILTINS, builtins
from wand.discovery.catalogue import Catalogue, discover, lookAt
from wand.discovery.in_dropins import inDropins
from wand.discovery.kinds import KINDS
from wand.discovery.published import Published
from wand.discovery.settings import settingsOf
from wand.discovery.survey import survey
from wand.errors import NoSuchPlugin
from wand.interfaces import IStore, ITapDriver

_serial = count()

DRIVER = """
    from zope.interface import implementer
    from wand.interfaces import ITapDriver

    @implementer(ITapDriver)
    class Driver:
        def __init__(self, name, reason=None):
            self.name, self.about, self.reason = name, "a driver", reason

        def unusable(self):
            return self.reason

        def open(self, request, context):
            raise NotImplementedError
    """

GOOD = DRIVER + "\n    good = Driver('good')\n"

LACKING = """
    from zope.interface import implementer
    from wand.interfaces import ITapDriver

    @implementer(ITapDriver)
    class Lacking:
        name, about = "lacking", "it cannot open"

        def unusable(self):
            return None

    lacking = Lacking()
    """

HOSTILE = """
    class Hostile:
        def __getattr__(self, name):
            raise RuntimeError("do not touch")

    hostile = Hostile()
    """


class Dropins:
    """
    A package of plugins in a folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = self.folder / f"throwaway{next(_serial)}"
        self.package.mkdir()
        (self.package / "__init__.py").touch()
        sys.path.insert(0, str(self.folder))

    def write(self, name: str, source: str) -> Path:
        path = self.package / f"{name}.py"
        path.write_text(dedent(source))
        importlib.invalidate_caches()
        return path

    @property
    def packages(self) -> list[ModuleType]:
        return [importlib.import_module(self.package.name)]

    def drivers(self) -> Catalogue[ITapDriver]:
        return discover(ITapDriver, (), [inDropins(self.packages)])

    def reasons(self) -> dict[str, str]:
        return {each.name: each.reason for each in self.drivers().rejected}


@pytest.fixture
def dropins(tmp_path: Path) -> Iterator[Dropins]:
    made = Dropins(tmp_path)
    yield made
    sys.path.remove(str(made.folder))


def test_goodPlugin(dropins: Dropins) -> None:
    """
    A good plugin is found by its name.
    """
    dropins.write("one", GOOD)
    found = dropins.drivers()
    assert (list(found.usable), found.rejected) == (["good"], [])
    assert verifyObject(ITapDriver, found.choose("good"))


def test_aGoodPluginIsLookedAtOnce(dropins: Dropins, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whoever asks for it again gets it as it was found: a look takes some 10 ms.
    """
    dropins.write("one", GOOD)
    looks: list[Published] = []
    monkeypatch.setattr("wand.discovery.catalogue.lookAt", lambda each: looks.append(each) or lookAt(each))
    found = dropins.drivers()
    assert found.has("good")
    assert found.choose("good") is found.usable["good"]
    assert found.rejected == []
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import there_is_no_such_module", "ModuleNotFoundError: No module named 'there_is_no_such_module'"),
        ("def oops(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit('enough')", "SystemExit: enough"),
        ("raise ValueError", "ValueError"),
        ("import json; json.loads('{')", "JSONDecodeError: Expecting property name"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('odd')", "BaseException: odd"),
        ("\0", "SyntaxError: source code string cannot contain null bytes"),
        (HOSTILE, "RuntimeError: do not touch"),
    ],
)
def test_brokenModule(dropins: Dropins, source: str, reason: str) -> None:
    """
    A module that cannot be loaded, or looked at, is rejected with its file and the reason; the others are found.
    """
    dropins.write("one", GOOD)
    path = dropins.write("bad", source)
    found = dropins.drivers()
    (rejection,) = found.rejected
    assert list(found.usable) == ["good"]
    assert (rejection.kind, rejection.name, rejection.where) == ("", "bad", str(path))
    assert rejection.reason.startswith(reason)


def test_aModuleThatChangesTheProgram(dropins: Dropins) -> None:
    """
    What a module changes of the whole program when it is imported is put back and said; what it publishes is found.
    """
    umask = os.umask(0o027)
    try:
        dropins.write("one", f"import os\nos.umask(0)\n{dedent(GOOD)}")
        found = dropins.drivers()
        (rejection,) = found.rejected
        assert list(found.usable) == ["good"]
        assert "changed the umask, which was put back" in rejection.reason
        assert os.umask(umask) == 0o027
    finally:
        os.umask(umask)


def test_everySortAtOnce(dropins: Dropins) -> None:
    """
    All that can be wrong at once disturbs no good plugin, and everything wrong is listed.
    """
    dropins.write("one", GOOD)
    dropins.write("bad1", "import there_is_no_such_module")
    dropins.write("bad2", "def oops(:")
    dropins.write("bad3", "raise SystemExit(1)")
    dropins.write("bad4", LACKING)
    dropins.write("bad5", HOSTILE)
    assert list(dropins.drivers().usable) == ["good"]
    assert sorted(dropins.reasons()) == ["bad1", "bad2", "bad3", "bad5", "lacking"]


def test_moduleThatBrokeLater(dropins: Dropins) -> None:
    """
    A module that Twisted has in its cache, but that cannot be loaded any more, is rejected like any other.
    """
    dropins.write("helper", "")
    dropins.write("one", f"    import {dropins.package.name}.helper\n{GOOD}")
    assert list(dropins.drivers().usable) == ["good"]
    for name in ("one", "helper"):
        del sys.modules[f"{dropins.package.name}.{name}"]
    (dropins.package / "helper.py").unlink()
    for cached in (dropins.package / "__pycache__").glob("helper.*"):
        cached.unlink()
    importlib.invalidate_caches()
    assert "No module named" in dropins.reasons()["one"]


def test_packagesAreReadOnce(dropins: Dropins, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A package is read again when a file in it is new, has changed or is gone, or if a module could not be loaded; and
    otherwise only once, for all kinds.
    """
    read: list[ModuleType] = []
    monkeypatch.setattr("wand.discovery.dropins.getCache", lambda package: read.append(package) or getCache(package))
    path = dropins.write("one", GOOD)
    for interface in KINDS.values():
        assert discover(interface, (), [inDropins(dropins.packages)]).looks() is not None
    assert len(read) == 1
    other = dropins.write("two", GOOD.replace("good", "better"))
    assert list(dropins.drivers().usable) == ["better", "good"]
    path.unlink()
    importlib.invalidate_caches()
    assert list(dropins.drivers().usable) == ["better"]
    os.utime(other, ns=(0, 0))
    assert [list(dropins.drivers().usable) for _ in range(2)] == [["better"]] * 2
    assert len(read) == 4
    dropins.write("bad", "raise ValueError")
    assert [dropins.reasons()["bad"] for _ in range(2)] == ["ValueError"] * 2
    assert len(read) == 6


def test_nothingIsLogged(dropins: Dropins, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Broken modules leave no traceback in the log or on the standard error; what else is logged meanwhile is.
    """
    events: list[LogEvent] = []
    dropins.write("bad", "import there_is_no_such_module")
    dropins.write("chatty", "from twisted.logger import Logger; Logger().info('hello')")
    globalLogPublisher.addObserver(events.append)
    try:
        dropins.drivers().looks()
        Logger().info("afterwards")
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert [event["log_format"] for event in events if event["log_namespace"] != "log_legacy"] == [
        "hello",
        "afterwards",
    ]
    assert not [event for event in events if event.get("failure") or event.get("log_failure")]
    assert capsys.readouterr().err == ""


def test_liar(dropins: Dropins) -> None:
    """
    A plugin that claims an interface and lacks a method, or has one with other arguments, is rejected with the fault.
    """
    dropins.write("bad", LACKING)
    dropins.write("other", GOOD.replace("def open(self, request, context)", "def open(self)"))
    dropins.write("worse", LACKING.replace("lacking", "worse").replace("def unusable", "def usable"))
    reasons = dropins.reasons()
    assert reasons["lacking"] == (
        "it does not provide ITapDriver: The open(request, context) attribute was not provided."
    )
    assert "; " in reasons["worse"]
    assert reasons["good"].startswith(
        "it does not provide ITapDriver: The contract of open(request, context) is violated"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("name = property(lambda self: 1 / 0)", "looking at it failed: ZeroDivisionError: division by zero"),
        ("name = 7", "its name and its description must be texts"),
        ("name = ''", "its name and its description must be texts"),
        ("about = None", "its name and its description must be texts"),
        (
            "def unusable(self): raise OSError('no disk')",
            "asking whether it can be used failed: OSError: no disk",
        ),
        ("def unusable(self): raise SystemExit", "asking whether it can be used failed: SystemExit"),
        ("def unusable(self): return 'it needs a BSD'", "it needs a BSD"),
        ("def unusable(self): return 0", "0"),
    ],
)
def test_misbehaviour(dropins: Dropins, change: str, reason: str) -> None:
    """
    Whatever a plugin does when it is looked at or asked, nothing is raised: it is rejected.
    """
    dropins.write("one", GOOD)
    subclass = f"""
    class Worse(Driver):
        name, about = "worse", "a worse driver"

        def __init__(self):
            self.reason = None

        {change}

    worse = Worse()
    """
    dropins.write("bad", DRIVER + subclass)
    found = dropins.drivers()
    assert list(found.usable) == ["good"]
    assert [each.reason for each in found.rejected] == [reason]


def test_nameTaken(dropins: Dropins) -> None:
    """
    Of two plugins with one name the same one is used every time, and the other is rejected with the name of the first.
    """
    dropins.write("aaa", GOOD)
    dropins.write("bbb", GOOD)
    found = dropins.drivers()
    package = dropins.package.name
    assert type(found.usable["good"]).__module__ == f"{package}.aaa"
    (rejection,) = found.rejected
    assert rejection.where == f"{package}.bbb"
    assert rejection.reason.startswith(f"its name is taken by the driver 'good' of {package}.aaa")


def test_oursKeepTheirNames(dropins: Dropins) -> None:
    """
    Nobody replaces a built-in plugin by publishing one of the same name.
    """
    dropins.write("aaa", GOOD.replace("'good'", "'memory'"))
    found = discover(ITapDriver, (), [builtins, inDropins(dropins.packages)])
    assert type(found.usable["memory"]).__module__ == "wand.drivers.memory"


def test_onePluginUnderTwoNames(dropins: Dropins) -> None:
    """
    One object that a module, or two modules, hold twice is one plugin.
    """
    dropins.write("aaa", GOOD + "    again = good\n")
    dropins.write("bbb", f"from {dropins.package.name}.aaa import good")
    found = dropins.drivers()
    assert (list(found.usable), found.rejected) == (["good"], [])


def test_kindsAreApart(dropins: Dropins) -> None:
    """
    A driver is not found among the stores, but a broken module may hold anything.
    """
    dropins.write("one", GOOD)
    dropins.write("bad", "raise ValueError")
    found = discover(IStore, (), [inDropins(dropins.packages)])
    assert not found.usable
    assert [each.name for each in found.rejected] == ["bad"]


def test_foundInAnotherFolder(tmp_path: Path) -> None:
    """
    A plugin may be published in twisted/plugins, of another folder on the path.
    """
    sys.path.insert(0, str(tmp_path))
    package = importlib.import_module("twisted.plugins")
    folder = tmp_path / "twisted" / "plugins"
    try:
        folder.mkdir(parents=True)
        (folder / "elsewhere_dropin.py").write_text(dedent(GOOD.replace("'good'", "'elsewhere'")))
        assert str(folder) in pluginPackagePaths("twisted.plugins")
        package.__path__.insert(0, str(folder))
        assert {"elsewhere", "memory"} <= set(discover(ITapDriver).usable)
    finally:
        sys.path.remove(str(tmp_path))
        package.__path__.remove(str(folder))


def refusal(found: Catalogue[ITapDriver], name: str) -> str:
    with pytest.raises(NoSuchPlugin) as raised:
        found.choose(name)
    return str(raised.value)


def test_choosingWhatIsUnusable(dropins: Dropins) -> None:
    """
    Who asks for a plugin that was rejected is told why.
    """
    dropins.write("one", DRIVER + "\n    good = Driver('good', 'it needs a BSD')\n")
    dropins.write("bad", LACKING)
    found = dropins.drivers()
    assert refusal(found, "good") == "the driver 'good' cannot be used: it needs a BSD"
    assert refusal(found, "lacking").startswith("the driver 'lacking' cannot be used: ")


def test_choosingWhatIsNotThere(dropins: Dropins) -> None:
    """
    Who asks for a plugin that is not there is shown what is, what was probably meant, and what is broken.
    """
    dropins.write("one", GOOD)
    assert refusal(dropins.drivers(), "god") == ("there is no driver 'god'. Did you mean 'good'? There are: good.")
    assert refusal(dropins.drivers(), "zzz") == "there is no driver 'zzz'. There are: good."
    path = dropins.write("bad", "raise ValueError('oops')")
    assert refusal(dropins.drivers(), "zzz").endswith(
        f"This is broken and may have been it: {path} (ValueError: oops)."
    )


def test_survey(dropins: Dropins) -> None:
    """
    The survey lists what can be used, what cannot, and each broken module once, though there are seven kinds.
    """
    dropins.write("one", GOOD + "    sick = Driver('sick', 'it has a cold')\n")
    path = dropins.write("bad", "raise ValueError('oops')")
    dropins.write(
        "odd",
        """
        from zope.interface import implementer
        from wand.interfaces import IWandPlugin

        @implementer(IWandPlugin)
        class Odd:
            name, about = "odd", "of no kind"

            def unusable(self):
                return None

        odd = Odd()
        """,
    )
    package = dropins.package.name
    found = survey((), [inDropins(dropins.packages)], dropins.packages)
    assert [(each.kind, each.name, each.state, each.reason, each.about, each.where) for each in found] == [
        ("driver", "good", "usable", "", "a driver", f"{package}.one"),
        ("driver", "sick", "unusable", "it has a cold", "a driver", f"{package}.one"),
        ("", "bad", "broken", "ValueError: oops", "", str(path)),
        ("", "Odd", "broken", "it is of no known plugin kind", "", f"{package}.odd"),
    ]


SILENT = {
    "a class": (
        DRIVER,
        "Driver is a class, not an object: make one, as in plugin = Driver(), and publish that",
    ),
    "undeclared": (
        """
        # for wand
        class Forgetful:
            name, about = "forgetful", "it does not say that it is a driver"
            def unusable(self): pass
            def open(self, request, context): pass

        forgetful = Forgetful()
        """,
        "its class Forgetful does not say what it is: put @implementer(...) before it",
    ),
    "nothing": ("from wand.interfaces import ITapDriver", ""),
}


@pytest.mark.parametrize("sort", SILENT)
def test_silentDropins(dropins: Dropins, sort: str) -> None:
    """
    A dropin that mentions us and publishes nothing is said, with what its author may have forgotten; what has nothing
    to do with us, or has commands for twistd, is not.
    """
    source, reason = SILENT[sort]
    path = dropins.write("quiet", source)
    dropins.write("strange", "answer = 42")
    dropins.write(
        "commands", "from twisted.application.service import ServiceMaker\nit = ServiceMaker('wand', 'a.b', '', 'it')"
    )
    found = survey((), [inDropins(dropins.packages)], dropins.packages)
    assert [(each.name, each.where) for each in found] == [("quiet", str(path))]
    assert found[0].reason == "it publishes nothing" + (f": {reason}" if reason else "")


@pytest.mark.parametrize("kind", KINDS)
def test_builtIns(kind: str) -> None:
    """
    The built-in plugins are found, are what they say, say what they can be told, and each is one object.
    """
    catalogue = discover(KINDS[kind], (), [builtins])
    looks = catalogue.looks()
    assert [each.published.name for each in looks] == list(BUILTINS[kind])
    for look in looks:
        assert look.state in ("usable", "unusable")
        assert verifyObject(KINDS[kind], look.plugin)
        assert settingsOf(look.plugin) is not None
        assert look.published.load() is look.plugin


def test_theLogIsAsBefore(dropins: Dropins) -> None:
    """
    After a search the observers of the log are those that were there before.
    """
    before = list(globalLogPublisher._observers)
    dropins.write("bad", HOSTILE)
    dropins.drivers().looks()
    assert list(globalLogPublisher._observers) == before
