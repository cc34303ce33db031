"""
Tests for L{wand.cli.second_network}: a host whose other program has a network already.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from twisted.internet.defer import Deferred

from wand.cli import second_network
from wand.errors import MembershipRefused, NotRunning
from wand.setup.units import NODE, SERVER, Role
from wand.status import OwnStatus

HOME = OwnStatus("member", "home", "00", "aes-256-gcm", "server", "01", [], None, [], "10.77.0.0/16")
NEW = msgspec.structs.replace(HOME, stage="new", network="", prefix="")


class _Host:
    """
    A host on which programs run, each with its status, at sockets of the test's own.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.isChosen = False
        self._directory = directory
        self._running: dict[str, OwnStatus | None] = {}
        monkeypatch.setattr(second_network, "STATE", str(directory))
        sockets = {role: (str(directory / f"{role.name}.sock"),) for role in (NODE, SERVER)}
        monkeypatch.setattr(second_network, "_SOCKETS", sockets)

    def run(self, role: Role, own: OwnStatus | None) -> None:
        path = self._directory / f"{role.name}.sock"
        path.touch()
        self._running[str(path)] = own

    async def another(self, path: str) -> Any:
        if path not in self._running:
            raise NotRunning(path)

        async def status() -> Any:
            return SimpleNamespace(own=self._running[path])

        return SimpleNamespace(status=status, close=lambda: None)

    def asks(self, role: Role, name: str) -> str:
        """
        Make a network: for which prefix is asked?
        """
        found: list[Any] = []
        session: Any = self
        Deferred.fromCoroutine(second_network.prefixBeside(session, role, name, "--network NAME")).addBoth(found.append)
        [result] = found
        if isinstance(result, str):
            return result
        raise result.value


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Host:
    """
    A host on which nothing runs yet.
    """
    return _Host(tmp_path, monkeypatch)


def test_theFirst(host: _Host) -> None:
    """
    Where nothing runs, or what runs is in no network or in one of REL2, there is nothing to say.
    """
    assert host.asks(NODE, "home") == ""
    host.run(NODE, NEW)
    host.run(SERVER, None)
    assert host.asks(NODE, "home") == host.asks(SERVER, "home") == ""


def test_besideAServer(host: _Host) -> None:
    """
    On the host of a server nobody founds another network of its name; how to be a member of it is said.
    """
    host.run(SERVER, HOME)
    for _ in range(2):
        with pytest.raises(
            MembershipRefused, match=r"server.sock invite \| wand init --join -\..*else: --network NAME"
        ):
            host.asks(NODE, "home")
        host.run(NODE, NEW)  # it may run, and be in none


def test_anotherPrefix(host: _Host) -> None:
    """
    One of another name gets addresses of its own.
    """
    host.run(SERVER, HOME)
    prefix = ip_network(host.asks(NODE, "lab"))
    assert prefix.prefixlen == 16
    assert not prefix.overlaps(ip_network("10.77.0.0/16"))
    for others in ("10.99.0.0/16", "fd77::/64"):
        host.run(SERVER, msgspec.structs.replace(HOME, prefix=others))
        assert host.asks(NODE, "lab") == ""


def test_besideANode(host: _Host) -> None:
    """
    Nor does a server begin a network beside a node that is in one of that name.
    """
    host.run(NODE, HOME)
    with pytest.raises(MembershipRefused, match="the node of this host is in the network home already; nothing was"):
        host.asks(SERVER, "home")
    assert host.asks(SERVER, "lab") == ""


def test_repeated(host: _Host, tmp_path: Path) -> None:
    """
    A program that has a network already keeps it, whether or not it runs; and a program that is named is meant.
    """
    host.run(SERVER, HOME)
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "membership").touch()
    assert host.asks(NODE, "home") == ""
    (tmp_path / "node" / "membership").unlink()
    host.run(NODE, HOME)
    assert host.asks(NODE, "home") == host.asks(SERVER, "home") == ""
    host.run(NODE, NEW)
    host.isChosen = True
    assert host.asks(NODE, "home") == ""
