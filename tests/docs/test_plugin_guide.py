"""
Tests for the examples of the plugin author's guide: they are run as they stand there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from documents import DOCS, PROJECT, quoted, rows

from wand import interfaces
from wand.authoring.adding import add
from wand.authoring.making import make
from wand.discovery.kinds import GROUPS

EXAMPLES = DOCS / "examples"

#: The packages of the tutorial.
AFTERNOON = PROJECT / "examples"


def test_everythingIsInOneModule() -> None:
    """
    Whatever the modules of the interfaces define for others can be imported from the package, as the guide says.
    """
    for found in pkgutil.iter_modules(interfaces.__path__):
        module = importlib.import_module(f"{interfaces.__name__}.{found.name}")
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_"):
                assert getattr(interfaces, name, None) is value, f"{name} of {module.__name__}"
                assert name in interfaces.__all__


def test_whatTheGuideNamesIsThere() -> None:
    """
    Each interface that the guide names can be imported from C{wand.interfaces}, and what it names in full from there.
    """
    named = quoted(DOCS / "plugins.md")
    for name in {
        *filter(re.compile(r"I[A-Z]\w+").fullmatch, named),
        "Membership",
        "MemberContext",
        "Context",
        "CONSUMED",
        "Passage",
    }:
        assert name in named
        assert name in (*interfaces.__all__, "IReadDescriptor"), name
    for where in filter(re.compile(r"wand(?:\.[a-z_]+)+\.[A-Za-z]+").fullmatch, named):
        module, _, name = where.rpartition(".")
        assert hasattr(importlib.import_module(module), name), where


def test_whatAuthorsAreShownIsPublic() -> None:
    """
    The packages that we show, and those that C{wand plugin new} writes, use only what the promise has.
    """
    promised = {word for row in rows(DOCS / "plugin-promise.md") for word in re.findall(r"`(wand\.[a-z_.]+)`", row[0])}
    public = re.compile(rf"(?:{'|'.join(map(re.escape, promised))})(?:\.[a-z_]+)*")
    templates = PROJECT / "wand" / "authoring" / "templates"
    shown = [*AFTERNOON.glob("wand-*/*/*.py"), *templates.glob("*.py.txt"), *EXAMPLES.glob("*.py")]
    ours = EXAMPLES / "test_rel2_protocol.py"  # which shows a contract with a protocol of our own
    used = {name for each in shown if each != ours for name in re.findall(r"from (wand\.\S+) import", each.read_text())}
    assert len(used) > 10
    assert [name for name in sorted(used) if not public.fullmatch(name)] == []


def test_theAfternoonShowsEverything() -> None:
    """
    Every file of the examples is on the page that was made of them, and all that is typed to run them.
    """
    page = (DOCS / "afternoon.md").read_text()
    for each in AFTERNOON.glob("*/**/*"):
        if each.suffix in (".py", ".toml", ".sh") and each.name != "__init__.py":
            assert f"../{each.relative_to(PROJECT)}\n" in page, each
    typed = (AFTERNOON / "network" / "run.sh").read_text()
    for part in re.findall(r"^# end of (\w+)$", typed, re.MULTILINE):
        assert f':start-after: "# {part}"\n:end-before: "# end of {part}"' in page, part


def test_theAfternoonBeginsAsTyped(tmp_path: Path) -> None:
    """
    The commands of the page make packages whose metadata are those that it shows; only the version, the description and
    ruff's settings may be others.
    """
    page = (DOCS / "afternoon.md").read_text()
    typed = re.findall(r"^\$ wand plugin new (\S+) (\S+)(?: --into (\S+))?$", page, re.MULTILINE)
    assert len(typed) == len(GROUPS)
    for kind, name, into in typed:
        add(kind, name, tmp_path / into) if into else make(kind, name, tmp_path / f"wand-{name}")
    for package in ("wand-handed", "wand-toolbox"):
        made, shown = (tomllib.loads((root / package / "pyproject.toml").read_text()) for root in (tmp_path, AFTERNOON))
        for each in (made, shown):
            each["tool"].pop("ruff", None)
            each["project"] |= {"version": "", "description": ""}
        assert made == shown


@pytest.mark.parametrize("example", sorted(each.name for each in EXAMPLES.glob("test_*.py")))
def test_theTestsOfTheGuidePass(example: str) -> None:
    """
    The plugins that the guide shows pass their tests, and so does what it shows of networks.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=prepend",
            example,
        ],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "what"), [("packet_driver", "driver"), ("metadata_source", "source"), ("echo_service", "service")]
)
def test_theExampleIsShort(name: str, what: str) -> None:
    """
    A complete driver, source or service has about twenty lines.
    """
    source = (EXAMPLES / f"{name}.py").read_text()
    shown = source.partition(f"# {what}\n")[2].partition(f"# end of {what}")[0]
    assert len([line for line in shown.splitlines() if line.strip()]) <= 20
