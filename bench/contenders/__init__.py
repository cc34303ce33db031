"""
The contenders: one class each, in the order of the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.contenders.base import Contender
from bench.contenders.fastd import Fastd
from bench.contenders.kernel import VXLAN, Veth
from bench.contenders.n2n import N2N
from bench.contenders.nebula import Nebula
from bench.contenders.openvpn import OpenVPN
from bench.contenders.socat import Socat
from bench.contenders.tinc import Tinc
from bench.contenders.wand import Wand
from bench.contenders.wireguard import WireGuard

__all__ = ["BASELINE", "CONTENDERS", "Contender", "chosen"]

#: All of them.
CONTENDERS: Final[Sequence[Contender]] = (
    Wand("sealed", "Noise, AES-256-GCM"),
    Wand("rel2", "none"),
    Wand("rel2", "none", isOffloaded=True),
    Tinc(),
    Fastd(),
    OpenVPN(),
    N2N(),
    Socat(),
    WireGuard(),
    Nebula(),
    VXLAN(),
    Veth(),
)

#: Those whose best is what the others are compared with: what users would pick instead of wand.
BASELINE: Final = ("tinc", "fastd", "openvpn", "n2n", "socat")


def chosen(words: Sequence[str]) -> list[Contender]:
    """
    The contenders whose names begin with one of some words; all without words.

    @raise KeyError: with a word that no name begins with.
    """
    for word in words:
        if not any(each.name.startswith(word) for each in CONTENDERS):
            raise KeyError(word)
    return [each for each in CONTENDERS if not words or any(each.name.startswith(word) for word in words)]
