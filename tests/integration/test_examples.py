"""
Tests for the packages in C{examples}: built, installed beside our wheel in a clean environment, tested there, and at
work in the networks of the tutorial.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import attrs
import pytest
from clean_environment import PROJECT, Environment, makeEnvironment

EXAMPLES: Final = PROJECT / "examples"
PACKAGES: Final = ("wand-handed", "wand-toolbox")

#: A network and processes of one's own, which end with the first of them.
APART: Final = ("unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child")


@attrs.frozen
class Afternoon:
    """
    Where the tutorial ends.

    @ivar environment: has our wheel, and those of the examples.
    @ivar folder: has copies of the examples.
    """

    environment: Environment
    folder: Path

    def variables(self, **others: str) -> dict[str, str]:
        """
        The environment variables of somebody who works in the virtual environment.
        """
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        path = f"{self.environment.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**clean, "PATH": path, **others}

    def run(self, where: str, *words: str, **variables: str) -> str:
        """
        Run a command in one of the folders.

        @return: what it printed.
        """
        done = subprocess.run(
            words,
            cwd=self.folder / where,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Afternoon:
    """
    A clean environment in which everything is installed from wheels.
    """
    folder = tmp_path_factory.mktemp("afternoon")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*", "dist"))
    environment = makeEnvironment(tmp_path_factory.mktemp("clean"), "mypy>=1.18", "mypy-zope>=1.0.13", "pytest>=8.4")
    for package in PACKAGES:
        project = folder / package
        environment.pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(project / "dist"), str(project))
    environment.pip("install", "--no-compile", *(str(each) for each in folder.glob("*/dist/*.whl")))
    return Afternoon(environment, folder)


def test_theyAreListed(afternoon: Afternoon) -> None:
    """
    C{wand plugins} has all of their plugins, one of each kind, with the distribution and the version.
    """
    listed = json.loads(afternoon.run("", "wand", "plugins", "--json"))
    theirs = [each for each in listed if each["distribution"] in PACKAGES]
    assert {(each["state"], each["version"]) for each in theirs} == {("usable", "1.0")}
    assert {(each["kind"], each["name"]) for each in theirs} == {
        ("driver", "handed"),
        ("protocol", "vxlan"),
        ("directory", "ethers"),
        ("store", "folder"),
        ("hook", "hours"),
        ("frame-service", "quiet"),
        ("candidate-source", "dns-name"),
    }


def test_theirTestsPass(afternoon: Afternoon) -> None:
    """
    Their tests pass, against what is installed.
    """
    tests = [f"{package}/tests" for package in PACKAGES]
    afternoon.run("", "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *tests)


def test_theyAreGood(afternoon: Afternoon) -> None:
    """
    C{wand plugin check} finds nothing, in their wheels and types neither.
    """
    once = {"PYTEST_ADDOPTS": "--collect-only", "MYPY_CACHE_DIR": str(afternoon.folder / "types")}
    for package in PACKAGES:
        found = json.loads(afternoon.run(package, "wand", "plugin", "check", "--json", **once))
        assert {each["check"] for each in found} == {
            *("packaging", "publishing", "names", "wheel", "discovery", "contract", "tests", "types")
        }


def test_atWork(afternoon: Afternoon) -> None:
    """
    The networks of the tutorial: two nodes with the driver, the service and the source join a server that has the store
    and the hook, which sends one of them away at first; and two with the protocol and the directory.  All ping.
    """
    printed = afternoon.run("network", *APART, "bash", "run.sh")
    assert "wan0 (handed)" in printed
    assert "only office-* may join" in (afternoon.folder / "network" / "two.log").read_text()
    assert "office-two is a member of the network wand" in printed
    assert "bytes from 10.77.0.2" in printed
    assert "bytes from 10.1.0.2" in printed
    assert "the name 198.51.100.2" in printed
    assert "door-passed: name office-two" in printed
    assert "sealed-member.records" in printed
    assert "quiet-frames             1 " in printed
    assert "198.51.100.3:4789  ethers" in printed
