"""
Tests for the examples of the plugin author's guide: they are run as they stand there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys

import pytest
from documents import DOCS, quoted

from wand import interfaces

EXAMPLES = DOCS / "examples"


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
