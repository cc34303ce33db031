"""
The package for Debian in a Debian of its own: installed, set up, booted again, upgraded and purged.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from booted_root import BootedRoot
from debian_builds import build
from journal_talker import JOURNAL, TALKER, journal, say
from realm import Realm

from wand.lab import CommandFailed, Lab, execute, wait

UNITS = ("wand-node", "wand-server")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    """
    The package.
    """
    folder = tmp_path_factory.mktemp("built")
    build("build", str(folder), "--programs", str(programs))
    (built,) = folder.glob("*.deb")
    return built


@pytest.fixture(scope="module")
def newer(package: Path) -> Path:
    """
    The same with a higher version.
    """
    unpacked = package.parent / "unpacked"
    execute("dpkg-deb", "--raw-extract", str(package), str(unpacked), timeout=60)
    control = unpacked / "DEBIAN/control"
    control.write_text(control.read_text().replace("-1\n", "-2\n", 1))
    execute("dpkg-deb", "--build", "-Znone", str(unpacked), str(package.parent / "newer.deb"), timeout=60)
    shutil.rmtree(unpacked)
    return package.parent / "newer.deb"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """
    A lab of each test's own.
    """
    with Lab() as opened:
        yield opened


@pytest.fixture
def debian(lab: Lab, tmp_path: Path, package: Path, newer: Path) -> Iterator[BootedRoot]:
    """
    A Debian that has booted, with both packages in C{/root}.
    """
    made = BootedRoot(lab, lab.host("debian", "198.51.100.77/24"), tmp_path)
    for number, each in enumerate((package, newer), 1):
        (made.root / f"root/wandaemon-{number}.deb").write_bytes(each.read_bytes())
    made.boot()
    yield made
    made.halt()
    made.remove()


def serviceNumber(debian: BootedRoot) -> int:
    return int(debian.run("systemctl", "show", "--property=MainPID", "--value", "wand-node"))


def test_fromNothingToNothing(lab: Lab, debian: BootedRoot, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Two commands lead from a bare Debian to a ping, of IPv4 and IPv6, and by name where systemd-resolved and polkit run.
    It is answered after a boot, too, and after an upgrade, which keeps what the operator wrote.  A purge leaves
    nothing.
    """
    realm = Realm(lab)
    realm.serve()
    alice = realm.join("alice").partition("/")[0]
    alice6 = realm.members()["alice"]["addresses"][1].partition("/")[0]
    realm["server"].wand("invite", "--out", str(debian.root / "root/token.txt"))

    began = time.monotonic()
    debian.run("dpkg", "--install", "/root/wandaemon-1.deb")
    installed = time.monotonic()
    assert not any(debian.succeeds("systemctl", "is-active", unit) for unit in UNITS)
    assert not any(debian.succeeds("systemctl", "is-enabled", unit) for unit in UNITS)
    setUp = time.monotonic()
    said = debian.run("wand", "setup", "node", "--join", "/root/token.txt")
    assert "wand-node.service: runs, and starts with the host" in said
    assert not (debian.root / "etc/systemd/system/wand-node.service").exists()
    awaitPing(debian, alice)
    awaitNames(debian, alice, alice6)
    seconds = time.monotonic() - setUp
    with capsys.disabled():
        print(
            f"\n2 commands from a bare Debian to a ping; {installed - began:.1f} s to install, {seconds:.1f} s to join"
        )

    debian.reboot()
    awaitPing(debian, alice)
    awaitNames(debian, alice, alice6)

    mine = debian.root / "etc/wand/node.toml"
    mine.write_text(mine.read_text() + 'name = "mine"\n')
    before = serviceNumber(debian)
    debian.run("dpkg", "--install", "/root/wandaemon-2.deb")
    assert debian.run("dpkg-query", "--show", "--showformat", "${Version}", "wandaemon").endswith("-2")
    assert 'name = "mine"' in mine.read_text()
    assert serviceNumber(debian) not in (0, before)
    assert not debian.succeeds("systemctl", "is-active", "wand-server")
    awaitPing(debian, alice)

    debian.run("dpkg", "--purge", "wandaemon")
    gone = ("opt/wand", "etc/wand", "var/lib/wand", "usr/bin/wand", "usr/share/polkit-1/rules.d/50-wand.rules")
    left = [name for name in gone if (debian.root / name).exists()]
    assert left == []
    assert not debian.succeeds("getent", "passwd", "wand")
    assert not debian.succeeds("ip", "link", "show", "wan0")
    assert not debian.succeeds("systemctl", "cat", "wand-node")


def test_aNetworkIsBegun(debian: BootedRoot) -> None:
    """
    wand init makes services that run, also after a boot: a server, and a node beside it with the invitation of that.
    Repeated, it keeps what is there.
    """
    debian.run("dpkg", "--install", "/root/wandaemon-1.deb")
    server = ("wand", "init", "--as", "server", "--network", "lab", "--public", "198.51.100.77", "--json")
    served = json.loads(debian.run(*server))
    assert (served["network"], served["service"]) == ("lab", True)
    (debian.root / "root/token").write_text(served["token"])
    joined = json.loads(debian.run("wand", "init", "--join", "/root/token", "--json"))
    assert (joined["networkKey"], joined["service"]) == (served["networkKey"], True)
    debian.reboot()
    awaitPing(debian, next(each.partition("/")[0] for each in joined["addresses"] if "." in each))
    for unit in UNITS:
        assert debian.run("systemctl", "is-active", unit).strip() == "active"
    again = json.loads(debian.run(*server))
    assert again["networkKey"] == served["networkKey"]
    assert again["token"] != served["token"]

    # A second network in the same prefix, for which its server finds no place, is not started for nothing.
    debian.run("systemctl", "stop", "wand-server")
    shutil.rmtree(debian.root / "var/lib/wand/server")
    with pytest.raises(CommandFailed) as failed:
        debian.run(*(each.replace("lab", "other") for each in server))
    assert "wand-server.service does not start: prefix: 10.77.0.0/16 overlaps the route" in failed.value.output


def test_theJournal(lab: Lab, debian: BootedRoot) -> None:
    """
    The real journal has the messages of a node, with their priorities and details, whatever is in them and however long
    they are; also after it was started again.  While there is none, the node goes on without a word, and its messages
    come back with it.
    """
    realm = Realm(lab)
    realm.serve()
    realm["server"].wand("invite", "--out", str(debian.root / "root/token.txt"), "--name=bob")
    debian.run("dpkg", "--install", "/root/wandaemon-1.deb")
    (dropins,) = debian.root.glob("opt/wand/lib/*/site-packages/twisted/plugins")
    (dropins / "talker_dropin.py").write_text(TALKER)
    configuration = debian.root / "etc/wand/node.toml"
    configuration.write_text(configuration.read_text() + 'hooks = ["talker"]\n')
    debian.run("wand", "setup", "node", "--join", "/root/token.txt")
    wait(lambda: journal(debian, "WAND_EVENT=joined"), 30, "the word that it joined")

    (joined,) = journal(debian, "WAND_EVENT=joined")
    key = json.loads(debian.run("wand", "status", "--json"))["own"]["key"]
    told = {
        name: joined[name] for name in ("PRIORITY", "WAND_PART", "SYSLOG_IDENTIFIER", "_TRANSPORT", "_SYSTEMD_UNIT")
    }
    assert list(told.values()) == ["6", "events", "wand-node", "journal", "wand-node.service"], joined
    assert joined["MESSAGE"].startswith("joined: "), joined
    assert (joined["WAND_FIELD_KEY"], joined["WAND_TRACE"]) == (key, f"{key[:4]}-{key[4:8]}-{key[8:12]}")
    assert joined in journal(debian, f"WAND_TRACE={joined['WAND_TRACE']}")

    (long,) = journal(debian, "WAND_FIELD_WHAT=long")
    assert {long[f"WAND_FIELD_D{number}"] for number in range(30)} == {"x" * 16_000}
    assert long["PRIORITY"] == "4"
    (strange,) = journal(debian, "WAND_FIELD_WHAT=strange")
    assert strange["MESSAGE"] == r"two\nlines caf\udce9 b'\xff\x00'", strange
    assert (strange["WAND_FIELD_LINES"], strange["WAND_FIELD_NAME"]) == (r"two\nlines", r"caf\udce9")
    (failed,) = journal(debian, "PRIORITY=2")
    assert failed["MESSAGE"].startswith("it failed\nTraceback"), failed
    assert failed["MESSAGE"].endswith("builtins.ValueError: inside"), failed

    pid = serviceNumber(debian)
    debian.run("systemctl", "restart", "systemd-journald")
    say(realm, debian, "after-a-restart")
    debian.run("systemctl", "stop", *JOURNAL)
    assert not (debian.root / "run/systemd/journal/socket").exists()
    realm["server"].wand("rename", "bob", "unheard")
    wait(lambda: "unheard" in debian.run("wand", "status"), 10, "the new name")
    debian.run("systemctl", "start", *reversed(JOURNAL))
    say(realm, debian, "heard-again", "unheard")
    assert serviceNumber(debian) == pid
    assert not [each for each in journal(debian, "_SYSTEMD_UNIT=wand-node.service") if each["_TRANSPORT"] != "journal"]


def awaitPing(debian: BootedRoot, address: str) -> None:
    wait(lambda: debian.succeeds("ping", "-q", "-c", "1", "-W", "1", address), 30, f"an answer of {address}")


def awaitNames(debian: BootedRoot, *addresses: str) -> None:
    """
    Wait until C{alice} is found by her name alone, and by either address; the unprivileged node arranged that.
    """
    for address in addresses:
        kind = "6" if ":" in address else "4"
        wait(lambda kind=kind: debian.succeeds("ping", f"-{kind}", "-q", "-c", "1", "alice"), 30, "a ping by name")  # type: ignore[misc]
        assert address in debian.run("getent", f"ahostsv{kind}", "alice")
        assert "alice.wand.wand" in debian.run("getent", "hosts", address)


def test_lintianFindsNoErrors(package: Path) -> None:
    """
    lintian(1) finds neither errors nor warnings but those that are overridden, with the reason.
    """
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", str(package)],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
