"""
Real nodes become members of a sealed network, in every way in which one can.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from deployments import modes
from realm import Realm

from wand.lab import PYTHON, CommandFailed, Lab, execute, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node
from wand.status import OwnStatus


def own(network: Deployment, node: Node) -> OwnStatus:
    """
    How a node stands in its network.
    """
    standing = network.status(node).own
    assert standing is not None
    return standing


def members(network: Deployment) -> dict[str, str]:
    """
    The states of the members, by their names, as the server has them.
    """
    listed = json.loads(network.command(network.topology.server, "members", "--json"))
    return {each["name"]: each["state"] for each in listed}


def test_threeCommandsAndAFewSeconds(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """
    From nothing, one command on each of a server and two hosts makes a network; a ping is answered soon after the last
    one, within 3 s where nothing else runs.
    """
    realm = Realm(lab)
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
    assert seconds < 10
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


def test_restartNeedsNoToken(makeSealed: Callable[..., Deployment]) -> None:
    """
    A node whose invitation is used up and gone is a member again after a restart, with the address that it had.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    before = own(network, two)
    assert not network.files.token(two).unlink(missing_ok=True)
    network.programs[two.name].stop()
    network.start(two)
    wait(lambda: network.ping(two, [one]), 10, "an echo after the restart")
    after = own(network, two)
    assert (after.stage, after.key, after.addresses) == ("member", before.key, before.addresses)


def test_usedUpInvitationIsRefused(makeSealed: Callable[..., Deployment]) -> None:
    """
    Of two nodes with an invitation for one, the second stays outside and says why; another invitation lets it in.
    """
    network = makeSealed(3, joined=1)
    _, two, three = network.topology.nodes
    token = network.invite(two)
    assert "node-2 is a member of the network wand" in network.command(two, "join", str(token))
    with pytest.raises(CommandFailed) as refused:
        network.command(three, "join", str(token))
    assert "not admitted" in refused.value.output
    assert own(network, three).stage == "new"
    assert "node-3 is a member of the network wand" in network.command(three, "join", str(network.invite(three)))


def test_joiningWhileItRunsWithoutPrivileges(makeNetwork: Callable[..., Deployment]) -> None:
    """
    A node that dropped its privileges before it was invited joins, and its tap gets the overlay address all the same.
    """
    network = makeNetwork(count=2)
    network.lab.directory.chmod(0o755)
    one, two = network.topology.nodes
    network.start(network.topology.server)
    network.start(one)
    network.start(two, "--uid=nobody", "--gid=nogroup")
    network.admit(one)
    assert own(network, two).stage == "new"
    said = network.command(two, "join", str(network.invite(two)))
    assert "node-2 is a member of the network wand" in said
    status = Path(f"/proc/{network.programs[two.name].process.pid}/status").read_text()
    assert "Uid:\t65534\t65534\t65534\t65534" in status
    assert "10.77.0.2/16" in network.hosts[two.name].run("ip", "address", "show", "dev", "wan0")
    wait(lambda: network.ping(two, [one]), 10, "an echo")
    assert "Traceback" not in network.programs[two.name].log.read_text()


def test_approval(makeSealed: Callable[..., Deployment]) -> None:
    """
    Whoever joins with an invitation that needs an approval waits for it, is told why, and is in as soon as it is given.
    """
    network = makeSealed(2, joined=1)
    one, two = network.topology.nodes
    network.invite(two, approval=True)
    network.kill(two)
    network.start(two)
    wait(lambda: members(network).get(two.name) == "pending", 10, "a pending member")
    assert own(network, two).stage == "joining"
    wait(lambda: "approve" in network.command(two, "status"), 10, "the word that it waits")
    assert not network.ping(one, [two])
    assert "approved node-2" in network.command(network.topology.server, "approve", two.name)
    wait(lambda: own(network, two).stage == "member", 3, "membership after the approval")
    wait(lambda: network.ping(one, [two]), 10, "an echo")


def test_rename(makeSealed: Callable[..., Deployment]) -> None:
    """
    A member that is renamed learns it at once, keeps its address, and is reached as before.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    had = own(network, two).addresses
    assert "renamed node-2 to printer" in network.command(network.topology.server, "rename", two.name, "printer")
    wait(lambda: own(network, two).name == "printer", 5, "its new name")
    assert set(members(network)) == {"server", "node-1", "printer"}
    assert own(network, two).addresses == had
    network.awaitEcho(one, two)


def test_signingWhereTheKeyIs(makeSealed: Callable[..., Deployment], tmp_path: Path) -> None:
    """
    With the network key kept off the server a node waits until its request was signed where the key is; and a
    revocation is made in the same way, but holds at once.
    """
    network = makeSealed(2, joined=1)
    one, two = network.topology.nodes
    server = network.topology.server
    network.programs[server.name].stop()
    key = network.files.directory / "server-state" / "network.key"
    key = key.rename(tmp_path / "network.key")
    network.start(server)
    network.invite(two)
    network.kill(two)
    network.start(two)
    wait(lambda: members(network).get(two.name) == "unsigned", 10, "an unsigned member")
    assert own(network, two).stage == "joining"

    def sign() -> str:
        requests, signatures = tmp_path / "requests", tmp_path / "signatures"
        requests.write_text(network.command(server, "requests"))
        signatures.write_text(execute(*PYTHON, "wand.cli.main", "sign", "--key", str(key), "--yes", str(requests)))
        return network.command(server, "import-signatures", str(signatures))

    assert "imported 1 signature" in sign()
    wait(lambda: own(network, two).stage == "member", 3, "membership after the signature")
    wait(lambda: network.ping(one, [two]), 60, "an echo")
    network.command(server, "revoke", "--yes", two.name)
    assert "imported 1 signature" in sign()
    wait(lambda: not network.ping(one, [two]), 5, "silence")
