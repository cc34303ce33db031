"""
Two versions on one network: the release before this one and this one, each as a server and as a node.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from realm import Realm

from wand.lab import PROGRAMS, Lab, wait
from wand.version import __version__


@pytest.mark.parametrize("server", ["old", "new"])
def test_oldAndNew(previous: Path, server: str) -> None:
    """
    A server of one version admits nodes of both; they reach each other, one is renamed, another revoked, and everybody
    follows.  Then the old programs are replaced by new ones with what they kept.
    """
    with Lab() as lab:
        _liveTogether(Realm(lab), {"old": previous, "new": PROGRAMS}, server)


def _liveTogether(realm: Realm, commands: dict[str, Path], server: str) -> None:
    realm.install("server").programs = commands[server]
    realm.serve()
    for name in ("old", "new", "other"):
        realm.install(name).programs = commands["new" if name == "new" else "old"]
        realm.join(name)
    for one, two in (("old", "new"), ("new", "old"), ("new", "other")):
        wait(lambda one=one, two=two: realm.pings(one, two), 20, f"an echo from {one} to {two}")
    realm["server"].wand("rename", "old", "older")
    for name in ("new", "other"):
        wait(lambda name=name: "older" in realm[name].wand("members", "--json"), 20, f"the new name at {name}")
    realm["server"].wand("revoke", "other", "--yes")
    wait(lambda: not realm.pings("new", "other"), 20, "the end of the revoked member")
    wait(lambda: realm.pings("new", "old"), 20, "an echo between those who stay")
    if server == "new":
        _changeSecret(realm)

    found = {each["name"]: each["version"] for each in json.loads(realm["new"].wand("members", "--json"))}
    assert (found["new"], found["older"]) == (__version__, "")
    if server == "new":
        wait(lambda: realm.members()["new"]["version"] == __version__, 20, "the version at the server")
    assert "older" in json.loads(_check(realm))["unknown"]

    for name in ("server", "old"):
        realm[name].daemon.stop()
        realm[name].programs = PROGRAMS
    realm.serve()
    realm["old"].start("wand-node", "--name=old")
    wait(realm["old"].isMember, 20, "the membership after the upgrade")
    wait(lambda: realm.pings("new", "old"), 20, "an echo after the upgrade")
    assert (realm["old"].state / "layout.json").exists()
    wait(lambda: realm.members()["older"]["version"] == __version__, 20, "the version after the upgrade")
    if server == "new":
        told = lambda: json.loads(realm["server"].wand("rotate", "--status", "--json"))["have"]  # noqa: E731
        wait(lambda: told() == 2, 20, "the new secret at the upgraded node")


def _changeSecret(realm: Realm) -> None:
    """
    The network gets another secret, which the old node does not understand: it stays, while the former one counts.
    """
    realm["server"].wand("rotate", "--overlap", "1h")
    wait(lambda: json.loads(realm["new"].wand("status", "--json"))["own"]["secret"]["number"], 10, "the new secret")
    realm["old"].daemon.stop()
    realm["old"].start("wand-node", "--name=old")
    wait(realm["old"].isMember, 20, "the membership of the old node")
    for one, two in (("old", "new"), ("new", "old")):
        wait(lambda one=one, two=two: realm.pings(one, two), 20, f"an echo from {one} to {two} with the former secret")


def _check(realm: Realm) -> str:
    """
    What C{wand version --check} says on the new node, whose exit status says only whether that one is to be updated.
    """
    return realm["new"].wand("version", "--check", "--json")
