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


#: What a module does when it is imported, beside what a good driver does, and what is said of it.
RUDE: Final = {
    "sys.exit()": "SystemExit",
    "os._exit(0)": "it wanted to end the whole program: os._exit(0)",
    "os.chdir('/')": "importing it changed the working directory, which was put back",
    "os.umask(0)": "changed the umask",
    "signal.signal(signal.SIGPIPE, signal.SIG_DFL); signal.signal(signal.SIGTERM, signal.SIG_IGN)": "SIGTERM",
    "locale.setlocale(locale.LC_ALL, 'C')": "changed the locale",
    "socket.setdefaulttimeout(1)": "changed the time-out of all sockets",
    "sys.stdout = io.StringIO()": "changed standard output",
    "sys.__stdout__.reconfigure(encoding='ascii')": "changed the encoding of standard output",
    "sys.excepthook = print": "changed who hears of exceptions",
    "warnings.simplefilter('error')": "changed which warnings are errors",
    "gc.disable()": "changed garbage collection",
    "from twisted.internet.defer import Deferred; Deferred.pause = print": "defer.Deferred.pause, which stays so",
    "os.environ.update(TZ='Asia/Tokyo'); time.tzset()": "the time zone, which was put back",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))": "changed the limits of its resources, which",
    "threading.Thread(target=time.sleep, args=(3600,), name='its-own').start()": "a thread that goes on, its-own",
}


@pytest.mark.parametrize("statement", RUDE)
def test_whatAnImportDoesToTheProgram(tmp_path: Path, statement: str) -> None:
    """
    A plugin that changes the whole program when it is imported, or ends it, is named, and the list is complete.
    """
    source = f"import gc, io, locale, os, resource, signal, socket, sys, threading, time, warnings\n{statement}\n"
    files = {"its_rude.py": source + DRIVER.format(name="rude")}
    install(tmp_path, "its-rude", files, {"wandaemon.drivers": {"rude": "its_rude:plugin"}})
    found = listed(tmp_path)
    assert RUDE[statement] in found["rude"]["reason"]
    assert found["rude"]["distribution"] == "its-rude"
    assert found["tuntap"]["distribution"] == "wandaemon"


def test_whatIsSaidOfAUsablePlugin(tmp_path: Path) -> None:
    """
    The list for people says it below the plugins that can be used; so does what is shown of the plugin itself.
    """
    files = {"its_rude.py": "import os\nos.umask(0)\n" + DRIVER.format(name="rude")}
    install(tmp_path, "its-rude", files, {"wandaemon.drivers": {"rude": "its_rude:plugin"}})
    told = "importing it changed the umask, which was put back: report that to its author"
    assert f"driver rude: {told}" in wand(tmp_path, "plugins").stdout
    assert f"usable: {told}" in wand(tmp_path, "plugins", "rude").stdout


def test_anImportThatForks(tmp_path: Path) -> None:
    """
    The child of an import does not go on as if it were the command.
    """
    files = {"its_rude.py": "import os\nos.fork()\n" + DRIVER.format(name="rude")}
    install(tmp_path, "its-rude", files, {"wandaemon.drivers": {"rude": "its_rude:plugin"}})
    done = wand(tmp_path, "plugins", "--json")
    assert json.loads(done.stdout)
    assert "which the driver 'rude' of its-rude 1.0 forked when it was imported, is ended" in done.stderr


def test_anImportThatKills(tmp_path: Path) -> None:
    """
    Where the process dies of an import, the standard error says of which.
    """
    files = {"its_rude.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n" + DRIVER.format(name="rude")}
    install(tmp_path, "its-rude", files, {"wandaemon.drivers": {"rude": "its_rude:plugin"}})
    assert "its_rude.py" in wand(tmp_path, "plugins", status=-11).stderr


def test_anImportThatTakesForEver(tmp_path: Path) -> None:
    """
    Whoever looks at a command that waits for an import learns for which.
    """
    files = {"its_rude.py": "import time\ntime.sleep(3600)\n" + DRIVER.format(name="rude")}
    install(tmp_path, "its-rude", files, {"wandaemon.drivers": {"rude": "its_rude:plugin"}})
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "wand.cli.main", "plugins"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "waiting for the driver 'rude' of its-rude 1.0" in process.stderr.readline()
        process.kill()
