"""
Tests for L{wand.config.reading}: what it takes, and what it refuses with which reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wand.config import (
    Configuration,
    EtudConfiguration,
    NodeConfiguration,
    ServerConfiguration,
    WandConfiguration,
    WansdConfiguration,
    load,
)
from wand.errors import ConfigurationInvalid

ALL = [NodeConfiguration, ServerConfiguration, EtudConfiguration, WandConfiguration, WansdConfiguration]


def fromFile(path: Path, text: str, kind: type[Configuration] = NodeConfiguration, **options: Any) -> Configuration:
    file = path / "wand.toml"
    file.write_text(text)
    return load(kind, str(file), options)


def test_defaults() -> None:
    """
    Without a file and without options there are defaults for everything.
    """
    for kind in ALL:
        assert load(kind, None) == kind()


def test_file(tmp_path: Path) -> None:
    """
    Keys are written with dashes, tables belong to plugins and to fixed entries.
    """
    text = """
        interface = "tap7"
        mtu = 1400
        addresses = ["10.1.0.1/16", "fd00::1/64"]
        control-group = "wand"
        servers = ["one.example.net", "192.0.2.1:44445", "[2001:db8::1]:5"]
        [entries]
        "02:00:00:00:00:02" = "198.51.100.7:22222"
        [protocol-settings]
        senders = "known"
        """
    read = fromFile(tmp_path, text)
    assert isinstance(read, NodeConfiguration)
    assert (read.interface, read.mtu, read.controlGroup) == ("tap7", 1400, "wand")
    assert read.entries == {"02:00:00:00:00:02": "198.51.100.7:22222"}
    assert read.protocolSettings == {"senders": "known"}


def test_optionsWin(tmp_path: Path) -> None:
    """
    What an option says counts, whatever the file says.
    """
    read = fromFile(tmp_path, "mtu = 1400\nport = 5", mtu=1300)
    assert isinstance(read, NodeConfiguration)
    assert (read.mtu, read.port) == (1300, 5)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("mtu = 'x'", "mtu", "expected a whole number, not a text in quotes"),
        ("mtu = 67", "mtu", "68 to 65000"),
        ("mtuu = 1400", "mtuu", "did you mean mtu?"),
        ("mac = 'ff:ff:ff:ff:ff:ff'", "mac", "single host"),
        ("interface = 'a-name-far-too-long'", "interface", "1 to 15"),
        ("addresses = ['10.1.0.1']", "addresses", "prefix length"),
        ("addresses = ['10.1.0.1/99']", "addresses", "10.1.0.1/99"),
        ("listen = 'localhost'", "listen", "localhost"),
        ("port = 65536", "port", "expected a port, 0 to 65535, not 65536"),
        ("servers = ['a b']", "servers", "names no host"),
        ("servers = 'one'", "servers", "expected a list in brackets, not a text in quotes"),
        ("[entries]\n'02:00:00:00:00:02' = 5", "entries[...]", "expected a text in quotes, not a whole number"),
        ("[[entries", "", "not TOML"),
        ("name = alice", "", 'with a text in quotes, as name = "alice"'),
        ("proxy = 'proxy.example.net'", "proxy", "http://HOST:PORT, or none"),
        ("proxy-password-file = '/etc/wand/password'", "proxy-password-file", "no use without proxy = http"),
    ],
)
def test_refusedWithFileKeyAndReason(tmp_path: Path, text: str, key: str, reason: str) -> None:
    """
    A file that cannot be used is refused with its name, the key and the reason.
    """
    with pytest.raises(ConfigurationInvalid) as caught:
        fromFile(tmp_path, text)
    assert caught.value.where == str(tmp_path / "wand.toml")
    assert caught.value.key == key
    assert reason in caught.value.reason


def test_refusedOption(tmp_path: Path) -> None:
    """
    An option that cannot be used is refused under its own name.
    """
    with pytest.raises(ConfigurationInvalid) as caught:
        fromFile(tmp_path, "mtu = 1400", mtu=1)
    assert caught.value.where == "--mtu"
    assert str(caught.value) == "--mtu: expected 68 to 65000, not 1"


def test_unreadable(tmp_path: Path) -> None:
    """
    A file that is not there, is a directory or is not a text is refused with the reason, and what to do.
    """
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    advice = {tmp_path / "none": "; make it", tmp_path: "; name a file in it", tmp_path / "binary": "; a line is KEY"}
    for path, what in advice.items():
        with pytest.raises(ConfigurationInvalid) as caught:
            load(NodeConfiguration, str(path))
        assert caught.value.where == str(path)
        assert what in caught.value.reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_anyFileIsReadOrRefused(tmp_path: Path, text: str) -> None:
    """
    No file makes reading fail in any other way than its own error.
    """
    file = tmp_path / "any.toml"
    file.write_bytes(text.encode("utf-8", "replace"))
    try:
        load(NodeConfiguration, str(file))
    except ConfigurationInvalid as refused:
        assert refused.where == str(file)


def test_whatIsOfNoUse() -> None:
    """
    A setting that does nothing without another one is refused, and the other one is named.
    """
    for values in ({"tls-certificate": "/c.pem"}, {"tls-key": "/k.pem"}, {"web-servers": ["127.0.0.1"]}):
        with pytest.raises(ConfigurationInvalid, match="without tcp: say where"):
            load(ServerConfiguration, None, values)
    with pytest.raises(ConfigurationInvalid, match="not a numeric address"):
        load(ServerConfiguration, None, {"tcp": "127.0.0.1:8443", "web-servers": ["localhost"]})
