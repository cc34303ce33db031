"""
Whole state directories of the release before this one, taken over by this one, and given back: of a network with a
server, and of one that a node founded.
"""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from realm import Realm

from wand.lab import PROGRAMS, CommandFailed, Lab, wait

#: What every member keeps.
_MEMBER = {"node.key", "membership", "epoch", "known-peers", "spent", "port", "mac-wan0"}

#: What a server keeps.
_SERVER = {"node.key", "network.key", "network", "wansd.sqlite", "first-invitation"}


#: What a server says of a member that an upgrade must not change.
_LASTING = ("key", "state", "addresses", "macs", "bridge", "admission", "admits", "since")


#: The mark of a release that is to come.
_LATER = b'{"layout":99,"version":"7.0"}\n'


@pytest.fixture
def realm() -> Iterator[Realm]:
    """
    A lab for programs that are started as the test likes.
    """
    with Lab() as lab:
        yield Realm(lab)


def test_aNetworkWithAServer(previous: Path, realm: Realm) -> None:
    """
    A server, its members, a bridge, one that waits and one that was revoked go on as they were, with the programs of
    this release; an invitation that was open still is.  Then all goes on with the programs of before, as it became.
    """
    bridge, member, revoked, before = _serverOfBefore(realm, previous)
    kept = {name: _files(realm, name) for name in realm.programs}
    assert kept["server"] >= _SERVER, kept
    assert kept["alice"] >= _MEMBER, kept
    assert kept["bob"] >= {*_MEMBER, "heard", "revocations"}, kept
    assert {"token"} <= kept["pat"], kept

    _continue(realm, PROGRAMS)
    wait(lambda: _listed(realm) == before, 20, "the members as they were")
    assert realm["bob"].overlayAddress() == member
    wait(lambda: _pings(realm, "alice", member), 20, "an echo after the upgrade")
    _bridge(realm, bridge)
    wait(lambda: _pings(realm, "bob", "10.77.9.9"), 20, "an echo from behind the bridge")
    assert realm["pat"].status()["own"]["stage"] == "joining"
    realm["server"].wand("approve", "pat")
    wait(realm["pat"].isMember, 20, "the member that waited")
    _enter(realm, "zoe", PROGRAMS)
    wait(lambda: _stage(realm, "mallory") == "revoked", 20, "a member that stays revoked")
    assert not _pings(realm, "alice", revoked)
    for name in realm.programs:
        assert "layout.json" in _files(realm, name)

    _end(realm)
    _continue(realm, previous)
    assert {*_listed(realm)} == {*before, "zoe"}
    for name in ("bob", "pat", "zoe"):
        address = realm[name].overlayAddress()
        wait(lambda address=address: _pings(realm, "alice", address), 20, f"an echo of {name} after the downgrade")  # type: ignore[misc]
    wait(lambda: _stage(realm, "mallory") == "revoked", 20, "a member that stays revoked")


def _serverOfBefore(realm: Realm, previous: Path) -> tuple[str, str, str, dict[str, list[object]]]:
    """
    A network of the release before, whose programs have ended.

    @return: the MAC address of the host behind alice, the addresses of bob and mallory, and what the server says.
    """
    for name in ("server", "alice", "bob", "mallory", "pat"):
        realm.install(name).programs = previous
    realm.serve()
    realm.join("alice", wishes=("--bridge",))
    realm["server"].wand("invite", "--out", str(_invitation(realm)), "--uses=2")
    _enter(realm, "bob", previous)
    revoked = realm.join("mallory")
    realm["server"].wand("invite", "--out", str(realm.lab.directory / "approval"), "--approval")
    realm["pat"].start("wand-node", f"--join-file={realm.lab.directory}/approval", "--name=pat")
    wait(lambda: realm.members().get("pat", {}).get("state") == "pending", 20, "a node that waits")
    mac = "02:00:00:00:00:99"
    _bridge(realm, mac)
    member = realm["bob"].overlayAddress()
    wait(lambda: _pings(realm, "alice", member, "-I", "10.77.9.9"), 20, "an echo to behind the bridge")
    realm["server"].wand("revoke", "mallory", "--yes")
    wait(lambda: _stage(realm, "mallory") == "revoked", 20, "the revocation")
    wait(lambda: "revocations" in _files(realm, "bob"), 20, "that bob keeps it")
    listed = _listed(realm)
    _end(realm)
    return mac, member, revoked, listed


def _bridge(realm: Realm, mac: str) -> None:
    """
    Put a host of its own behind alice.
    """
    alice = realm["alice"].host
    behind = ("link", "add", "link", "wan0", "name", "behind", "address", mac, "type", "macvlan", "mode", "bridge")
    alice.run("ip", *behind)
    alice.run("ip", "address", "add", "10.77.9.9/32", "dev", "behind")
    alice.run("ip", "link", "set", "behind", "up")


def test_aNetworkThatANodeFounded(previous: Path, realm: Realm) -> None:
    """
    The founder, a member that it lets admit others, and one more go on as they were; the invitations of both are still
    open.  Then all goes on with the programs of before, as it became.
    """
    names = ("anna", "dora", "emil")
    for name in names:
        realm.install(name).programs = previous
        realm[name].start("wand-node", f"--name={name}")
        wait(realm[name].answers, 20, name)
    realm["anna"].wand("found", "home")
    for name in names[1:]:
        _join(realm, name, "anna")
    realm["anna"].wand("appoint", "dora", "--members=4")
    wait(lambda: realm["dora"].status()["own"]["admission"], 20, "the right to admit")
    tokens = {name: realm[name].wand("invite") for name in names[:2]}
    _end(realm)
    assert _files(realm, "anna") >= {*_MEMBER - {"spent"}, "founded", "network", "network.key", "wansd.sqlite"}
    assert _files(realm, "dora") >= {*_MEMBER, "admitted.sqlite"}

    for programs, newcomers in ((PROGRAMS, ("fred", "gus")), (previous, ()), (PROGRAMS, ())):
        _continue(realm, programs, names)
        for newcomer, name in zip(newcomers, tokens, strict=False):
            realm.install(newcomer)
            realm[newcomer].start("wand-node", f"--name={newcomer}")
            wait(realm[newcomer].answers, 20, newcomer)
            _joinWith(realm, newcomer, tokens[name])
        names = (*names, *newcomers)
        for name in names[1:]:
            address = realm[name].overlayAddress()
            wait(lambda address=address: _pings(realm, "anna", address), 30, f"an echo of {name}")  # type: ignore[misc]
        assert realm["dora"].status()["own"]["admission"]
        _end(realm)


def test_theNetworkOfTodayInTheReleaseBefore(previous: Path, realm: Realm) -> None:
    """
    A network that this release made is used by the release before, or refused.
    """
    realm.serve()
    realm.join("alice")
    realm.join("bob")
    _end(realm)
    _continue(realm, previous)
    address = realm["bob"].overlayAddress()
    wait(lambda: _pings(realm, "alice", address), 20, "an echo")
    realm.install("carol").programs = previous
    realm.join("carol")


def test_whatALaterReleaseWrote(realm: Realm) -> None:
    """
    What a later release wrote is refused by its name, with what to do, and is left as it is: a state directory, and a
    store by itself, with which a server ends, and a node goes on that cannot admit then.
    """
    realm.serve()
    realm.join("alice")
    realm["server"].wand("appoint", "alice", "--members=4")
    wait(lambda: realm["alice"].status()["own"]["admission"], 20, "the right to admit")
    realm["alice"].wand("invite")
    realm.install("anna")
    realm["anna"].start("wand-node")
    wait(realm["anna"].answers, 20, "anna")
    realm["anna"].wand("found", "home")
    _end(realm)
    for name in realm.programs:
        mark = realm[name].state / "layout.json"
        ours = mark.read_bytes()
        mark.write_bytes(_LATER)
        _refused(realm, name, "written by wandaemon 7.0 (layout 99)", "install 7.0 again, or restore a backup")
        mark.write_bytes(ours)
    for name, file in (("server", "wansd.sqlite"), ("alice", "admitted.sqlite"), ("anna", "wansd.sqlite")):
        _changeStore(realm[name].state / file, "UPDATE records SET value = ? WHERE kind = 'wand-layout'", _LATER)
    said = ("the store was written by wandaemon 7.0 (layout 99)", "install 7.0 again, or restore a backup")
    _refused(realm, "server", *said)
    before = {name: _contents(realm, name) for name in ("alice", "anna")}
    _continue(realm, PROGRAMS, ("alice", "anna"))
    for name, contents in before.items():
        wait(lambda name=name: said[0] in realm[name].notes, 20, f"a word of {name}")  # type: ignore[misc]
        assert said[1] in realm[name].notes
        assert {key: _contents(realm, name)[key] for key in contents if "sqlite" in key} == {
            key: content for key, content in contents.items() if "sqlite" in key
        }
    _end(realm)
    _changeStore(realm["server"].state / "wansd.sqlite", "PRAGMA user_version = 9")
    _refused(realm, "server", "a later version of wandaemon wrote it (layout 9 of the file)", "install that version")


def _changeStore(file: Path, statement: str, *values: bytes) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(statement, values)
    connection.close()


def _contents(realm: Realm, name: str) -> dict[str, bytes]:
    """
    What a program keeps, but for what SQLite shares with other processes.
    """
    files = realm[name].state.iterdir()
    return {each.name: each.read_bytes() for each in files if not each.name.endswith(("-wal", "-shm"))}


def _refused(realm: Realm, name: str, *words: str) -> None:
    """
    See that a program does not start, says why, and leaves everything as it is.
    """
    before = _contents(realm, name)
    realm[name].start("wand-server" if name == "server" else "wand-node")
    wait(lambda: not realm[name].daemon.isRunning, 20, f"the end of {name}")
    assert realm[name].daemon.process.returncode not in (0, None)
    said = realm[name].daemon.tail()
    assert all(each in said for each in words), said
    assert "Traceback" not in said
    assert _contents(realm, name) == before


def _join(realm: Realm, name: str, by: str) -> None:
    _joinWith(realm, name, realm[by].wand("invite"))


def _joinWith(realm: Realm, name: str, token: str) -> None:
    file = realm.lab.directory / f"{name}.invitation"
    file.touch(mode=0o600)
    file.write_text(token)
    realm[name].wand("join", str(file))
    wait(realm[name].isMember, 20, f"the membership of {name}")


def _invitation(realm: Realm) -> Path:
    return realm.lab.directory / "open"


def _enter(realm: Realm, name: str, programs: Path) -> None:
    """
    Let a node in with the open invitation.
    """
    if name not in realm.programs:
        realm.install(name)
    realm[name].programs = programs
    realm[name].start("wand-node", f"--join-file={_invitation(realm)}", f"--name={name}")
    wait(realm[name].isMember, 20, f"the membership of {name}")


def _continue(realm: Realm, programs: Path, names: tuple[str, ...] = ()) -> None:
    """
    Start programs of a version on what is there, and wait until those that are members say so.
    """
    for name in names or realm.programs:
        realm[name].programs = programs
        if name == "server":
            realm[name].start("wand-server")
        else:
            realm[name].start("wand-node", f"--name={name}")
        wait(realm[name].answers, 20, name)
    for name in names or realm.programs:
        if "membership" in _files(realm, name) and _stage(realm, name) != "revoked":
            wait(realm[name].isMember, 20, f"the membership of {name}")


def _end(realm: Realm) -> None:
    for each in realm.programs.values():
        if each.daemon.isRunning:
            assert each.daemon.stop() in (0, -signal.SIGTERM), each.daemon.tail()
    assert "Traceback" not in "".join(each.log for each in realm.programs.values())


def _listed(realm: Realm) -> dict[str, list[object]]:
    """
    Who is in the network, with what the server says of each that lasts.
    """
    return {name: [each[field] for field in _LASTING] for name, each in realm.members().items()}


def _stage(realm: Realm, name: str) -> str:
    own = realm[name].status()["own"]
    return str(own["stage"]) if own else ""


def _files(realm: Realm, name: str) -> set[str]:
    return {each.name for each in realm[name].state.iterdir()}


def _pings(realm: Realm, source: str, target: str, *options: str) -> bool:
    try:
        realm[source].host.run("ping", "-q", "-c", "1", "-W", "2", *options, target)
    except CommandFailed:
        return False
    return True
