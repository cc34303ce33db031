"""
What the network around this node allows: measured while the operator waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from twisted.internet.defer import Deferred, DeferredList, TimeoutError
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.errors import NoAnswer
from wand.interfaces import Context, ISessions, ISessionTransport, Participant
from wand.reach_status import CandidateStatus, CheckStatus, NATStatus, NetworkCheckStatus
from wand.sealed.reach.nat_kind import DEPENDENT, INDEPENDENT, NONE
from wand.sealed.reach.observing import Observing
from wand.sealed.reach.verdict import verdictOn
from wand.underlay.place_kinds import IPV4, IPV6, STREAM, kindOf

#: Seconds for what others have to answer, and for a datagram to come back from the NAT.
PATIENCE: Final = 2.0
HAIRPIN_PATIENCE: Final = 0.5

#: How many members are asked again where they hear us.
ASKED_MAXIMUM: Final = 8

#: The datagrams that go to our own place outside: of a type that does not exist, so that they are counted and dropped.
_PROBES: Final = 3
_PROBE: Final = b"\xfe" * 16
_COUNTER: Final = "drop-sealed-unknown-type"


class NetworkCheck:
    """
    Looks once.
    """

    def __init__(
        self,
        sessions: ISessions,
        participant: Participant,
        observing: Observing,
        context: Context,
        transport: ISessionTransport,
    ) -> None:
        self._sessions = sessions
        self._participant = participant
        self._observing = observing
        self._context = context
        self._transport = transport

    async def run(
        self, ours: Sequence[CandidateStatus], nat: Callable[[], NATStatus], addresses: Collection[str], port: int
    ) -> NetworkCheckStatus:
        """
        Look.

        @param ours: our own places.
        @param nat: tells what is in front of us.
        @param addresses: those of this host.
        @param port: our UDP port.
        """
        for peer in [each for each in self._sessions.sessionsWith() if self._kind(each) in (IPV4, IPV6)][
            :ASKED_MAXIMUM
        ]:
            self._observing.ask(peer)
        server = await self._server()
        seen = nat()
        hairpin = await self._hairpin(seen, addresses)
        checks = [
            self._udp(),
            self._ipv6(ours),
            _mapping(seen),
            _portMapping(ours, seen),
            hairpin,
            self._pathSize(),
            server,
        ]
        return NetworkCheckStatus(checks, verdictOn({each.name: each for each in checks}, seen, port))

    def _kind(self, peer: bytes) -> str:
        endpoint = self._sessions.endpointOf(peer)
        return "" if endpoint is None else kindOf(endpoint.host)

    def _udp(self) -> CheckStatus:
        kinds = [self._kind(peer) for peer in self._sessions.sessionsWith()]
        if IPV4 in kinds or IPV6 in kinds:
            return CheckStatus("udp", True, "yes", "members or servers answer over UDP")
        if STREAM in kinds:
            return CheckStatus("udp", False, "no", "only streams get through: UDP is blocked on the way out")
        return CheckStatus("udp", None, "unknown", "there is no session with anybody")

    def _ipv6(self, ours: Sequence[CandidateStatus]) -> CheckStatus:
        if any(self._kind(peer) == IPV6 for peer in self._sessions.sessionsWith()):
            return CheckStatus("ipv6", True, "yes", "members or servers answer over IPv6")
        if any(each.endpoint.startswith("[") for each in ours):
            return CheckStatus("ipv6", None, "untried", "this host has an address; nobody was reached over IPv6 yet")
        return CheckStatus("ipv6", False, "no", "this host has no address that others could reach")

    def _pathSize(self) -> CheckStatus:
        found = [self._transport.peerStatus(peer).pathSize for peer in self._sessions.sessionsWith()]
        sizes = sorted(each for each in found if each is not None)
        if not sizes:
            return CheckStatus("path-size", None, "unknown", "there is no session with anybody")
        value = str(sizes[0]) if sizes[0] == sizes[-1] else f"{sizes[0]} to {sizes[-1]}"
        return CheckStatus("path-size", True, value, "octets of the longest datagrams that the paths carry")

    async def _server(self) -> CheckStatus:
        servers = self._participant.servers()
        pings = [self._pinged(each.identity) for each in servers]
        results = zip(await DeferredList(pings), servers, strict=True)
        answered = [(took, server.identity) for (_, took), server in results if took is not None]
        if not answered:
            isKnown = "no server answers" if servers else "no server is known"
            return CheckStatus("server", False, "none", isKnown)
        seconds, nearest = min(answered)
        name = next((str(each) for each in self._sessions.sessionsWith() if each == nearest), nearest.hex()[:12])
        return CheckStatus("server", True, f"{seconds * 1000:.1f} ms", f"{name} is the nearest server")

    def _pinged(self, peer: bytes) -> Deferred[float | None]:
        def silent(failure: Failure) -> None:
            failure.trap(NoAnswer, TimeoutError)

        return self._sessions.ping(peer).addTimeout(PATIENCE, self._context.clock).addErrback(silent)

    async def _hairpin(self, nat: NATStatus, addresses: Collection[str]) -> CheckStatus:
        outside = [Endpoint.parse(each) for each in nat.observations.values()]
        place = next((each for each in outside if not each.isIPv6 and each.host not in addresses), None)
        port = None if place is None else self._transport.ways.portFor(place)
        if place is None or port is None:
            return CheckStatus("hairpin", None, "untried", "no NAT was seen, so that nothing has to come back from one")
        before = self._context.counters[_COUNTER]
        for _ in range(_PROBES):
            port.send(_PROBE, place)
        await deferLater(self._context.clock, HAIRPIN_PATIENCE)
        if self._context.counters[_COUNTER] - before >= _PROBES - 1:
            return CheckStatus("hairpin", True, "yes", "hosts behind our NAT reach each other by its outer address")
        return CheckStatus(
            "hairpin", False, "no", "hosts behind our NAT need LAN discovery or a relay to reach each other"
        )


def _mapping(nat: NATStatus) -> CheckStatus:
    if nat.mapping == NONE:
        return CheckStatus("mapping", True, NONE, "there is no NAT in front of this host")
    if nat.mapping == INDEPENDENT:
        return CheckStatus("mapping", True, INDEPENDENT, "one place outside for all: others can be told of it")
    if nat.mapping in DEPENDENT:
        return CheckStatus("mapping", False, nat.mapping, "another place outside for each destination")
    return CheckStatus("mapping", None, nat.mapping, "it takes two members or servers elsewhere to see")


def _portMapping(ours: Sequence[CandidateStatus], nat: NATStatus) -> CheckStatus:
    mapped = next((each for each in ours if each.kind == "mapped"), None)
    if mapped is not None:
        return CheckStatus("port-mapping", True, mapped.endpoint, mapped.about)
    if nat.mapping == NONE:
        return CheckStatus("port-mapping", None, "no", "none is needed")
    return CheckStatus("port-mapping", False, "no", "no router answered to PCP, NAT-PMP or UPnP")
