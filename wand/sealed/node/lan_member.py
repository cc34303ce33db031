"""
A node as a member that others on its links may find.
"""

from __future__ import annotations

import os
from functools import partial

from wand.host.local_addresses import bridgesOf
from wand.interfaces import Context, ISessions, ITap, Participant
from wand.sealed.credentials.signed import signature
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.reach.lan import LanDiscovery, LanMember


def lanDiscoveryOf(
    enrolment: Enrolment,
    participant: Participant,
    tap: ITap,
    where: tuple[str, int],
    sessions: ISessions,
    context: Context,
) -> LanDiscovery:
    """
    LAN discovery for a node.

    @param where: the local address and the UDP port of the data.
    """
    host, port = where

    def overlayInterfaces() -> list[str]:
        return [tap.interface, *bridgesOf(tap.interface)]

    sign = partial(signature, enrolment.key.signing)
    us = LanMember(participant, enrolment, sign, host, port, overlayInterfaces)
    return LanDiscovery(us, sessions, context, os.urandom)
