"""
Makes C{grant-vectors.json}: a grant, certificates and a claim with it, and an allowance, from fixed keys.

    python tests/sealed/credentials/grant_vectors.py > tests/sealed/credentials/grant-vectors.json

All octets are in hex.
"""

from __future__ import annotations

import json
from typing import Any

from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import NODE, Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.grant import BRIDGE, Grant
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.signed import signed

NETWORK = NetworkKey.fromSeed(b"\x11" * 32)
ADMITTER, MEMBER = (NodeKey.fromSeed(fill * 32) for fill in (b"\x22", b"\x33"))
SINCE, NOW, EXPIRES = 1_700_000_000, 1_700_100_000, 1_702_592_000


def certificate(key: NodeKey, name: str, number: int, grant: bytes, **more: Any) -> Certificate:
    """
    What is said of a node.
    """
    return Certificate(
        network=NETWORK.network,
        identity=key.identity,
        exchangeKey=key.exchangePublic,
        role=NODE,
        name=name,
        addresses=(f"10.77.0.{number}/16",),
        macs=(bytes((2, 0, 0, 0, 0, number)),),
        bridge=False,
        expires=EXPIRES,
        grant=grant,
        **more,
    )


def vectors() -> dict[str, Any]:
    """
    Everything.
    """
    grant = signed(NETWORK.signing, Grant(ADMITTER.identity, SINCE, EXPIRES, BRIDGE, 256))
    own = certificate(ADMITTER, "bob", 2, grant, since=SINCE, issued=SINCE, admission=True)
    admitted = certificate(MEMBER, "carol", 3, grant, since=NOW, issued=NOW, seat=7, binding=bindingOf(MEMBER))
    claim = Claim(
        NETWORK.network, MEMBER.identity, 1, admitted.macs, admitted.addresses, admitted.name, ADMITTER.identity
    )
    allowance = Allowance(NETWORK.network, ADMITTER.identity, NOW, EXPIRES, 7)
    return {
        "seed of the network key": (b"\x11" * 32).hex(),
        "network": NETWORK.network.hex(),
        "seed of the admitting member": (b"\x22" * 32).hex(),
        "seed of the admitted member": (b"\x33" * 32).hex(),
        "grant": grant.hex(),
        "certificate of the admitting member": signed(NETWORK.signing, own).hex(),
        "certificate of the admitted member": signed(ADMITTER.signing, admitted).hex(),
        "claim of the admitted member": signed(MEMBER.signing, claim).hex(),
        "allowance that takes its seat": signed(NETWORK.signing, allowance).hex(),
    }


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=2))
