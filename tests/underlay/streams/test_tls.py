"""
Tests for L{wand.underlay.streams.tls}: the certificate that a server shows.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL

from wand.errors import ConfigurationInvalid
from wand.underlay.streams.tls import _made, showing


def shown(path: Path, text: bytes) -> None:
    """
    Put a certificate in the place of another, as those who renew it do.
    """
    new = path.with_name("new")
    new.write_bytes(text)
    new.replace(path)


def serial(server: Any) -> int:
    """
    The number of the certificate that a client sees.
    """
    client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    accepted = server.serverConnectionForTLS(None)
    client.set_connect_state()
    accepted.set_accept_state()
    for _ in range(4):
        for one, other in ((client, accepted), (accepted, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            with suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65536))
    found = client.get_peer_certificate()
    assert found is not None
    return int(found.get_serial_number())


def test_aRenewedCertificate(tmp_path: Path) -> None:
    """
    A certificate that was renewed is shown to the next who connects; what is none is not, and the one before is.
    """
    path = tmp_path / "console.pem"
    shown(path, _made())
    server = showing(str(path), "console-certificate")
    first = serial(server)
    assert serial(server) == first
    shown(path, _made())
    second = serial(server)
    assert second != first
    shown(path, b"half a certificate")
    assert serial(server) == second
    path.unlink()
    assert serial(server) == second


def test_noCertificate(tmp_path: Path) -> None:
    """
    At the start there has to be one.
    """
    with pytest.raises(ConfigurationInvalid, match="console-certificate"):
        showing(str(tmp_path / "console.pem"), "console-certificate")
