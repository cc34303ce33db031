"""
Names of members on real hosts: the C library of a member finds the others.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from wand.lab import Host, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Site

#: Puts the resolver of a namespace in place of the host's, for one command.
_RESOLVING = (
    'printf "nameserver %s\\noptions attempts:1 timeout:1\\n" "$1" > "$2"; mount --bind "$2" /etc/resolv.conf; '
    'shift 2; exec "$@"'
)


def _looked(network: Deployment, node: Site, server: str, *command: str) -> str:
    """
    Run a command that asks one server alone; what it says, or empty if it finds nothing.
    """
    file = network.lab.directory / f"{node.name}.resolv.conf"
    words = ("unshare", "--mount", "sh", "-ec", _RESOLVING, "sh", server, str(file), *command)
    host: Host = network.hosts[node.name]
    done = subprocess.run(host.command(*words), capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else ""


def _address(network: Deployment, node: Site) -> str:
    own = network.status(node).own
    assert own is not None
    return own.addresses[0].partition("/")[0]


def test_membersAreFoundByName(makeSealed: Callable[..., Deployment]) -> None:
    """
    C{ping} and C{getent} find a member by its name and its address, a new name is there within a second, nobody is
    found outside of the domain, and who is not in the overlay gets no answer.
    """
    network = makeSealed(2)
    one, two = network.topology.nodes
    here, there = _address(network, one), _address(network, two)
    network.awaitTables()
    own = network.status(two).own
    assert own is not None
    name = f"{own.name}.{own.network}.wand"
    assert _looked(network, one, here, "getent", "ahostsv4", name).startswith(there)
    assert name in _looked(network, one, here, "getent", "hosts", there)
    assert "1 received" in _looked(network, one, here, "ping", "-c1", "-w20", name)
    assert _looked(network, one, here, "getent", "hosts", f"nobody.{own.network}.wand") == ""
    assert _looked(network, one, here, "getent", "hosts", "example.org") == ""
    assert _looked(network, two, here, "getent", "ahostsv4", name).startswith(there)  # a member may ask another

    network.command(network.topology.server, "rename", own.name, "zoe")
    wait(lambda: _looked(network, one, here, "getent", "ahostsv4", f"zoe.{own.network}.wand"), 5, "the new name")

    stranger = network.hosts[network.topology.server.name]
    stranger.run("ip", "route", "add", here, "via", one.address)
    assert _asked(network, here, name) == ""
    wait(lambda: network.counters(one)["drop-names-strange"], 5, "a question from outside")


def _asked(network: Deployment, server: str, name: str) -> str:
    return _looked(network, network.topology.server, server, "getent", "ahostsv4", name)
