"""
Nebula (https://github.com/slackhq/nebula), with addresses known beforehand instead of a lighthouse.
"""

from __future__ import annotations

import json

from bench.contenders.base import Contender, firstLine
from bench.plot import Link, Plot, Side
from wand.lab import execute


class Nebula(Contender):
    """
    Nebula.  It carries IP packets only.
    """

    name = "nebula"
    layer = 3
    encryption = "its default: AES-256-GCM"
    programs = {"nebula": "nebula", "nebula-cert": "nebula"}

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return f"Nebula {firstLine('nebula', '-version').removeprefix('Version: ')}"

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        authority = plot.server.directory
        for path in authority.iterdir():
            path.unlink()  # It overwrites no keys of an earlier start.
        authorityFiles = (f"{authority}/ca.crt", f"{authority}/ca.key")
        execute("nebula-cert", "ca", "-name", "bench", "-out-crt", authorityFiles[0], "-out-key", authorityFiles[1])
        programs = []
        for side, other in plot.sides:
            files = (f"{authority}/{side.device}.crt", f"{authority}/{side.device}.key")
            signer = ("-ca-crt", authorityFiles[0], "-ca-key", authorityFiles[1])
            who = ("-name", side.host.name, "-ip", f"{side.inside}/24", "-out-crt", files[0], "-out-key", files[1])
            execute("nebula-cert", "sign", *signer, *who)
            text = _configuration(side, other, plot.port, (authorityFiles[0], *files))
            programs.append(side.start("nebula", "-config", side.file("config.yml", text)))
        return Link(plot.one.inside, plot.two.inside, tuple(programs))


def _configuration(side: Side, other: Side, port: int, files: tuple[str, str, str]) -> str:
    anything = [{"port": "any", "proto": "any", "host": "any"}]
    # JSON is YAML.
    return json.dumps(
        {
            "pki": dict(zip(("ca", "cert", "key"), files, strict=True)),
            "static_host_map": {other.inside: [f"{other.outside}:{port}"]},
            "lighthouse": {"am_lighthouse": False, "hosts": []},
            "listen": {"host": side.outside, "port": port},
            "tun": {"dev": side.device},
            "firewall": {"outbound": anything, "inbound": anything},
        }
    )
