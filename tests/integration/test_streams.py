"""
Where UDP is blocked: real nodes join, and stay, over TCP, straight, through a proxy and through a web server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from realm import Realm

from wand.lab import Host, Lab, wait
from wand.lab.installation import Installation


def blockUDP(host: Host) -> None:
    """
    Let no datagram out of a host, and none in.
    """
    rules = "".join(
        f"chain {way} {{ type filter hook {way} priority 0; meta l4proto udp drop; }}; " for way in ("input", "output")
    )
    host.run("nft", "-f", "-", sent=f"table inet blocked {{ {rules} }}")


@pytest.fixture
def realm() -> Iterator[Realm]:
    """
    A lab of the test's own, with nothing started.
    """
    with Lab() as lab:
        yield Realm(lab)


def invited(realm: Realm, name: str) -> str:
    """
    The file of an invitation.
    """
    token = realm.lab.directory / f"{name}.invitation"
    realm["server"].wand("invite", "--out", str(token))
    return str(token)


def usesStream(node: Installation) -> bool:
    """
    Does a node say that it uses a stream?
    """
    return "a stream is used instead" in node.wand("status")


def test_joinsOverTLS(realm: Realm, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A node whose UDP is blocked joins with an ordinary invitation and nothing configured, within 3 s.
    """
    realm.serve("--tcp=0.0.0.0:443")
    node = realm.install("node")
    blockUDP(node.host)
    node.start("wand-node", "--name=node")
    wait(node.answers, 20, "the node")
    token = invited(realm, "node")
    began = time.monotonic()
    node.wand("join", token)
    seconds = time.monotonic() - began
    wait(lambda: usesStream(node), 5, "the word that a stream is used")
    with capsys.disabled():
        print(f"\nUDP blocked: a member after {seconds:.2f} s, the command itself included")
    assert seconds < 3
    assert "tls://198.51.100.1:443" in node.wand("status")
    assert node.counters()["streams-opened"] == 1
    assert "tcp 0.0.0.0:443" in realm["server"].wand("status")
