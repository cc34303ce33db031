"""
Wake-on-LAN: the frame that wakes a host.

Source: AMD, Magic Packet Technology, publication 20213.
"""

from __future__ import annotations

from typing import Final

from wand.ethernet import BROADCAST, MAC

#: The EtherType of Wake-on-LAN without IP.
_WAKE: Final = 0x0842


def magicFrame(source: MAC, target: MAC) -> bytes:
    """
    A frame to everybody that wakes one host.

    @param source: who sends it.
    @param target: the address of the host's network card.
    """
    return BROADCAST + source + _WAKE.to_bytes(2) + b"\xff" * 6 + target * 16
