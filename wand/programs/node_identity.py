"""
Who a node is: its MAC address, and where the protocol has one, its membership.
"""

from __future__ import annotations

import socket
from random import Random

from wand.config import EtudConfiguration, NodeConfiguration
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.start_invitation import StartInvitation
from wand.state import Owner, StateDirectory, keptMAC


def ownMAC(configuration: EtudConfiguration, owner: Owner, random: Random) -> MAC:
    """
    The address of the tap: what the operator says, or what was made once and is kept.
    """
    if configuration.mac is not None:
        return MAC.parseUnicast(configuration.mac)
    return keptMAC(StateDirectory(configuration.state, owner), configuration.interface, random)


def ownEnrolment(configuration: EtudConfiguration, owner: Owner, context: Context) -> Enrolment:
    """
    What is kept of the membership, with the invitation that the node is started with.
    """
    state = StateDirectory(configuration.state, owner)
    enrolment = Enrolment(state, context.clock, notes=context.notes, wallClock=context.wallClock)
    StartInvitation(configuration, context.notes).into(enrolment)
    return enrolment


def wishedName(configuration: EtudConfiguration) -> str:
    """
    What the node would like to be called: as the operator says, or as the host.
    """
    name = configuration.name if isinstance(configuration, NodeConfiguration) else ""
    return name or socket.gethostname().partition(".")[0]
