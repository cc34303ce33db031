"""
The membership of a node, for people.
"""

from __future__ import annotations

from wand.sealed.node.enrolment import Enrolment
from wand.status import ConflictStatus, OwnStatus


def membershipStatus(enrolment: Enrolment, wish: str, conflicts: list[ConflictStatus], refusal: str) -> OwnStatus:
    """
    The state of a membership.

    @param wish: what the node would like to be called.
    @param conflicts: what more than one member claims.
    @param refusal: why an invitation was refused; empty if none was.
    """
    own, descriptor = enrolment.own, enrolment.descriptor
    return OwnStatus(
        stage=enrolment.stage,
        network=descriptor.name if descriptor else "",
        networkKey=enrolment.network.hex(),
        cipher=enrolment.cipher,
        prefix=descriptor.prefix if descriptor else "",
        prefix6=descriptor.prefix6 if descriptor else "",
        name=own.name if own else wish,
        key=enrolment.identity.text,
        addresses=list(own.addresses) if own else [],
        expires=own.expires if own else None,
        conflicts=conflicts,
        bridge=own.bridge if own else False,
        relay=own.relay if own else False,
        admission=own.admission if own else False,
        behind=own.limits.macs if own else 0,
        broadcasts=own.limits.broadcasts if own else 0,
        redeeming=enrolment.token is not None,
        refusal=refusal,
        secret=enrolment.secrets.status() if own else None,
    )
