"""
Backups of real programs: made while they run, put back when everything is lost; and what is said when something is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from wand.demo.namespaces import PYTHON
from wand.lab import CommandFailed, Lab, wait


class Realm:
    """
    A server and hosts, each with real programs.
    """

    def __init__(self, lab: Lab, programs: Path) -> None:
        self.directory = lab.directory
        self._twistd = str(programs / "twistd")
        names = ("server", "alice", "bob", "carol", "copy")
        self.hosts = {name: lab.host(name, f"198.51.100.{number}/24") for number, name in enumerate(names, 1)}
        self.running: dict[str, object] = {}

    def state(self, name: str) -> Path:
        return self.directory / name

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def start(self, name: str, kind: str, *options: str) -> None:
        where = (f"--state={self.state(name)}", f"--control={self.directory}/{name}.sock")
        words = (self._twistd, "-n", "--pidfile=", kind, *where, *options)
        self.running[name] = self.hosts[name].start(name, *words)

    def serve(self, *options: str) -> None:
        self.start("server", "wand-server", *options)
        wait(lambda: self.answers("server"), 15, "the server")

    def answers(self, name: str) -> bool:
        try:
            self.wand(name, "status")
        except CommandFailed:
            return False
        return True

    def join(self, name: str) -> str:
        token = self.directory / f"{name}.invitation"
        self.wand("server", "invite", "--out", str(token))
        self.start(name, "wand-node", f"--name={name}", f"--join-file={token}")
        wait(lambda: f"this node is {name} now" in self.log(name), 15, name)
        return self.address(name)

    def address(self, name: str) -> str:
        return str(json.loads(self.wand(name, "status", "--json"))["own"]["addresses"][0])

    def again(self, name: str, *options: str) -> None:
        """
        Start a node again; it would see by itself that its server is another, within a minute.
        """
        self.stop(name)
        self.start(name, "wand-node", *options)
        wait(lambda: self.answers(name), 10, f"{name} again")

    def stop(self, name: str) -> None:
        self.wand(name, "stop")

    def wand(self, name: str, *words: str) -> str:
        control = f"{self.directory}/{name}.sock"
        return self.hosts[name].run(*PYTHON, "wand.cli.main", "--control", control, *words)

    def notes(self, name: str) -> str:
        return " ".join(json.loads(self.wand(name, "status", "--json"))["notes"])

    def members(self) -> dict[str, dict[str, object]]:
        return {each["name"]: each for each in json.loads(self.wand("server", "members", "--json"))}


@pytest.fixture
def realm(programs: Path) -> Iterator[Realm]:
    with Lab() as lab:
        yield Realm(lab, programs)


def test_aRestoredServerLearnsItsMembers(realm: Realm) -> None:
    """
    A server whose state directory is lost is restored from a backup that was made while it ran; who joined since is a
    member again as soon as it is met, keeps its address, and can be revoked.
    """
    realm.serve()
    realm.join("alice")
    file = realm.directory / "server.backup"
    realm.wand("server", "backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    bob = realm.join("bob")
    with pytest.raises(CommandFailed, match="another program works"):
        realm.wand("server", "restore", str(file), "--state", str(realm.state("server")), "--force")
    realm.stop("server")
    with pytest.raises(CommandFailed, match="is not empty"):
        realm.wand("server", "restore", str(file), "--state", str(realm.state("server")))
    shutil.rmtree(realm.state("server"))
    realm.wand("server", "restore", str(file), "--state", str(realm.state("server")))
    realm.serve()
    realm.again("bob")
    wait(lambda: "bob" in realm.members(), 20, "bob is learned")
    assert (realm.members()["bob"]["addresses"], realm.members()["bob"]["learned"]) == ([bob], True)
    assert realm.join("carol") not in (bob, realm.address("alice"))
    realm.wand("server", "revoke", "bob", "--yes")
    wait(lambda: "revoked" in realm.wand("bob", "status"), 20, "bob is revoked")


def test_aLostStoreIsNoNewNetwork(realm: Realm) -> None:
    """
    A server whose database is gone, or empty, does not start, changes nothing, and says how to go on; with
    --recover=yes the same network goes on, and its members are learned.
    """
    realm.serve()
    alice = realm.join("alice")
    realm.stop("server")
    state = realm.state("server")
    (state / "wansd.sqlite").rename(state / "moved")
    for tries, damage in enumerate((None, b""), 1):
        if damage is not None:
            (state / "wansd.sqlite").write_bytes(damage)
        before = sorted((each.name, each.read_bytes()) for each in state.iterdir() if each.is_file())
        realm.start("server", "wand-server")
        wait(lambda tries=tries: realm.log("server").count("--recover=yes") >= tries, 15, "the reason")
        assert sorted((each.name, each.read_bytes()) for each in state.iterdir() if each.is_file()) == before
    realm.serve("--recover=yes")
    realm.again("alice")
    wait(lambda: "alice" in realm.members(), 20, "alice is learned")
    assert realm.members()["alice"]["addresses"] == [alice]
    assert "was recovered" in realm.notes("server")


def test_twoHostsWithOneKeyAreTold(realm: Realm) -> None:
    """
    A state directory that was copied to another host is noticed within seconds, at both and at the server.
    """
    realm.serve()
    realm.join("alice")
    realm.stop("alice")
    shutil.copytree(realm.state("alice"), realm.state("copy"))
    realm.start("alice", "wand-node")
    wait(lambda: (realm.directory / "alice.sock").exists(), 10, "alice again")
    wait(lambda: "directory-answered" in realm.log("alice").rpartition("etud:")[2], 10, "alice is there")
    realm.start("copy", "wand-node")
    for name in ("server", "alice", "copy"):
        wait(lambda name=name: "two hosts run with the key" in realm.notes(name), 20, f"{name} is told")


def test_aRestartIsNoCopy(realm: Realm) -> None:
    """
    A node that is killed and started again, from another address too, is no copy of itself.
    """
    realm.serve()
    realm.join("alice")
    for port in ("22223", "22224"):
        realm.again("alice", f"--port={port}")
        wait(lambda: "answered" in realm.wand("alice", "status"), 10, "the server's answer")
    assert "two hosts" not in realm.notes("alice") + realm.notes("server")


def test_anInvitationThatIsNotThereIsSaid(realm: Realm) -> None:
    """
    A node whose invitation is not there runs, says so, and can be given another.
    """
    realm.serve()
    realm.start("alice", "wand-node", "--name=alice", "--join-file=/nowhere/invitation")
    wait((realm.directory / "alice.sock").exists, 10, "alice")
    assert "/nowhere/invitation is not there" in realm.notes("alice")
    token = realm.directory / "invitation"
    realm.wand("server", "invite", "--out", str(token))
    realm.wand("alice", "join", str(token))
    assert "is not there" not in realm.notes("alice")
