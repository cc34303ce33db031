"""
Tests for the settings of the console.
"""

from __future__ import annotations

import pytest

from wand.config import NodeConfiguration, ServerConfiguration
from wand.errors import AddressInvalid

KINDS = (NodeConfiguration, ServerConfiguration)


@pytest.mark.parametrize("kind", KINDS)
def test_offByDefault(kind: type[NodeConfiguration] | type[ServerConfiguration]) -> None:
    """
    Nobody serves a console who did not say so.
    """
    assert kind().console == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["127.0.0.1:8080", "[::1]:8080", "127.9.9.9:80"])
def test_thisMachineAlone(kind: type[NodeConfiguration] | type[ServerConfiguration], place: str) -> None:
    """
    A loopback address needs nothing else.
    """
    kind(console=place).check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080", "10.77.0.1:8080"])
def test_othersNeedTLS(kind: type[NodeConfiguration] | type[ServerConfiguration], place: str) -> None:
    """
    An address that others reach needs a certificate; what is said otherwise names both ways out.
    """
    with pytest.raises(AddressInvalid, match="ssh -L, or name a certificate"):
        kind(console=place).check()
    kind(console=place, consoleCertificate="/etc/wand/console.pem", consoleNames=["wand.example.net"]).check()


@pytest.mark.parametrize("place", ["8080", "localhost:8080", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999"])
def test_whatIsNoPlace(place: str) -> None:
    """
    A place is a numeric address and a port.
    """
    with pytest.raises(AddressInvalid):
        NodeConfiguration(console=place).check()


@pytest.mark.parametrize("told", [{"consoleNames": ["alice"]}, {"consoleCertificate": "/etc/wand/console.pem"}])
def test_whatIsOfNoUse(told: dict[str, object]) -> None:
    """
    Settings of a console that is not served are a mistake.
    """
    with pytest.raises(AddressInvalid, match="of no use without console"):
        NodeConfiguration(**told).check()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "*", "a b", "evil.example/", "alice:8080", "-x"])
def test_whatIsNoName(name: str) -> None:
    """
    A name is that of a host.
    """
    with pytest.raises(AddressInvalid, match="not a name of a host"):
        NodeConfiguration(console="127.0.0.1:8080", consoleNames=[name]).check()
