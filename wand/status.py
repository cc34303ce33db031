"""
Status: the state of a program at one moment, in frozen values.  The control socket carries them, and the client renders
them as a table or as JSON.

Times are in seconds since the epoch, durations in seconds, addresses and peers in text.
"""

from __future__ import annotations

import msgspec


class Status(msgspec.Struct, frozen=True):
    """
    The base; the names of the attributes are the keys in JSON.
    """


class EntryStatus(Status, frozen=True):
    """
    An entry of a node's table, or of a directory server's registry.

    @ivar mac: the MAC address.
    @ivar peer: where its frames go; in a registry, where its node last registered from.
    @ivar source: who says so.
    @ivar since: when the source first said it.
    @ivar expires: when the entry expires unless it is confirmed; C{None} for never.
    """

    mac: str
    peer: str
    source: str
    since: float
    expires: float | None


class PeerStatus(Status, frozen=True):
    """
    A peer and its traffic.

    @ivar peer: what the protocol calls it.
    @ivar state: the protocol's own word for how well it is known, such as C{known} or C{heard}.
    @ivar macs: the MAC addresses whose frames go to it.
    @ivar heard: when a frame last came from it; C{None} for never.
    @ivar endpoint: where it is, where that is not what the protocol calls it; empty if that is not known.
    @ivar pathSize: octets of UDP payload of the longest datagrams that go to it; C{None} where the protocol does not
        know what the path carries.
    @ivar parity: does traffic to it carry parity, because it reported lost datagrams?
    @ivar drops: frames and datagrams from it or to it that were dropped.
    @ivar reasons: the same by reason, where the protocol knows reasons.
    @ivar way: the way in use: C{direct}, C{stream} or C{relay}; empty if there is none.
    @ivar relay: what the relay is called, if there is one.
    @ivar roundTrip: seconds there and back; C{None} if that was not measured.
    @ivar since: since when this way is in use; C{None} if there is none.
    @ivar server: is it a server of the network?
    """

    peer: str
    state: str
    macs: list[str]
    heard: float | None
    framesReceived: int
    bytesReceived: int
    framesSent: int
    bytesSent: int
    endpoint: str = ""
    pathSize: int | None = None
    parity: bool = False
    drops: int = 0
    reasons: dict[str, int] = {}
    way: str = ""
    relay: str = ""
    roundTrip: float | None = None
    since: float | None = None
    server: bool = False


class SeenStatus(Status, frozen=True):
    """
    A member of the network, as a node or a server sees it.

    @ivar key: its whole public key in hex.
    @ivar addresses: its overlay addresses.
    @ivar macs: the MAC addresses that it claims.
    @ivar online: is it online, as far as this program can tell?
    @ivar seen: when this program last heard it; C{None} for never since it was started.
    @ivar way: the way in use: C{direct}, C{stream} or C{relay}; C{this} for the program itself; empty if there is none.
    @ivar relay: what the relay is called, if there is one.
    @ivar roundTrip: seconds there and back; C{None} if that was not measured.
    @ivar version: which version it runs; empty where that is not known.
    @ivar server: is it a server of the network?
    @ivar state: C{member}; at a server also C{pending}, C{unsigned} and C{revoked}, which a node says only of itself.
    """

    name: str
    key: str
    addresses: list[str]
    macs: list[str]
    online: bool
    seen: float | None
    way: str = ""
    relay: str = ""
    roundTrip: float | None = None
    version: str = ""
    server: bool = False
    state: str = "member"


class WayStatus(Status, frozen=True):
    """
    A way to a member: a place to which its datagrams can go, and what is known of it.

    @ivar place: the place, as C{HOST:PORT} or with its kind in front, see L{wand.underlay.place_kinds}.
    @ivar rank: C{lan}, C{ipv6}, C{ipv4}, C{stream} or C{relay}, the best first.
    @ivar sources: who says that the member is there, see L{wand.interfaces.ISessions.introduce}, and C{heard} if it was
        heard there; empty for a way that is only remembered.
    @ivar isProven: did the member answer there, and nothing since says that it no longer would?
    @ivar roundTrip: seconds from a question to its answer, smoothed, or those of the handshake; C{None} where none was
        answered.
    @ivar asked: when something was last sent there that demands an answer: a question, or the beginning of a session;
        C{None} for never.
    @ivar answered: when it last answered there; C{None} for never.
    @ivar usedSince: since when it is the way in use; C{None} if it is not.
    @ivar why: why it is used, or why it is not, in a few words; empty where the rest tells.
    @ivar silent: how much that demanded an answer got none since the last one; what is under way included.
    @ivar heard: when the member last sent something from there of its own; C{None} for never.
    """

    place: str
    rank: str
    sources: list[str]
    isProven: bool
    roundTrip: float | None
    asked: float | None
    answered: float | None
    usedSince: float | None
    why: str
    silent: int = 0
    heard: float | None = None


class CounterStatus(Status, frozen=True):
    """
    A counter and what it counts.
    """

    name: str
    value: int
    description: str


class LevelStatus(Status, frozen=True):
    """
    How much a part of a program says in the log.

    @ivar part: the part; C{all} for all that have no level of their own.
    @ivar level: C{debug}, C{info}, C{warn}, C{error} or C{critical}.
    @ivar origin: who says so: C{default}, C{configuration} or C{operator}.
    """

    part: str
    level: str
    origin: str


class UsedStatus(Status, frozen=True):
    """
    A plugin that a program uses.

    @ivar kind: the plugin kind, as L{wand.plugin_status.PluginStatus} has it.
    @ivar distribution: where it came from, with its version; empty if that is not known.
    @ivar failures: how often a call of it raised since the program started.
    @ivar timeouts: how often it did not answer in time.
    """

    kind: str
    name: str
    distribution: str
    failures: int
    timeouts: int


class TapStatus(Status, frozen=True):
    """
    A node's Ethernet port.

    @ivar features: the offloads agreed with the kernel, such as C{tap: TSO4}, C{udp: GSO}.
    """

    driver: str
    interface: str
    mac: str
    mtu: int
    addresses: list[str]
    features: list[str]


class DirectoryStatus(Status, frozen=True):
    """
    A directory that a node asks.

    @ivar name: the source name of its entries.
    @ivar state: C{asking}, C{answered} or C{silent}; C{fixed} for one that is no server.
    @ivar entries: how many addresses it lists.
    @ivar answered: when it last answered; C{None} for never.
    @ivar members: how many members it has, where the node follows only those whom it uses; C{None} where it follows
        all.
    @ivar version: which version of the program it runs; empty where that is not known.
    """

    name: str
    state: str
    entries: int
    answered: float | None
    members: int | None = None
    version: str = ""


class ConflictStatus(Status, frozen=True):
    """
    Something that two members claim; the winner has it, everywhere.

    @ivar what: C{mac}, C{address} or C{name}.
    """

    what: str
    value: str
    winner: str
    winnerKey: str
    loser: str
    loserKey: str


class SecretStatus(Status, frozen=True):
    """
    The secret that the members of a network share.

    @ivar number: that of the newest; 0 for the one that the network began with.
    @ivar until: how long the former one counts between members, in seconds since the epoch; 0 if there is none.
    @ivar have: how many members said that they have the newest; C{None} where nobody counts them.
    @ivar members: how many there are besides servers, and the one that founded the network; C{None} where nobody counts
        them.
    @ivar changed: when the newest took the place of another, in seconds since the epoch; 0 if it did not.
    """

    number: int
    until: float
    have: int | None = None
    members: int | None = None
    changed: float = 0.0


class OwnStatus(Status, frozen=True):
    """
    This program in its sealed network.

    @ivar stage: C{new} before an invitation, C{joining} until it is redeemed, C{member}, C{revoked}.
    @ivar network: the network's name; empty before joining.
    @ivar networkKey: its public key in hex; empty before an invitation.
    @ivar prefix: where its overlay addresses come from; empty before joining.
    @ivar prefix6: where those of IPv6 come from, where C{prefix} is of IPv4; else empty.
    @ivar name: what we are called there.
    @ivar key: our own public key in hex.
    @ivar expires: when our certificate does; C{None} before joining.
    @ivar conflicts: what more than one member claims.
    @ivar bridge: do we have the bridge right?
    @ivar behind: how many MAC addresses may be behind us then.
    @ivar broadcasts: how many broadcast and multicast frames per second we may send.
    @ivar redeeming: is an invitation being redeemed?
    @ivar refusal: why the last invitation since the start was refused; empty if none was, or another has come since.
    @ivar relay: have we the relay right?
    @ivar admission: have we the admission right?
    @ivar secret: the secret that the members share; C{None} before joining.
    """

    stage: str
    network: str
    networkKey: str
    cipher: str
    name: str
    key: str
    addresses: list[str]
    expires: float | None
    conflicts: list[ConflictStatus]
    prefix: str = ""
    bridge: bool = False
    behind: int = 0
    broadcasts: int = 0
    redeeming: bool = False
    refusal: str = ""
    relay: bool = False
    admission: bool = False
    prefix6: str = ""
    secret: SecretStatus | None = None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """
        Those that there are.
        """
        return tuple(filter(None, (self.prefix, self.prefix6)))


class RelayStatus(Status, frozen=True):
    """
    What a program passes on between members that find no direct way.

    @ivar on: does it pass anything on?
    @ivar channels: the pairs of members that have a channel now.
    @ivar datagrams: what was passed on since the start.
    @ivar octets: the same in octets.
    """

    on: bool
    channels: int
    datagrams: int
    octets: int


class ProgramStatus(Status, frozen=True):
    """
    A running program: what C{wand status} shows.

    @ivar role: C{node}, C{server}, C{etud} or C{wand}.
    @ivar listening: the UDP endpoint of the data, or of the directory server; empty for a C{wand} alone.
    @ivar entries: addresses in the table or in the registry.
    @ivar peers: distinct peers in the table.
    @ivar drops: frames and datagrams dropped, for any reason.
    @ivar notes: what the operator should know, with what to do.
    @ivar attention: how many of the notes need attention: these come first, the others are hints.
    @ivar state: its state directory; empty if it has none.
    @ivar store: the file of a server's store; empty without one.
    @ivar relay: what it passes on between members; C{None} if it is not a relay.
    @ivar plugins: those that it uses.
    """

    role: str
    version: str
    pid: int
    started: float
    protocol: str
    listening: str
    configuration: str
    entries: int
    peers: int
    drops: int
    tap: TapStatus | None = None
    directories: list[DirectoryStatus] = []
    notes: list[str] = []
    attention: int = 0
    state: str = ""
    store: str = ""
    own: OwnStatus | None = None
    relay: RelayStatus | None = None
    plugins: list[UsedStatus] = []
