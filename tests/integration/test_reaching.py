"""
The operator's view of ways, from real programs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node


def test_whatTheOperatorSees(makeSealed: Callable[..., Deployment]) -> None:
    """
    Two nodes on one link: the way is direct, with a round-trip time; C{wand ping} asks over each way; C{wand why} has
    the places of both sides, from the server and from the link; C{wand netcheck} finds no NAT.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    network.awaitEcho(one, two)
    pinged = json.loads(network.command(one, "ping", two.name, "--count", "2", "--json"))
    assert any(each is not None and each < 1.0 for way in pinged for each in way["roundTrips"])
    peer = next(each for each in json.loads(network.command(one, "peers", "--json")) if each["macs"] == [two.mac])
    assert peer["way"] == "direct"
    assert peer["roundTrip"] < 1.0
    wait(lambda: "lan" in _why(network, one, two)["ways"][0]["sources"], 10, "that the link is known")
    for text in (two.name, two.inside, two.mac):
        why = json.loads(network.command(one, "why", text, "--json"))
        assert (why["peer"], why["isUp"]) == (two.name, True)
        assert why["advice"].startswith("The way is direct")
        used = why["ways"][0]
        assert used["place"] == f"{two.address}:{network.topology.nodePort}"
        assert "lan" in used["sources"]
    assert f"{one.address}:{network.topology.nodePort}" in [each["endpoint"] for each in why["ours"]]
    wait(lambda: _mapping(network, one, two) == "none", 10, "what others say of our NAT")
    assert any("a session began" in each["what"] for each in why["episodes"])
    check = json.loads(network.command(one, "netcheck", "--json"))
    found = {each["name"]: each["isGood"] for each in check["checks"]}
    assert found["mapping"]
    assert found["server"]
    assert found["udp"] is found["path-size"] is None  # nobody is beyond the link
    assert "cannot be told" in check["verdict"]


def test_aMemberThatIsGone(makeSealed: Callable[..., Deployment]) -> None:
    """
    For a member that does not answer, C{wand why} shows what was tried, and what to do.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    network.kill(two)
    network.command(one, "counters")
    host = network.hosts[one.name]
    host.run("sh", "-c", f"ping -c 1 -W 1 {two.inside} || true")
    why = json.loads(network.command(one, "why", two.name, "--json"))
    assert why["peer"] == two.name
    assert why["advice"]


def _mapping(network: Deployment, source: Node, target: Node) -> str:
    return str(_why(network, source, target)["nat"]["mapping"])


def _why(network: Deployment, source: Node, target: Node) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(network.command(source, "why", target.name, "--json"))
    return found
