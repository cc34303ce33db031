"""
Tests for C{wand plugins}, in processes of their own, with other distributions on the path.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from installed import DRIVER, install, installDriver

#: A driver whose module prints, in every way that there is.
TALKATIVE: Final = f"""
import os, subprocess, sys
print("imported")
os.write(1, b"past Python")
subprocess.run([sys.executable, "-c", "print('by a child')"])
{DRIVER.format(name="talkative")}
Driver.unusable = lambda self: print("asked")
"""


def wand(folder: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """
    Run the command.
    """
    done = subprocess.run(
        [sys.executable, "-m", "wand.cli.main", *words],
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def listed(folder: Path, *words: str) -> dict[str, Any]:
    """
    What is listed, by name.
    """
    return {each["name"]: each for each in json.loads(wand(folder, "plugins", "--json", *words).stdout)}


def test_aGroupThatDoesNotExist(tmp_path: Path) -> None:
    """
    A plugin that is published in a group that does not exist is not looked for elsewhere: it is said what is wrong.
    """
    install(tmp_path, "its-driver", {}, {"wandaemon.driver": {"packet": "its.driver:plugin"}})
    said = wand(tmp_path, "plugins", "packet", status=1).stderr
    assert "'packet' of its-driver cannot be found: there is no group wandaemon.driver" in said
    assert "did you mean wandaemon.drivers?" in said


def test_whatIsSwitchedOffInVain(tmp_path: Path) -> None:
    """
    What C{disabled-plugins} names and nobody is called is said.
    """
    file = tmp_path / "node.toml"
    file.write_text('disabled-plugins = ["memory", "WANDaemon", "memroy"]')
    said = wand(tmp_path, "plugins", f"--config={file}").stderr
    assert said.splitlines() == ["disabled-plugins has 'memroy', and nothing is called so"]


def test_whatAPluginPrints(tmp_path: Path) -> None:
    """
    Whatever a plugin prints goes to the standard error, so that the document is whole.
    """
    install(tmp_path, "its-talk", {"its_talk.py": TALKATIVE}, {"wandaemon.drivers": {"talkative": "its_talk:plugin"}})
    for words in (["plugins", "--json"], ["plugins", "talkative", "--json"]):
        done = wand(tmp_path, *words)
        assert json.loads(done.stdout)
        for said in ("imported", "past Python", "by a child", "asked"):
            assert said in done.stderr


def test_theList(tmp_path: Path) -> None:
    """
    The list has what can be used, then what cannot and why; with the distribution and its version.
    """
    installDriver(tmp_path, "packet", "its_packet", "its-packet", "2.5")
    install(tmp_path, "its-bad", {}, {"wandaemon.hooks": {"audit": "its_bad:plugin"}})
    usable, _, other = wand(tmp_path, "plugins").stdout.partition("Not usable: 1")
    assert ["driver", "packet", "its-packet", "2.5", "a", "driver"] in [
        line.split()[:6] for line in usable.splitlines()
    ]
    assert ["hook", "audit", "its-bad", "1.0", "broken"] in [line.split()[:5] for line in other.splitlines()]
    assert "No module named 'its_bad': install its-bad 1.0 again" in other


@pytest.mark.parametrize("named", ["packet", "its-packet"])
def test_whatTheConfigurationSwitchesOff(tmp_path: Path, named: str) -> None:
    """
    What a configuration switches off is listed as that.
    """
    installDriver(tmp_path, "packet", "its_packet", "its-packet")
    file = tmp_path / "node.toml"
    file.write_text(f'disabled-plugins = ["{named}"]\n')
    assert listed(tmp_path, "--config", str(file))["packet"]["state"] == "off"


def test_aConfigurationThatCannotBeRead(tmp_path: Path) -> None:
    """
    A configuration that is named and cannot be read is an error.
    """
    said = wand(tmp_path, "plugins", "--config", str(tmp_path / "none.toml"), status=1).stderr
    assert "none.toml: it cannot be read: No such file or directory" in said
    (tmp_path / "odd.toml").write_text("=")
    assert "it is not TOML" in wand(tmp_path, "plugins", "--config", str(tmp_path / "odd.toml"), status=1).stderr


def test_onePlugin(tmp_path: Path) -> None:
    """
    Of one plugin all is shown that it can be told.
    """
    installDriver(tmp_path, "packet", "its_packet", "its-packet")
    lines = [" ".join(line.split()) for line in wand(tmp_path, "plugins", "packet").stdout.splitlines()]
    for row in (
        "driver packet",
        "of its-packet 1.0",
        "state usable",
        "settings driver-settings",
        "A port of nothing.",
        "path text required where it is, in two lines.",
        "depth whole number, at least 0, at most 9 3 how deep.",
    ):
        assert row in lines
    assert wand(tmp_path, "plugins", "guard").stdout.rstrip().endswith("settings    none")


def test_noSuchPlugin(tmp_path: Path) -> None:
    """
    A name that nobody has is an error that says what was probably meant.
    """
    assert (
        "there is no plugin 'tuntrap'; did you mean 'tuntap'?" in wand(tmp_path, "plugins", "tuntrap", status=1).stderr
    )
