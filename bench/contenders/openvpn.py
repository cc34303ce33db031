"""
OpenVPN 2 (https://openvpn.net), point to point with a tap device and certificates.
"""

from __future__ import annotations

from bench.contenders.base import Contender, firstLine
from bench.plot import Link, Plot, Side
from wand.lab import execute


class OpenVPN(Contender):
    """
    OpenVPN with C{dev tap}.
    """

    name = "openvpn"
    encryption = "TLS, AES-256-GCM"
    programs = {"openvpn": "openvpn", "openssl": "openssl"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return " ".join(firstLine("openvpn", "--version").split()[:2])

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        prints = {side.device: _certificate(side) for side, _ in plot.sides}
        programs = []
        for role, (side, other) in zip(("tls-server", "tls-client"), plot.sides, strict=True):
            text = _configuration(side, other, plot.port, role, prints[other.device])
            programs.append(side.start("openvpn", "--config", side.file("openvpn.conf", text)))
        for side, _ in plot.sides:
            side.configure()
        return Link(plot.one.inside, plot.two.inside, tuple(programs))


def _certificate(side: Side) -> str:
    key, certificate = str(side.directory / "key.pem"), str(side.directory / "cert.pem")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    execute("openssl", *new, "-subj", f"/CN={side.host.name}", "-keyout", key, "-out", certificate)
    said = execute("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return said.strip().partition("=")[2]


def _configuration(side: Side, other: Side, port: int, role: str, fingerprint: str) -> str:
    return f"""
dev {side.device}
dev-type tap
proto udp4
local {side.outside}
lport {port}
remote {other.outside} {port}
{role}
{"dh none" if role == "tls-server" else ""}
cert {side.directory}/cert.pem
key {side.directory}/key.pem
peer-fingerprint {fingerprint}
data-ciphers AES-256-GCM
cipher AES-256-GCM
verb 3
"""
