"""
What a directory server can be told: of the original kind, or of a sealed network.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any

from wand.address_ranges import AddressRanges
from wand.config.checks import checkConsole, checked, checkMetrics, checkRelay, localPlace
from wand.config.keys import (
    MEMORY_NOTE,
    METRICS_PEERS,
    RELAY_CHANNELS,
    RELAY_MEGABITS,
    RUN,
    STATE,
    Configuration,
    ConsoleCertificate,
    ConsoleNames,
    ConsolePlace,
    ControlGroup,
    ControlPath,
    MemoryNote,
    MetricsPeers,
    MetricsPlace,
    RelayChannels,
    RelayMegabits,
    StatePath,
    about,
    dashed,
)
from wand.endpoint import SERVER_PORT, numericAddress, parsePort
from wand.errors import AddressInvalid
from wand.stream_targets import checkPlace


class WansdConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    C{twistd wansd}.
    """

    listen: Annotated[str, about("local IP address for the UDP port")] = "0.0.0.0"
    port: Annotated[int, about("UDP port on which nodes register")] = SERVER_PORT
    state: StatePath = f"{STATE}/wansd"
    memoryNote: MemoryNote = MEMORY_NOTE
    store: Annotated[str, about("where the registry is kept; see wand plugins")] = "sqlite"
    storeSettings: Annotated[dict[str, Any], about("the store's own settings")] = {}
    recover: Annotated[
        bool,
        about("where the store is lost or damaged, set it aside and begin again with what else there is: yes or no"),
    ] = False

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        checked("listen", ip_address, self.listen)
        checked("port", lambda port: parsePort(port, anyAllowed=True), str(self.port))


class ServerConfiguration(WansdConfiguration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    C{twistd wand-server}.
    """

    control: ControlPath = f"{RUN}/server.sock"
    controlGroup: ControlGroup = ""
    state: StatePath = f"{STATE}/server"
    protocol: Annotated[str, about("the protocol of the network: sealed or rel2")] = "sealed"
    public: Annotated[
        list[str],
        about(
            "where nodes reach this server: HOST:PORT, and tls://HOST:PORT or wss://HOST/PATH for streams; else its "
            "own addresses"
        ),
    ] = []
    tcp: Annotated[
        str, about("where to accept streams from nodes whose UDP is blocked, such as 0.0.0.0:443; else nowhere")
    ] = ""
    tlsCertificate: Annotated[
        str,
        about("a file with the certificate for streams, in PEM; else one is made and kept in the state directory"),
    ] = ""
    tlsKey: Annotated[str, about("a file with its key; else the key is in the file of the certificate")] = ""
    webServers: Annotated[
        list[str],
        about("addresses of web servers in front of tcp, which say in X-Forwarded-For whose stream it is; else none"),
    ] = []
    name: Annotated[str, about("what this server is called in its network")] = "server"
    network: Annotated[str, about("name of the network, when it is created")] = "wand"
    prefix: Annotated[
        str, about("where overlay addresses come from, when the network is created; none for IPv6 alone")
    ] = "10.77.0.0/16"
    prefix6: Annotated[
        str,
        about(
            "where those of IPv6 come from, when the network is created: auto for a prefix that nobody else has "
            "(RFC 4193), or none"
        ),
    ] = "auto"
    reserve: Annotated[
        list[str],
        about("overlay addresses that no member gets, for DHCP beyond a bridge: 10.77.0.128/25 or FIRST-LAST"),
    ] = []
    allowOverlap: Annotated[bool, about("create it even if the prefix overlaps a route of this host: yes or no")] = (
        False
    )
    cipher: Annotated[str, about("aes-256-gcm or chacha20-poly1305, when the network is created")] = "aes-256-gcm"
    certificateHours: Annotated[int, about("how long a member's certificate is valid")] = 72
    addressQuarantineDays: Annotated[
        int,
        about("how long the overlay address of a revoked member is given to nobody else, while others are free"),
    ] = 30
    members: Annotated[int, about("how many members the directory lists at most")] = 200_000
    groups: Annotated[
        bool,
        about("does the network want frames to groups, broadcast and multicast: yes or no; its nodes are told"),
    ] = True
    relay: Annotated[bool, about("pass datagrams on between members that find no direct way: yes or no")] = True
    relayMegabits: RelayMegabits = RELAY_MEGABITS
    relayChannels: RelayChannels = RELAY_CHANNELS
    metrics: MetricsPlace = ""
    metricsPeers: MetricsPeers = METRICS_PEERS
    console: ConsolePlace = ""
    consoleCertificate: ConsoleCertificate = ""
    consoleNames: ConsoleNames = []

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        checkRelay(self.relayMegabits, self.relayChannels)
        checkMetrics(self.metrics, self.metricsPeers)
        checkConsole(self.console, self.consoleCertificate, self.consoleNames)
        if not 0 <= self.addressQuarantineDays <= 3660:
            raise AddressInvalid("address-quarantine-days", "expected 0 to 3660 days")
        checked("reserve", AddressRanges, self.reserve)
        if not 2 <= self.members <= 10_000_000:
            raise AddressInvalid("members", "expected 2 to 10000000 members")
        for endpoint in self.public:
            checked("public", lambda text: checkPlace(text, self.port), endpoint)
        if self.tcp:
            checked("tcp", localPlace, self.tcp)
        of = {"tls-certificate": self.tlsCertificate, "tls-key": self.tlsKey, "web-servers": self.webServers}
        for key in (key for key, value in of.items() if value and not self.tcp):
            raise AddressInvalid(key, "it is of no use without tcp: say where to accept streams, as 0.0.0.0:443")
        if self.tlsKey and not self.tlsCertificate:
            raise AddressInvalid("tls-key", "it is of no use without tls-certificate")
        for each in self.webServers:
            if not numericAddress(each):
                raise AddressInvalid("web-servers", f"{each!r} is not a numeric address")
