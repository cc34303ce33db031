"""
Members of a simulated network: keys, certificates and claims, and nodes and servers made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from random import Random

import attrs
from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from simulated.sessions import SimulatedSessions, Wire
from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.interfaces import IMembershipFollower, IRecords, OwnCandidate
from wand.interfaces.participant import DirectoryServer, MemberContext
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.identity import Identity, NetworkKey, NodeKey
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.trust import Trust
from wand.sealed.directory.client import SealedDirectoryClient
from wand.sealed.directory.extent import WansdSettings
from wand.sealed.directory.server import SealedDirectoryServer
from wand.sealed.directory.settings import DirectorySettings
from wand.sealed.node.claims import Claims
from wand.sealed.node.member_search import MemberSearch
from wand.sealed.sessions.control_messages import ControlMessages
from wand.testing.context import WallClock, simulatedContext, simulatedNode
from wand.testing.network import Network

#: The overlay of simulated networks begins so.
OVERLAY = "10.77."

#: Where certificates begin, in seconds since the epoch, and how long they are valid.
BEGIN = 1_000_000
LIFE = 30 * 86_400


@attrs.define
class SimulatedNetwork:
    """
    A network with its key, and the wire between its members.
    """

    clock: Clock
    wire: Wire
    key: NetworkKey = attrs.field(init=False, factory=lambda: NetworkKey.fromSeed(b"\x07" * 32))

    @classmethod
    def begun(cls, seed: int = 0) -> SimulatedNetwork:
        """
        A network at the begin of its time, with a wire that loses nothing.
        """
        clock = Clock()
        clock.advance(BEGIN)
        return cls(clock, Wire(clock, Random(seed)))

    def person(
        self,
        number: int,
        *,
        server: bool = False,
        macs: Sequence[MAC] = (),
        since: int = BEGIN,
        relay: bool = False,
        issued: int = BEGIN,
        expires: int = BEGIN + LIFE,
    ) -> Person:
        """
        A member.

        @param macs: what it may claim; by default one of its own.
        """
        key = NodeKey.fromSeed(b"seed" + number.to_bytes(28, "big"))
        name = f"{'server' if server else 'node'}-{number}"
        own = () if server else tuple(map(bytes, macs or [macOf(number)]))
        certificate = Certificate(
            network=self.key.network,
            identity=key.identity,
            exchangeKey=key.exchangePublic,
            role=SERVER if server else NODE,
            name=name,
            addresses=() if server else (f"{OVERLAY}{number // 250}.{number % 250 + 1}/16",),
            macs=own,
            bridge=False,
            since=since,
            issued=issued,
            expires=expires,
            relay=relay,
        )
        return Person(self, key, certificate, signed(self.key.signing, certificate), number)

    def run(self, seconds: float) -> None:
        """
        Let time pass from one thing that happens to the next.
        """
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            upcoming = min((call.getTime() for call in self.clock.getDelayedCalls()), default=end)
            self.clock.advance(max(0.0, min(upcoming, end) - self.clock.seconds()))


@attrs.define
class Person:
    """
    A member: its keys and its certificate.
    """

    network: SimulatedNetwork
    key: NodeKey
    certificate: Certificate
    signedCertificate: bytes
    number: int

    def claim(self, epoch: int = 1) -> bytes:
        """
        A signed claim to everything that the certificate allows.
        """
        said = self.certificate
        return signed(
            self.key.signing,
            Claim(said.network, said.identity, epoch, said.macs, said.addresses, said.name),
        )

    def sessions(self, host: str = "") -> SimulatedSessions:
        """
        Be there, without anybody to understand messages.
        """
        where = Endpoint(host or f"198.51.{self.number // 250}.{self.number % 250 + 1}", 22222)
        return SimulatedSessions(self.network.wire, self.certificate, where)


class SimulatedServer:
    """
    A directory server that can go and come back.

    @ivar directory: what runs; replaced at every start.
    @ivar wallClock: its time of day.
    """

    def __init__(
        self,
        person: Person,
        records: IRecords,
        settings: DirectorySettings = DirectorySettings(),  # noqa: B008
    ) -> None:
        self.person = person
        self.settings = settings
        self.wallClock = WallClock(person.network.clock)
        self._records = records
        self._random = Random(person.number)
        self.isRunning = False

    def come(self) -> None:
        """
        Start.
        """
        network = self.person.network
        self.isRunning = True
        self.sessions = self.person.sessions()
        self.context = simulatedContext(
            network.clock, Network(network.clock, self._random), "203.0.113.1", wallClock=self.wallClock
        )
        self.trust = Trust(network.key.network, self.wallClock)
        control = ControlMessages(self.sessions, network.clock, self.context.counters)
        self.directory = SealedDirectoryServer(
            self.person.key.identity,
            self.context,
            self.sessions,
            control,
            self._records,
            self.trust.check,
            lambda host: not host.startswith(OVERLAY),
            self._random.randbytes,
            self.settings,
        )
        self.directory.start()

    def go(self) -> None:
        """
        End in good order.
        """
        self.sessions.leave()
        self.directory.stop()
        self.isRunning = False

    def crash(self) -> None:
        """
        End at once; nothing more is written.
        """
        kept = deepcopy(self._records)
        self.go()
        self._records = kept


class SimulatedMember:
    """
    A node that can go and come back, as a L{wand.interfaces.participant.Participant}.

    @ivar local: its endpoints on local networks.
    @ivar context: what its directory works with; replaced at every start.
    @ivar search: finds members of which it was not told; replaced at every start.
    @ivar wallClock: its time of day.
    """

    def __init__(
        self,
        person: Person,
        servers: Sequence[Person],
        epoch: int = 0,
        settings: WansdSettings = WansdSettings(),  # noqa: B008  # it is frozen
    ) -> None:
        self.person = person
        self.identity = person.key.identity
        self.wallClock = WallClock(person.network.clock)
        self.local: list[str] = [f"192.168.1.{person.number % 250 + 1}:22222"]
        self.host = ""
        self.interface = "wan0"
        self.isRunning = False
        self._servers = servers
        self._settings = settings
        self._epoch = epoch
        self._starts = 0

    def come(self) -> None:
        """
        Start, with a table that is empty.
        """
        network = self.person.network
        self.isRunning = True
        self._epoch += 1
        self._starts += 1
        self._claim = self.person.claim(self._epoch)
        self.sessions = self.person.sessions(self.host)
        seed = self.person.number * 1000 + self._starts
        mac = macOf(self.person.number)
        context = simulatedNode(
            network.clock, Network(network.clock, Random(seed)), "192.0.2.1", mac, seed, self.wallClock
        )
        self.trust = Trust(network.key.network, self.wallClock)
        self.claims = Claims(
            self.identity,
            self.trust.check,
            context.table,
            network.clock,
            context.events,
            context.counters,
            wallClock=self.wallClock,
        )
        control = ControlMessages(self.sessions, network.clock, context.counters)
        self.search = MemberSearch(Identity(self.identity), self.claims, context.table, network.clock, context.counters)
        sealed = MemberContext(self, self.sessions, control, self.search, self.search)
        self.context = attrs.evolve(context, sealed=sealed)
        self.directory = self.opened(control)
        self.directory.start()

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        """
        The directory.
        """
        return SealedDirectoryClient(
            self.context, self, self.sessions, control, lambda name: succeed([]), self.search, self._settings
        )

    def go(self) -> None:
        """
        Be gone, without a word.
        """
        self.isRunning = False
        self.sessions.leave()
        self.directory.stop()
        self.search.stop()
        self.claims.stop()
        self.context.table.stop()

    def claimAnew(self) -> None:
        """
        Sign a claim of a higher epoch, and say so.
        """
        self._epoch += 1
        self._claim = self.person.claim(self._epoch)
        self.directory.announcementChanged()

    @property
    def table(self) -> dict[bytes, object]:
        """
        The whole table, by MAC address.
        """
        return dict(self.context.table.peerOf)

    def servers(self) -> list[DirectoryServer]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return [
            DirectoryServer(each.key.identity, each.key.exchangePublic, (f"203.0.113.{at + 1}:44444",))
            for at, each in enumerate(self._servers)
        ]

    def announcement(self) -> tuple[bytes, bytes]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self.person.signedCertificate, self._claim

    def endpoints(self) -> list[str]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self.local

    def candidates(self) -> list[OwnCandidate]:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return [OwnCandidate(Endpoint.parse(each), "host", "an address of this host") for each in self.local]

    def sign(self, octets: bytes) -> bytes:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return self.person.key.signing.sign(octets)

    def isValid(self, certificate: bytes, claim: bytes) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return Announcement.verified(certificate, claim, self.trust.check) is not None

    def overtaken(self, epoch: int) -> None:
        """
        See L{wand.interfaces.participant.Participant}: nobody has a copy here.
        """

    def mayReach(self, host: str) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return not self.isOverlay(host)

    def isOverlay(self, address: str) -> bool:
        """
        See L{wand.interfaces.participant.Participant}.
        """
        return address.startswith(OVERLAY)


def macOf(number: int) -> MAC:
    """
    The address of the tap of a member.
    """
    return MAC(b"\x02\x00" + number.to_bytes(4, "big"))
