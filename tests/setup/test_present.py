"""
Tests for L{wand.setup.present}: what of ours a host was made for, though nothing runs there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wand.cli.sockets import choose
from wand.errors import NotRunning
from wand.setup.host import Host
from wand.setup.present import advice, presentRoles
from wand.setup.service import BEGINNING
from wand.setup.units import NODE, PACKAGED, SERVER, UNITS


@pytest.mark.parametrize(
    "name", ["/var/lib/wand/server/network", f"{UNITS}/wand-server.service", "/etc/wand/server.toml"]
)
def test_present(tmp_path: Path, name: str) -> None:
    """
    A program is there where it has a state, a unit that somebody made, or a configuration that says something.
    """
    host = Host(tmp_path)
    assert presentRoles(host) == []
    host.write(name, "port = 1\n")
    assert presentRoles(host) == [SERVER]


def test_onlyInstalled(tmp_path: Path) -> None:
    """
    What the package brings to every host makes it no server.
    """
    host = Host(tmp_path)
    for role in (NODE, SERVER):
        host.write(f"{PACKAGED}/{role.unit}", "a unit")
        host.write(role.configuration, BEGINNING[role.name])
    assert presentRoles(host) == []


def test_howItIsStarted(tmp_path: Path) -> None:
    """
    It is started by systemd where that has its unit, and else by twistd.
    """
    host = Host(tmp_path)
    host.write("/var/lib/wand/server/network", "")
    assert (
        advice(host, [SERVER])
        == "a server was set up here and does not run: start it with twistd --pidfile= wand-server"
    )
    host.write("/run/systemd/system/there", "")
    assert "twistd" in advice(host, [SERVER])
    for role in (NODE, SERVER):
        host.write(f"{PACKAGED}/{role.unit}", "")
    assert "systemctl start wand-server (journalctl -u wand-server" in advice(host, [SERVER])
    assert advice(host, [NODE, SERVER]).startswith(
        "a node and a server were set up here and do not run: start them with "
    )


def test_nothingRuns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On a host whose server is stopped, C{wand} says to start the server, and not a node.
    """
    monkeypatch.setattr(Host, "path", lambda self, name: tmp_path / name.lstrip("/"))
    with pytest.raises(NotRunning, match="; start a node, or name"):
        choose(None, (str(tmp_path / "node.sock"),))
    Host().write("/var/lib/wand/server/network", "")
    with pytest.raises(NotRunning, match="a server was set up here and does not run: start it with twistd"):
        choose(None, (str(tmp_path / "node.sock"),))
