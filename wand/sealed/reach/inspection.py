"""
How this node reaches others, as its operator sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec.structs import replace
from twisted.internet.task import deferLater

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, NoAnswer, NoSuchMember
from wand.ethernet import MAC
from wand.interfaces import Context, ISessions, ISessionTransport, Participant
from wand.interfaces.membership import Member
from wand.reach_status import CandidateStatus, EpisodeStatus, NATStatus, NetworkCheckStatus, WhyStatus
from wand.sealed.credentials.identity import Identity
from wand.sealed.reach.advice import DIRECT, adviceFor
from wand.sealed.reach.episodes import Episodes
from wand.sealed.reach.nat_kind import mappingOf
from wand.sealed.reach.network_check import NetworkCheck
from wand.sealed.reach.observing import Observing
from wand.status import PeerStatus, WayStatus
from wand.underlay.place_kinds import RELAY

#: Seconds in which a session with a member has to begin when it is pinged, and seconds between two looks.
SESSION_PATIENCE: Final = 8.0
LOOK_INTERVAL: Final = 0.1


class ReachInspection:
    """
    Answers an operator: L{wand.control.program.ReachInspection}.
    """

    def __init__(
        self,
        participant: Participant,
        transport: ISessionTransport,
        observing: Observing,
        context: Context,
        port: int,
        addresses: Callable[[], Collection[str]],
    ) -> None:
        """
        @param port: our UDP port.
        @param addresses: those of this host.
        """
        sessions: ISessions = transport.sessions
        self._participant = participant
        self._sessions = sessions
        self._observing = observing
        self._context = context
        self._port = port
        self._addresses = addresses
        self._transport = transport
        self._relayNames: dict[str, str] = {}
        sessions.onSession(self._sessionChanged)
        self._episodes = Episodes(sessions, context.clock)

    def why(self, peer: str) -> WhyStatus:
        """
        Why a member is reached the way it is.

        @param peer: its name, its key, one of its overlay addresses or of its MAC addresses.
        @raise NoSuchMember: if there is no such member.
        """
        identity = self._find(peer)
        name, isUp = self._nameOf(identity), self._sessions.isUp(identity)
        ways, ours, nat = list(self._sessions.waysTo(identity)), self._ours(), self._nat()
        epoch = self._context.epoch
        return WhyStatus(
            peer=name,
            key=identity.text,
            isUp=isUp,
            ways=ways,
            relays=self.relayNames(ways),
            ours=ours,
            nat=nat,
            episodes=[EpisodeStatus(epoch(each.moment), str(each)) for each in self._episodes.of(identity)],
            advice=adviceFor(name, isUp, ways, ours, nat, self._port),
        )

    async def ping(self, peer: str, place: str | None) -> float:
        """
        Ask a member to answer, over one of its ways or over the one in use.

        @param place: as in L{WayStatus}.
        @return: the seconds that it took.
        @raise NoAnswer: if it does not answer.
        """
        identity = self._find(peer)
        if not self._sessions.isUp(identity):
            await self._meet(identity)
        return await self._sessions.ping(identity, None if place is None else placeFrom(place))

    async def check(self) -> NetworkCheckStatus:
        """
        Look at what the network around us allows; it takes a second or two.
        """
        check = NetworkCheck(self._sessions, self._participant, self._observing, self._context, self._transport)
        return await check.run(self._ours(), self._nat, self._addresses(), self._port)

    def withWay(self, peer: object, status: PeerStatus) -> PeerStatus:
        """
        Add to the status of a peer by which way it is reached.
        """
        ways = self._sessions.waysTo(peer) if isinstance(peer, bytes) else ()
        used = next((way for way in ways if way.usedSince is not None), None)
        if used is None:
            return status
        host, _, _ = used.place.rpartition(":")
        return replace(
            status,
            way="direct" if used.rank in DIRECT else used.rank,
            relay=self.relayNames([used]).get(host, ""),
            roundTrip=used.roundTrip,
            since=used.usedSince,
        )

    def relayNames(self, ways: Sequence[WayStatus]) -> dict[str, str]:
        """
        What the relays of some ways are called, by the hosts of their places.
        """
        hosts = {way.place.rpartition(":")[0] for way in ways if way.rank == RELAY}
        if not hosts:
            return {}
        if not self._relayNames:
            found = self._sessions.sessionsWith()
            self._relayNames = {f"{RELAY}/{bytes(each).hex()[:16]}": str(each) for each in found}
        return {host: self._relayNames.get(host, "") for host in hosts}

    def _sessionChanged(self, peer: bytes, member: Member, up: bool) -> None:
        self._relayNames = {}  # made again when somebody asks, once for all peers

    async def _meet(self, identity: bytes) -> None:
        self._observing.ask(identity)  # what waits for a session makes one
        until = self._context.clock.seconds() + SESSION_PATIENCE
        while not self._sessions.isUp(identity):
            if self._context.clock.seconds() >= until:
                name = self._nameOf(identity)
                raise NoAnswer(f"{name} does not answer: wand why {name} says what was tried")
            await deferLater(self._context.clock, LOOK_INTERVAL)

    def _ours(self) -> list[CandidateStatus]:
        return [CandidateStatus(str(each.endpoint), each.kind, each.about) for each in self._participant.candidates()]

    def _nat(self) -> NATStatus:
        seen = self._observing.observations.values()
        return NATStatus(mappingOf(seen, self._addresses()), {each.name: str(each.endpoint) for each in seen})

    # Who is meant.

    def _find(self, text: str) -> Identity:
        found = Identity.parse(text) or self._owner(text) or self._met(text)
        if found is None or (not self._nameOf(found) and not self._sessions.waysTo(found)):
            raise NoSuchMember(
                f"no member is known as {text!r}: give a name, a whole key, an overlay address or a MAC address"
            )
        if found == self._participant.identity:
            raise NoSuchMember(f"{text!r} is this node itself")
        return Identity(found)

    def _owner(self, text: str) -> bytes | None:
        claims = self._participant.claims
        owner = claims.ownerOf("name", text) or claims.ownerOf("address", text)
        if owner is not None:
            return owner
        try:
            return claims.ownerOf("mac", MAC.parse(text))
        except AddressInvalid:
            return None

    def _met(self, text: str) -> bytes | None:
        return next((each for each in self._sessions.sessionsWith() if str(each) == text), None)

    def _nameOf(self, identity: bytes) -> str:
        known = self._participant.claims.announcement(identity)
        if known is not None:
            return known.claim.name
        return next((str(each) for each in self._sessions.sessionsWith() if each == identity), "")


def placeFrom(text: str) -> Endpoint:
    """
    Read a place as a way shows it.

    @raise AddressInvalid: if it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 10:
        raise AddressInvalid(f"{text!r} is not a place of a way; wand why shows them")
    return Endpoint(host.strip("[]"), int(port))
