"""
The chain of signatures of a certificate: the network's; or a member's, under a grant that the network signed.  It is
never longer: nobody that a member admitted admits others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.grant import isGrantOf
from wand.sealed.credentials.key_binding import isBinding
from wand.sealed.credentials.signed import unverified, verified

#: How many grants are remembered whose signatures are right: each stands in many certificates.
GRANTS_REMEMBERED: Final = 1024


def certified(octets: bytes, network: bytes) -> Certificate | None:
    """
    Read a certificate that may be anything.

    @param network: the public key of the network.
    @return: what it says; C{None} if it is none, says more than its signer may say, or is not signed so.
    """
    content = unverified(octets, Certificate)
    if content is None:
        return None
    admitter = content.admitter
    if not admitter:
        return verified(octets, Certificate, network)
    isItsOwn = _isGranted(content.grant, network) and isBinding(content.binding, content.identity, content.exchangeKey)
    return verified(octets, Certificate, admitter) if isItsOwn else None


@lru_cache(maxsize=GRANTS_REMEMBERED)
def _isGranted(grant: bytes, network: bytes) -> bool:
    return isGrantOf(network, grant)
