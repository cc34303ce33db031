"""
Relays, as a node uses them, and as one that it may be itself.
"""

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from wand.config import EtudConfiguration
from wand.interfaces import Context, ISessionTransport
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.reach.relay_port import RelayPort
from wand.sealed.reach.relaying import Relaying
from wand.status import RelayStatus
from wand.underlay.place_kinds import RELAY

if TYPE_CHECKING:
    from wand.sealed.reach.relay import Relay

#: What the operator of a node is told that is to be a relay, and may not.
NO_RIGHT: Final = (
    "this node is to be a relay (relay = true), but has not the relay right: redeem an invitation that gives it, made "
    "at the server with wand invite --relay"
)

#: What the operator of a node is told that has only TCP, to servers that are no relays.
CUT_OFF: Final = (
    "this node reaches no member beyond its own links: UDP to the servers is not answered, and over TCP they pass "
    "nothing on (relay = false there); let UDP out in the firewall here, or have a server be a relay"
)


class NodeRelays:
    """
    Asks relays for channels, and gives some if the node is one.

    @ivar relaying: asks.
    """

    def __init__(
        self,
        configuration: EtudConfiguration,
        member: NodeMembership,
        transport: ISessionTransport,
        context: Context,
    ) -> None:
        sealed = member.sealed
        self._enrolment = member.enrolment
        self._notes = context.notes
        port = RelayPort(transport.reception, context.counters)
        transport.ways.add(RELAY, port)
        transport.carryRelayed(port)
        self.relaying = Relaying(transport.sessions, sealed.participant, sealed.control, context, port)
        self.relaying.displacement.useStream = member.useStream
        self._relay: Relay | None = None
        if configuration.relay:
            from wand.sealed.reach.relay import Relay  # which few nodes are
            from wand.sealed.reach.relay_quota import RelaySettings

            settings = RelaySettings(configuration.relayMegabits, configuration.relayChannels)
            self._relay = Relay(
                transport.sessions, sealed.control, context, token_bytes, settings, lambda: self._mayRelay
            )
            port.otherwise = self._relay.forwarding

    @property
    def _mayRelay(self) -> bool:
        own = self._enrolment.own
        return own is not None and own.relay

    def look(self) -> None:
        """
        Say what an operator has to know.
        """
        if self.relaying.isCutOff:
            self._notes.say("cut-off", CUT_OFF)
        else:
            self._notes.clear("cut-off")
        if self._relay is None or self._mayRelay or self._enrolment.own is None:
            self._notes.clear("relay")
        else:
            self._notes.say("relay", NO_RIGHT)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self.relaying.stop()
        if self._relay is not None:
            self._relay.stop()

    def status(self) -> RelayStatus | None:
        """
        What passes over this node; C{None} if it is not a relay.
        """
        return None if self._relay is None else self._relay.status()
