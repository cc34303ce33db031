"""
A network of real programs gets another secret: no frame is lost, and after a restart they meet with the new one, by the
server and on their link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from realm import Realm

from wand.lab import Lab, wait
from wand.lab.probe import EchoProbe
from wand.lab.topology import Node

NODES = ("alice", "bob", "carol")


@pytest.fixture(scope="module")
def realm() -> Iterator[Realm]:
    """
    A server, and three nodes.
    """
    with Lab() as lab:
        realm = Realm(lab)
        realm.serve()
        for name in NODES:
            realm.join(name)
        yield realm


def test_aNetworkGetsAnotherSecret(realm: Realm) -> None:
    """
    While pings run the network gets another secret, within seconds all members have it, and no ping is lost.
    """
    flow = EchoProbe(realm["alice"].host, [Node("bob", "", realm["bob"].overlayAddress(), "")])
    wait(flow.echoes, 20, "an echo")
    said = realm["server"].wand("rotate", "--overlap", "2s")
    assert "has another secret" in said
    wait(lambda: _secret(realm)["have"] == len(NODES), 10, "the new secret at all members")
    wait(lambda: json.loads(realm["alice"].wand("status", "--json"))["own"]["secret"]["number"], 5, "its number")
    now = flow.echoes()[-1].sent
    wait(lambda: flow.echoes()[-1].sent > now + 4, 10, "echoes when the former secret has ended")
    flow.stop()
    numbers = [each.sequence for each in flow.echoes()]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "echoes were lost"
    assert "of 3 members have it" in realm["server"].wand("status")


def test_theyMeetWithIt(realm: Realm) -> None:
    """
    After a restart of everybody, when the former secret has ended, members meet as before.
    """
    number = _secret(realm)["number"]
    for name in (*NODES, "server"):
        realm[name].daemon.stop()
    realm.serve()
    for name in NODES:
        realm[name].start("wand-node", f"--name={name}")
        wait(realm[name].isMember, 20, f"the membership of {name}")
    for one, other in (("alice", "bob"), ("bob", "carol"), ("carol", "alice")):
        wait(lambda one=one, other=other: realm.pings(one, other), 20, f"an echo from {one} to {other}")
    assert _secret(realm)["number"] == number
    wait(lambda: _secret(realm)["have"] == len(NODES), 10, "the count of those who have it")


def test_onTheLink(realm: Realm) -> None:
    """
    Without the server, members that were restarted find each other on their link.
    """
    realm["server"].daemon.stop()
    for name in NODES:
        realm[name].daemon.stop()
        (realm[name].state / "known-peers").unlink(missing_ok=True)
        realm[name].start("wand-node", f"--name={name}")
        wait(realm[name].isMember, 20, f"the membership of {name}")
    wait(lambda: realm.pings("alice", "carol"), 30, "an echo without a server")
    assert realm["alice"].counters()["lan-found"] > 0


def _secret(realm: Realm) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(realm["server"].wand("rotate", "--status", "--json"))
    return found
