"""
Who a node is: its MAC address, its name, and where the protocol has one, its membership.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from wand.config import EtudConfiguration, NodeConfiguration
from wand.ethernet import MAC
from wand.health.notes import Notes
from wand.interfaces import Context
from wand.programs.own_name import renamedSoon
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.start_invitation import StartInvitation
from wand.state import Owner, StateDirectory, keptMAC

if TYPE_CHECKING:
    from wand.programs.own_admission import OwnAdmission
    from wand.sealed.node.node_membership import NodeMembership


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


def takeName(
    before: EtudConfiguration,
    after: EtudConfiguration,
    member: NodeMembership | None,
    admission: OwnAdmission,
    notes: Notes,
) -> Iterator[str]:
    """
    Take over what a node would like to be called.  A member is called what the network says, which this node can change
    only if it decides about members itself.

    @return: what became of it, as L{wand.control.program.Program.reload} has it.
    """
    wish = wishedName(after)
    if wish == wishedName(before) or member is None:
        return
    member.wishFor(wish)
    own = member.enrolment.own
    if own is None or own.name == wish:
        yield f"name: {wish}"
    elif own.admission and not own.grant and admission.service is not None:
        yield renamedSoon(admission.service.opened(), own.name, wish, notes)
    else:
        yield f"name: this node stays {own.name} until somebody runs wand rename {own.name} {wish} at the server"
