"""
A network that was just made, and in which nothing is wrong, says so: no drops, nothing for a person to do.
"""

from __future__ import annotations

import json
import subprocess

import pytest
from realm import Realm

from wand.lab import PROGRAMS, Lab, wait


@pytest.fixture(scope="module")
def fresh(lab: Lab) -> Realm:
    """
    A server and two nodes, which joined with the first invitation.
    """
    realm = Realm(lab)
    realm.serve()
    token = realm["server"].state / "first-invitation"
    for name in ("one", "two"):
        realm.install(name).start("wand-node", "--name", name, "--join-file", str(token))
    for name in ("one", "two"):
        wait(realm[name].isMember, 20, f"the membership of {name}")
    return realm


def test_aFreshNetworkShowsNoDrops(fresh: Realm) -> None:
    """
    After two nodes joined and pinged each other, no program has dropped anything, and nothing needs a person.
    """
    for source, target in (("one", "two"), ("two", "one")):
        wait(lambda source=source: json.loads(fresh[source].wand("table", "--json")), 20, f"the table of {source}")
        ping = ("ping", "-q", "-c", "20", "-i", "0.05", "-W", "20", fresh[target].overlayAddress())
        assert " 0% packet loss" in fresh[source].host.run(*ping)
    for name in ("server", "one", "two"):
        counters = fresh[name].counters()
        assert {each: count for each, count in counters.items() if each.startswith("drop-") and count} == {}, name
        assert _check(fresh, name) == (0, ""), name


def test_monitoringLearnsOfADeadServer(fresh: Realm) -> None:
    """
    C{wand status --check} says nothing while a node is well, and fails once its program is gone.
    """
    assert _check(fresh, "one")[0] == 0
    fresh["one"].daemon.stop()
    assert _check(fresh, "one")[0] == 2


def _check(realm: Realm, name: str) -> tuple[int, str]:
    command = [str(PROGRAMS / "wand"), "--control", str(realm[name].control), "status", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout
