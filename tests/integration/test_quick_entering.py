"""
How soon real nodes become members.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from deployments import modes
from realm import Realm
from without_udp import blockUDP, invited, usesStream

from wand.lab import CommandFailed, Lab, execute, wait

pytestmark = pytest.mark.alone


@pytest.fixture
def realm() -> Iterator[Realm]:
    """
    A lab of each test's own, with nothing started.
    """
    with Lab() as lab:
        yield Realm(lab)


def test_threeCommandsAndLessThanThreeSeconds(realm: Realm, capsys: pytest.CaptureFixture[str]) -> None:
    """
    From nothing, one command on each of a server and two hosts makes a network; a ping is answered within 3 s after the
    last one.
    """
    server, one, two = (realm.install(name) for name in ("server", "one", "two"))
    server.start("wand-server")
    token = server.state / "first-invitation"
    wait(token.exists, 10, "the first invitation")
    assert token.stat().st_mode & 0o777 == 0o600
    one.start("wand-node", f"--join-file={token}", "--name=one")
    wait(lambda: "10.77.0.1/16" in one.host.run("ip", "address"), 10, "the first address")
    began = time.monotonic()
    two.start("wand-node", f"--join-file={token}", "--name=two")
    wait(lambda: _answers(two.host.command(), "10.77.0.1"), 10, "the first ping")
    seconds = time.monotonic() - began
    with capsys.disabled():
        print(f"\n3 commands from nothing to a ping; {seconds:.2f} s from the last one to the answer")
    assert seconds < 3
    wait(lambda: _answers(one.host.command(), "10.77.0.2"), 10, "a ping back")
    assert token.read_text().strip() not in server.log  # others read a journal
    assert str(token) in server.log
    for node in (one, two):
        assert not (node.state / "token").exists()
        assert node.state.stat().st_mode & 0o777 == 0o700
        assert set(modes(node.state).values()) == {0o600}


def _answers(inside: list[str], address: str) -> bool:
    try:
        execute(*inside, "ping", "-c", "1", "-W", "0.2", address)
    except CommandFailed:
        return False
    return True


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
