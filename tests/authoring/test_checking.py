"""
Tests for C{wand plugin check}: a good package passes, and each fault is named.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import installDriver, onThePath, wheel

from wand.authoring import checking
from wand.authoring.making import make
from wand.authoring.outcome import failures
from wand.plugin_status import CheckedStatus


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """
    A driver's package as it was made.
    """
    make("driver", "packet", tmp_path / "it")
    return tmp_path / "it"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, ...]]]:
    """
    Pytest, mypy and pip, which are not run, but are content.
    """
    run, asked = checking._run, list[tuple[str, ...]]()

    def pretend(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        return subprocess.CompletedProcess(words, 0, "all is well") if words[0] == "-m" else run(project, *words)

    monkeypatch.setattr(checking, "_run", pretend)
    monkeypatch.setattr(checking, "find_spec", lambda name: name)
    monkeypatch.setattr(checking, "built", lambda *arguments: [])
    yield asked


def replace(path: Path, old: str, new: str) -> None:
    """
    Change a file.
    """
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def faults(project: Path) -> list[tuple[str, str]]:
    """
    What is wrong with a project.
    """
    return [(each.check, each.text) for each in checking.check(project) if not each.good]


def test_asItWasMade(project: Path, tools: list[tuple[str, ...]]) -> None:
    """
    A package as it was made is good, and everything was looked at.
    """
    found = list(checking.check(project))
    assert all(each.good for each in found)
    checks = ["packaging", "publishing", "names", "wheel", "discovery", "contract", "tests", "types"]
    assert [each.check for each in found] == checks
    assert found[4] == CheckedStatus("discovery", True, "driver packet is usable")
    assert [words[1] for words in tools if words[0] == "-m"] == ["pytest", "mypy"]


def test_noProject(tmp_path: Path) -> None:
    """
    A folder without metadata, or with such that cannot be read, is no package.
    """
    assert faults(tmp_path) == [("packaging", "there is no pyproject.toml: wand plugin new writes one")]
    (tmp_path / "pyproject.toml").write_text("=")
    assert faults(tmp_path)[0][1].startswith("pyproject.toml cannot be read: ")


METADATA = {
    "no version": ('version = "0.1.0"', "", "packaging", "needs a name and a version"),
    "no dependency": ('dependencies = ["wandaemon"]', "", "packaging", "its dependencies do not name wandaemon"),
    "wrong group": ("wandaemon.drivers", "wandaemon.driver", "publishing", "there is no group wandaemon.driver;"),
    "no group": ("wandaemon.drivers", "console_scripts", "publishing", "it publishes nothing"),
    "wrong kind": ("wandaemon.drivers", "wandaemon.hooks", "discovery", "hook packet: it is a driver, not a hook"),
    "wrong object": (".driver:plugin", ".driver:plugni", "discovery", "driver packet: AttributeError"),
    "a class": (".driver:plugin", ".driver:PacketDriver", "discovery", "PacketDriver is a class, not an object"),
    "a name of ours": ("packet = ", "qemu = ", "names", "the name qemu is taken: wandaemon has a driver"),
    "no name": ("packet = ", '"two words" = ', "names", "'two words' is no name: one word"),
    "another name": ("packet = ", "pakcet = ", "discovery", "it is published as 'pakcet', but calls itself 'packet'"),
}


ODD = {
    "project is a number": ("project = 3", "write [project]"),
    "dependencies are a text": ("[project]\ndependencies = 'wandaemon'", "dependencies of [project] are no list"),
    "entry points are a list": ("[project]\nentry-points = ['x']", "entry points are tables"),
    "a group is a text": ("[project.entry-points]\n'wandaemon.hooks' = 'x:y'", "entry points are tables"),
    "a target is a number": (
        "[project.entry-points.'wandaemon.hooks']\nx = 7",
        "the target of an entry point is a text",
    ),
}


@pytest.mark.parametrize("fault", ODD)
def test_oddMetadata(fault: str, tmp_path: Path) -> None:
    """
    Metadata of other types than they have to have are said, and nothing else is looked at.
    """
    text, said = ODD[fault]
    (tmp_path / "pyproject.toml").write_text(text)
    ((check, found),) = faults(tmp_path)
    assert check == "packaging"
    assert said in found


@pytest.mark.parametrize("fault", METADATA)
def test_metadata(fault: str, project: Path) -> None:
    """
    What is wrong in the metadata is said.
    """
    old, new, check, text = METADATA[fault]
    replace(project / "pyproject.toml", old, new)
    assert [(each, found) for each, found in faults(project) if each == check and text in found]


def test_whatStandsInTheWay(project: Path) -> None:
    """
    So are files that would be put among those of others, in the project or in its wheels, and missing ones.
    """
    (project / "wand").mkdir()
    (project / "wand_packet" / "py.typed").unlink()
    (project / "dist").mkdir()
    wheel(project / "dist", "its-bad", {"wand/plugins/it.py": ""}, {})
    (project / "dist" / "odd.whl").write_bytes(b"rubbish")
    said = " ".join(text for check, text in faults(project) if check == "packaging")
    for part in (
        "wand would end up among the files of others",
        "its_bad-1.0-py3-none-any.whl has wand/plugins/it.py",
        "odd.whl cannot be read",
        "no package has the file py.typed",
    ):
        assert part in said


def test_aRival(project: Path, tmp_path: Path) -> None:
    """
    So is a name that another distribution has, which is installed here; of the package itself an older version may be.
    """
    with onThePath(tmp_path / "site") as site:
        installDriver(site, "packet", "its_packet", "wand-packet")
        assert faults(project) == []
        installDriver(site, "packet", "others_packet", "others-packet", "2.0")
        ((check, text),) = faults(project)
    assert (check, text.partition(",")[0]) == ("names", "others-packet 2.0")


def test_whatIsNotThere(project: Path) -> None:
    """
    A module or an object that was not written yet is said as such: nobody has to install anything again.
    """
    replace(project / "pyproject.toml", "wand_packet.driver:plugin", "wand_packet.other:plugin")
    said = dict(faults(project))["discovery"]
    assert said.endswith("No module named 'wand_packet.other': write it, or publish another")
    replace(project / "pyproject.toml", "wand_packet.other:plugin", "wand_packet.driver:it")
    said = dict(faults(project))["discovery"]
    assert said.endswith("has no attribute 'it': end it with it = ..., the object that is published")


def test_testsThatFail() -> None:
    """
    Of tests that fail it is said why the first one does, which they are, and how many; not all, where they are many.
    """
    names = [f"FAILED tests/test_it.py::Tests::test_{number} - it..." for number in range(40)]
    lines = ["test_it.py:3: in test_0", "E   FailTest: the rule.", "E   Found: that.", "", "test_it.py:9: in test_1"]
    done = subprocess.CompletedProcess([], 1, "\n".join([*lines, "E   other", *names, "40 failed in 1.0s"]))
    assert failures(done).splitlines() == [
        *("test_0:", "  FailTest: the rule.", "  Found: that."),
        *names[:10],
        *("... and 30 more", "40 failed in 1.0s"),
    ]


def test_withoutItsContract(project: Path) -> None:
    """
    That its tests do not have the contract of its kind is said.
    """
    replace(project / "tests" / "test_driver.py", "TapDriverContract", "object")
    assert faults(project) == [
        (
            "contract",
            "none of its tests has the TapDriverContract of wand.testing.drivers, which tells what a driver must do",
        )
    ]


def test_whatNobodyLearns(project: Path) -> None:
    """
    A plugin that does not say what it can be told, or that ends Python, is named.
    """
    code = project / "wand_packet" / "driver.py"
    whole = code.read_text().replace("from __future__ import annotations\n", "")
    replace(code, "    settings = PacketSettings\n", "    settings = None  # type: ignore\n")
    assert "driver packet has no attribute settings" in faults(project)[0][1]
    replace(code, "    settings = None  # type: ignore\n", "    settings = PacketSettings\n")
    replace(code, "@ivar path: ", "path is ")
    assert faults(project)[0][1] == "driver packet does not say what path means: put @ivar into its settings"
    code.write_text("import os; print('hello', flush=True); os._exit(3)")
    assert faults(project)[0][1].startswith("driver packet: SystemExit: it wanted to end the whole program")
    code.write_text("import os, signal; print('hello', flush=True); os.kill(os.getpid(), signal.SIGKILL)")
    assert faults(project)[0][1] == "Python ended while it was loaded: hello"
    code.write_text("import os; os.umask(0)\n" + whole)
    assert "importing it changed the umask" in faults(project)[0][1]


def test_toolsThatFail(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What pytest and mypy say is shown; so is that they are not there.
    """
    monkeypatch.setattr(
        checking, "_run", lambda project, *words: subprocess.CompletedProcess(words, 1, f"{words[1]} complains")
    )
    assert [text for check, text in faults(project) if check in ("tests", "types")] == [
        "mend what fails, and look with python -m pytest:\npytest complains",
        "mend what mypy --strict, with the plugin mypy_zope, finds:\nmypy complains",
    ]
    monkeypatch.setattr(checking, "_run", lambda project, *words: subprocess.CompletedProcess(words, 5, ""))
    assert "there are none: put them into tests/test_*.py" in " ".join(text for _, text in faults(project))
    monkeypatch.setattr(checking, "find_spec", lambda name: None)
    assert [check for check, text in faults(project) if "is not installed" in text] == ["tests", "types"]
