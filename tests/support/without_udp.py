"""
Hosts whose UDP is blocked, and nodes on them.
"""

from __future__ import annotations

from realm import Realm

from wand.lab import Host
from wand.lab.installation import Installation


def blockUDP(host: Host) -> None:
    """
    Let no datagram out of a host, and none in.
    """
    rules = "".join(
        f"chain {way} {{ type filter hook {way} priority 0; meta l4proto udp drop; }}; " for way in ("input", "output")
    )
    host.run("nft", "-f", "-", sent=f"table inet blocked {{ {rules} }}")


def invited(realm: Realm, name: str) -> str:
    """
    The file of an invitation.
    """
    token = realm.lab.directory / f"{name}.invitation"
    realm["server"].wand("invite", "--out", str(token))
    return str(token)


def usesStream(node: Installation) -> bool:
    """
    Does a node say that it uses a stream?
    """
    return "a stream is used instead" in node.notes
