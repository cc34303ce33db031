"""
Real nodes become members of a sealed network, in every way in which one can.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wand.lab import PYTHON, CommandFailed, execute, wait
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
