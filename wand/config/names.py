"""
The setting that says in which domain members have names.
"""

from __future__ import annotations

import re
from typing import Final

from wand.errors import AddressInvalid

#: Stands for the name of the network, in the setting.
NETWORK: Final = "{network}"

#: At most so many octets, which leaves room for the name of a member and a dot in the 253 of a name (RFC 1035).
DOMAIN_MAXIMUM: Final = 200

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def domainOf(setting: str, network: str) -> str:
    """
    The domain that a setting means.

    @param network: the name of the network.
    @raise AddressInvalid: if it is no domain.
    """
    text = setting.replace(NETWORK, network).lower().strip(".")
    if len(text) > DOMAIN_MAXIMUM or not all(map(_LABEL.fullmatch, text.split("."))):
        raise AddressInvalid(f"{setting!r} is not a domain; write it like {NETWORK}.wand, or leave it empty")
    return text


def checkNames(setting: str, rate: int) -> None:
    """
    Check in which domain members have names, and how often one may ask.

    @raise AddressInvalid: with the key and the reason.
    """
    if setting:
        try:
            domainOf(setting, "network")
        except AddressInvalid as error:
            raise AddressInvalid("names", str(error)) from None
    if not 10 <= rate <= 1_000_000:
        raise AddressInvalid("names-rate", f"expected 10 to 1000000, not {rate}")
