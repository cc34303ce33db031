"""
Backups of real programs: made while they run, put back when everything is lost; and what is said when something is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest
from realm import Realm

from wand.lab import CommandFailed, Lab, wait


@pytest.fixture
def realm() -> Iterator[Realm]:
    """
    A server's host, and those of nodes.
    """
    with Lab() as lab:
        made = Realm(lab)
        for name in ("server", "alice", "bob", "carol", "copy"):
            made.install(name)
        yield made


def stop(realm: Realm, name: str) -> None:
    """
    Stop a program, and wait until it has ended.
    """
    realm[name].wand("stop")
    wait(lambda: not realm[name].daemon.isRunning, 10, f"the end of {name}")


def again(realm: Realm, name: str, *options: str) -> None:
    """
    Start a node again; it would see by itself that its server is another, within a minute.
    """
    stop(realm, name)
    realm[name].start("wand-node", *options)
    wait(realm[name].answers, 10, f"{name} again")


def _addresses(realm: Realm, name: str) -> list[str]:
    found: list[str] = json.loads(realm[name].wand("status", "--json"))["own"]["addresses"]
    assert len(found) == 2  # of both families
    return found


def test_aRestoredServerLearnsItsMembers(realm: Realm) -> None:
    """
    A server whose state directory is lost is restored from a backup that was made while it ran; who joined since is a
    member again as soon as it is met, keeps its address, and can be revoked.
    """
    realm.serve()
    realm.join("alice")
    file = realm.lab.directory / "server.backup"
    realm["server"].wand("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    bob = realm.join("bob")
    had = _addresses(realm, "bob")
    with pytest.raises(CommandFailed, match="another program uses"):
        realm["server"].wand("restore", str(file), "--state", str(realm["server"].state), "--force")
    stop(realm, "server")
    with pytest.raises(CommandFailed, match="is not empty"):
        realm["server"].wand("restore", str(file), "--state", str(realm["server"].state))
    shutil.rmtree(realm["server"].state)
    realm["server"].wand("restore", str(file), "--state", str(realm["server"].state))
    realm.serve()
    again(realm, "bob")
    wait(lambda: "bob" in realm.members(), 20, "bob is learned")
    assert (realm.members()["bob"]["addresses"], realm.members()["bob"]["learned"]) == (had, True)
    assert realm.join("carol") not in (bob, realm["alice"].overlayAddress())
    realm["server"].wand("revoke", "bob", "--yes")
    wait(lambda: "revoked" in realm["bob"].wand("status"), 20, "bob is revoked")


def test_aLostStoreIsNoNewNetwork(realm: Realm) -> None:
    """
    A server whose database is gone, or empty, does not start, changes nothing, and says how to go on; with
    --recover=yes the same network goes on, and its members are learned.
    """
    realm.serve()
    realm.join("alice")
    had = _addresses(realm, "alice")
    stop(realm, "server")
    state = realm["server"].state
    (state / "wansd.sqlite").rename(state / "moved")
    for tries, damage in enumerate((None, b""), 1):
        if damage is not None:
            (state / "wansd.sqlite").write_bytes(damage)
        before = sorted((each.name, each.read_bytes()) for each in state.iterdir() if each.is_file())
        realm["server"].start("wand-server")
        wait(lambda: not realm["server"].daemon.isRunning, 15, "its end")
        assert realm["server"].log.count("--recover=yes") >= tries, "it does not say the reason"
        assert sorted((each.name, each.read_bytes()) for each in state.iterdir() if each.is_file()) == before
    realm.serve("--recover=yes")
    again(realm, "alice")
    wait(lambda: "alice" in realm.members(), 20, "alice is learned")
    assert realm.members()["alice"]["addresses"] == had
    assert "was recovered" in realm["server"].notes


def test_twoHostsWithOneKeyAreTold(realm: Realm) -> None:
    """
    A state directory that was copied to another host is noticed within seconds, at both and at the server.
    """
    realm.serve()
    realm.join("alice")
    stop(realm, "alice")
    shutil.copytree(realm["alice"].state, realm["copy"].state)
    realm["alice"].start("wand-node")
    wait(realm["alice"].answers, 10, "alice again")
    wait(lambda: "directory-answered" in realm["alice"].log.rpartition("etud:")[2], 10, "alice is there")
    realm["copy"].start("wand-node")
    wait(realm["copy"].answers, 10, "its copy")
    for name in ("server", "alice", "copy"):
        wait(lambda name=name: "two hosts run with the key" in realm[name].notes, 20, f"{name} is told")


def test_aRestartIsNoCopy(realm: Realm) -> None:
    """
    A node that is killed and started again, from another address too, is not a copy of itself.
    """
    realm.serve()
    realm.join("alice")
    for port in ("22223", "22224"):
        again(realm, "alice", f"--port={port}")
        wait(lambda: "answered" in realm["alice"].wand("status"), 10, "the server's answer")
    assert "two hosts" not in realm["alice"].notes + realm["server"].notes


def test_anInvitationThatIsNotThereIsSaid(realm: Realm) -> None:
    """
    A node whose invitation is not there runs, says so, and can be given another.
    """
    realm.serve()
    realm["alice"].start("wand-node", "--name=alice", "--join-file=/nowhere/invitation")
    wait(realm["alice"].answers, 10, "alice")
    wait(lambda: "/nowhere/invitation is not there" in realm["alice"].notes, 10, "what it says")
    token = realm.lab.directory / "invitation"
    realm["server"].wand("invite", "--out", str(token))
    realm["alice"].wand("join", str(token))
    assert "is not there" not in realm["alice"].notes
