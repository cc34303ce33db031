"""
How this node reaches others, as its operator sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec.structs import replace

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, NoAnswer, NoSuchMember
from wand.ethernet import MAC
from wand.interfaces import Context, ISessions, ISessionTransport, MemberSearch, Participant, Sought
from wand.interfaces.way_inspection import IWayInspection
from wand.reach_status import EpisodeStatus, NetworkCheckStatus, WaysStatus, WhyStatus
from wand.sealed.credentials.identity import Identity
from wand.sealed.reach.causes import DIRECT, Situation, causeOf, hostOf
from wand.sealed.reach.episodes import Episodes
from wand.sealed.reach.observing import Observing
from wand.sealed.reach.surroundings import Surroundings
from wand.status import PeerStatus, WayStatus
from wand.timing.looking import until
from wand.underlay.place_kinds import RELAY

#: Seconds in which a session with a member has to begin when it is pinged; and in which it has to say what it knows of
#: its network.
SESSION_PATIENCE: Final = 8.0
ASKING_PATIENCE: Final = 1.0


class ReachInspection:
    """
    Answers an operator: L{wand.control.reach_inspection.ReachInspection}.
    """

    def __init__(
        self,
        participant: Participant,
        transport: ISessionTransport,
        observing: Observing,
        context: Context,
        port: int,
        addresses: Callable[[], Collection[str]],
        search: MemberSearch,
    ) -> None:
        """
        @param port: our UDP port.
        @param addresses: those of this host.
        """
        self._search = search
        sessions: ISessions = transport.sessions
        self._participant = participant
        self._sessions = sessions
        self._ways: IWayInspection = transport.inspection
        self._observing = observing
        self._surroundings = Surroundings(participant, sessions, observing, addresses, transport.ways.isNear)
        self._context = context
        self._port = port
        self._episodes = Episodes(sessions, self._ways.relayName, context.clock)
        self.networkWord = self._surroundings.word

    async def why(self, peer: str) -> WhyStatus:
        """
        Why a member is reached the way it is.  It is asked what it says of its network.

        @param peer: its name, its key, one of its overlay addresses or of its MAC addresses.
        @raise NoSuchMember: if there is no such member.
        """
        from wand.sealed.reach.advice import adviceOn  # for whoever asks, as L{NetworkCheck} below

        identity = await self._findSomewhere(peer)
        if self._sessions.isUp(identity):
            self._observing.ask(identity)
            await until(lambda: not self._observing.isAwaited(identity), ASKING_PATIENCE, self._context.clock)
        situation = self._situation(identity)
        cause = causeOf(situation)
        epoch = self._context.epoch
        return WhyStatus(
            peer=situation.name,
            key=identity.text,
            isUp=situation.isUp,
            ways=list(situation.ways),
            relays=self._relayNames(situation.ways),
            ours=list(situation.ours),
            nat=self._surroundings.nat(),
            here=situation.here,
            theirs=situation.theirs,
            episodes=[EpisodeStatus(epoch(each.moment), str(each)) for each in self._episodes.of(identity)],
            cause=cause,
            advice=adviceOn(cause, situation),
        )

    def _situation(self, identity: Identity) -> Situation:
        ways = self._ways.waysTo(identity)
        return Situation(
            name=self.nameOf(identity),
            isUp=self._sessions.isUp(identity),
            ways=ways,
            ours=self._surroundings.candidates(),
            here=self._surroundings.word(),
            outside=self._surroundings.outside(),
            theirs=self._observing.networks.get(identity, ""),
            isHelped=self._surroundings.isHelped(),
            port=self._port,
            now=self._context.epoch(self._context.clock.seconds()),
            relay=next((self._ways.relayName(hostOf(way.place)) for way in ways if way.usedSince is not None), ""),
            isScattered=self._surroundings.isScattered(),
            isOneServer=len(self._participant.servers()) < 2,
        )

    async def ways(self, peer: str) -> WaysStatus:
        """
        The ways to a member, without asking it anything.

        @raise NoSuchMember: as in L{why}.
        """
        identity = await self._findSomewhere(peer)
        ways = list(self._ways.waysTo(identity))
        return WaysStatus(self._sessions.isUp(identity), ways, self._relayNames(ways))

    async def ping(self, peer: str, place: str | None) -> float:
        """
        Ask a member to answer, over one of its ways or over the one in use.

        @param place: as in L{WayStatus}.
        @return: the seconds that it took.
        @raise NoAnswer: if it does not answer.
        """
        identity = await self._findSomewhere(peer)
        if not self._sessions.isUp(identity):
            await self._meet(identity)
        return await self._ways.ping(identity, None if place is None else placeFrom(place))

    async def check(self) -> NetworkCheckStatus:
        """
        Look at what the network around us allows; it takes a few seconds.
        """
        from wand.sealed.reach.network_check import NetworkCheck

        check = NetworkCheck(
            self._sessions, self._ways, self._participant, self._observing, self._surroundings, self._context
        )
        return await check.run(self._port)

    def servers(self) -> list[Identity]:
        """
        The servers of the network, which are no peers of the Ethernet.
        """
        return [Identity(each.identity) for each in self._participant.servers()]

    def withWay(self, peer: object, status: PeerStatus) -> PeerStatus:
        """
        Add to the status of a peer by which way it is reached.
        """
        ways = self._ways.waysTo(peer) if isinstance(peer, bytes) else ()
        used = next((way for way in ways if way.usedSince is not None), None)
        if used is None:
            return status
        return replace(
            status,
            way="direct" if used.rank in DIRECT else used.rank,
            relay=self._ways.relayName(hostOf(used.place)),
            roundTrip=used.roundTrip,
            since=used.usedSince,
        )

    def nameOf(self, peer: object) -> str:
        """
        What a member is called, whether we have met it or not: the name that it claims, if that is its own; or else as
        its sessions show it, or by its key.  It is empty for whom nobody told us of.
        """
        claims = self._participant.claims
        known = claims.announcement(peer) if isinstance(peer, bytes) else None
        if known is not None and claims.ownerOf("name", known.claim.name) == peer:
            return known.claim.name
        met = next((str(each) for each in self._sessions.sessionsWith() if each == peer), "")
        return met or ("" if known is None else str(Identity(known.certificate.identity)))

    def _relayNames(self, ways: Sequence[WayStatus]) -> dict[str, str]:
        """
        What the relays of some ways are called, by the hosts of their places.
        """
        hosts = dict.fromkeys(hostOf(way.place) for way in ways if way.rank == RELAY)
        return {host: self._ways.relayName(host) for host in hosts}

    async def _meet(self, identity: bytes) -> None:
        self._observing.ask(identity)  # what waits for a session makes one
        if not await until(lambda: self._sessions.isUp(identity), SESSION_PATIENCE, self._context.clock):
            name = self.nameOf(identity)
            raise NoAnswer(f"{name} does not answer: wand why {name} says what was tried")

    # Who is meant.

    async def _findSomewhere(self, text: str) -> Identity:
        """
        Find a member, even one of which we were not told yet.
        """
        if self._search.isPartial:
            for kind, what in _meanings(text):
                if await self._search.find(kind, what):
                    break
        return self._find(text)

    def _find(self, text: str) -> Identity:
        found = Identity.parse(text) or self._owner(text) or self._met(text) or self._short(text)
        if found is None or (not self.nameOf(found) and not self._ways.waysTo(found)):
            known = f"no member is known as {text!r}: give a name, a key, an overlay address or a MAC address"
            hint = "" if self._surroundings.isHelped() else "; no server answers now, which would tell of others"
            raise NoSuchMember(known + hint)
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

    def _short(self, text: str) -> bytes | None:
        """
        Whose key has this short form, if it is one member's alone: it serves to look, not to trust.
        """
        told = (each.certificate.identity for each in self._participant.claims.announcements)
        keys = {bytes(each) for each in (*told, *self._sessions.sessionsWith())}
        found = [each for each in keys if str(Identity(each)) == text.lower()]
        return found[0] if len(found) == 1 else None


def _meanings(text: str) -> list[tuple[str, Sought]]:
    """
    What a text that names a member may be.
    """
    identity = Identity.parse(text)
    if identity is not None:
        return [("identity", bytes(identity))]
    try:
        return [("mac", MAC.parse(text))]
    except AddressInvalid:
        return [("address" if set(text) & set(".:") else "name", text)]


def placeFrom(text: str) -> Endpoint:
    """
    Read a place as a way shows it.

    @raise AddressInvalid: if it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 10:
        raise AddressInvalid(f"{text!r} is not a place of a way; wand why shows them")
    return Endpoint(host.strip("[]"), int(port))
