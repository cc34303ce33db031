"""
How a node reaches others, and is found: what of it is the node's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from functools import partial

from wand.endpoint import Endpoint
from wand.host.local_addresses import bridgesOf
from wand.interfaces import Context, ISessionTransport, ITap, MemberSearch, Participant
from wand.interfaces.participant import ControlReaders
from wand.public_address import isPublic
from wand.sealed.credentials.signed import signature
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.reach.inspection import ReachInspection
from wand.sealed.reach.lan import LanDiscovery, LanMember
from wand.sealed.reach.lan_joining import LanGuest, LanHost
from wand.sealed.reach.lan_links import LanLinks
from wand.sealed.reach.observing import Observing
from wand.underlay.place_kinds import addressOf


class NodeReach:
    """
    Lets the members on our links find us, learns where others hear us, and shows the operator how others are reached.

    @ivar inspection: shows it.
    @ivar observing: learns where others hear us.
    @ivar lan: finds members on our links.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        participant: Participant,
        tap: ITap,
        where: tuple[str | None, int],
        transport: ISessionTransport,
        control: ControlReaders,
        context: Context,
        observed: Callable[[Endpoint, bytes, str], object],
        addresses: Callable[[], Collection[str]],
        search: MemberSearch,
    ) -> None:
        """
        @param where: the local address and the UDP port of the data; without an address, nobody is looked for on our
            links.
        @param observed: called with where we are heard, by whom, and the host where that one is.
        @param addresses: those of this host.
        """
        host, port = where

        def overlayInterfaces() -> list[str]:
            return [tap.interface, *bridgesOf(tap.interface)]

        sign = partial(signature, enrolment.key.signing)
        lanHost = LanHost(enrolment.invitationSecrets, port, os.urandom, sign)
        us = LanMember(participant, enrolment, sign, port, lanHost)
        self._links = LanLinks(host or "", overlayInterfaces, participant.mayReach)
        self._hostChanges = context.hostChanges
        self._end: Callable[[], None] | None = None
        transport.ways.isNear = self._links.isNear
        transport.ways.leadsBack = self._leadsBack
        self.lan = LanDiscovery(us, self._links, transport.sessions, context, os.urandom)
        self._guest = LanGuest(context.links, self._links, participant.mayReach, os.urandom)
        self._isLooking = host is not None
        self.observing = Observing(transport.sessions, control, context, observed)
        self.inspection = ReachInspection(participant, transport, self.observing, context, port, addresses, search)
        self.observing.network = self.inspection.networkWord

    def _leadsBack(self, place: Endpoint, places: Sequence[Endpoint]) -> bool:
        """
        Is a place of no use, although the member says that it is there?  That is so if it leads into a network of ours
        and others do not, for two networks that carry each other carry nothing; and if it is an address of this host
        that the member has in its own, another, network, as its public address tells.
        """
        if self._leadsInside(place):
            return not all(map(self._leadsInside, places))
        if not self._links.isOwn(place.host) or isPublic(place.host):
            return False
        outside = {each.endpoint.host for each in self.observing.observations.values() if isPublic(each.endpoint.host)}
        theirs = {each.host for each in places if addressOf(each.host) == each.host and isPublic(each.host)}
        return bool(outside) and bool(theirs) and outside.isdisjoint(theirs)

    def _leadsInside(self, place: Endpoint) -> bool:
        address = addressOf(place.host)
        return address is not None and self._links.leadsInside(address)

    def start(self) -> None:
        """
        We are a member: know our links, and look for others there if the operator wants that.
        """
        self._guest.stop()
        self._watchLinks()
        if self._isLooking:
            self.lan.start()

    def lookForHost(self, token: Token, found: Callable[[Endpoint], object]) -> None:
        """
        Ask on our links for the member that made an invitation.

        @param found: called with where it says that it is.
        """
        if self._isLooking:
            self._watchLinks()
            self._guest.ask(token, found)

    def _watchLinks(self) -> None:
        if self._end is None:
            self._end = self._hostChanges.watch(self._links)

    def stop(self) -> None:
        """
        We are none any more, or the program stops.
        """
        self.lan.stop()
        self._guest.stop()
        if self._end is not None:
            self._end()
            self._end = None
            self._links.lost()  # from now on, nobody tells what goes

    def moved(self) -> None:
        """
        An address or a route of this host changed.
        """
        self.observing.moved()
