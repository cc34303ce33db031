"""
What a node can be told: as a whole, or in its two halves, etud and wand.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any

from wand.address_ranges import AddressRanges
from wand.config.checks import checkAddress, checkConsole, checked, checkMetrics, checkRelay
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
    PluginSettings,
    RelayChannels,
    RelayMegabits,
    StatePath,
    about,
    dashed,
)
from wand.config.names import checkNames
from wand.endpoint import NODE_PORT, SERVER_PORT, parsePort, splitHostPort
from wand.errors import AddressInvalid
from wand.ethernet import MAC, MTU_MAXIMUM, MTU_MINIMUM


class EtudConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    C{twistd etud}.
    """

    control: ControlPath = f"{RUN}/etud.sock"
    controlGroup: ControlGroup = ""
    memoryNote: MemoryNote = MEMORY_NOTE
    state: StatePath = f"{STATE}/etud"
    driver: Annotated[str, about("the tap driver; see wand plugins")] = "tuntap"
    driverSettings: Annotated[dict[str, Any], about("the driver's own settings")] = {}
    interface: Annotated[str, about("name of the network interface")] = "wan0"
    mac: Annotated[str | None, about("MAC address; else one is made once and kept in the state directory")] = None
    mtu: Annotated[int | None, about("largest payload of a frame; else the protocol's default")] = None
    addresses: Annotated[list[str], about("IP addresses for the interface, such as 10.1.0.1/16")] = []
    up: Annotated[bool, about("set the link up: yes or no")] = True
    listen: Annotated[str, about("local IP address for the UDP port")] = "0.0.0.0"
    port: Annotated[
        int | None,
        about(
            f"UDP port for the data; else {NODE_PORT} with rel2, and with sealed any that is free, and then always that"
        ),
    ] = None
    protocol: Annotated[str, about("the peer protocol; see wand plugins")] = "rel2"
    protocolSettings: Annotated[dict[str, Any], about("the protocol's own settings")] = {}
    frameServices: Annotated[
        list[str] | None,
        about("frame services to run; else guard, neighbours and storm in a sealed network"),
    ] = None
    frameServiceSettings: Annotated[PluginSettings, about("the settings of each frame service, by its name")] = {}
    lanDiscovery: Annotated[bool, about("find members on the same link by multicast: yes or no")] = True
    candidateSources: Annotated[
        list[str] | None,
        about("how to learn where others reach this node; else interfaces, pcp and, where it is installed, upnp"),
    ] = None
    candidateSourceSettings: Annotated[PluginSettings, about("the settings of each candidate source, by its name")] = {}
    unknownUnicast: Annotated[
        int, about("how many frames a second to addresses that nobody owns go to members with the bridge right")
    ] = 100
    groups: Annotated[
        bool, about("send and take frames to groups, broadcast and multicast, where there is a choice: yes or no")
    ] = True
    groupDirect: Annotated[
        int, about("to how many others frames to groups go directly; where there are more, members hand them on")
    ] = 64
    groupCopies: Annotated[
        int, about("how many copies of frames to groups a second are handed on for other members")
    ] = 5000
    linkLocal: Annotated[
        bool, about("let control frames of links cross (01:80:C2:00:00:00 to 0F: spanning tree, LACP): yes or no")
    ] = False
    entries: Annotated[dict[str, str], about("fixed entries of the table: MAC = HOST:PORT")] = {}
    relay: Annotated[
        bool, about("pass datagrams on between members that find no direct way, with the relay right: yes or no")
    ] = False
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
        if self.mac is not None:
            checked("mac", MAC.parseUnicast, self.mac)
        if self.mtu is not None and not MTU_MINIMUM <= self.mtu <= MTU_MAXIMUM:
            raise AddressInvalid("mtu", f"expected {MTU_MINIMUM} to {MTU_MAXIMUM}, not {self.mtu}")
        self._checkCopies()
        checkRelay(self.relayMegabits, self.relayChannels)
        checkMetrics(self.metrics, self.metricsPeers)
        checkConsole(self.console, self.consoleCertificate, self.consoleNames)
        if not 0 < len(self.interface.encode()) < 16 or set(self.interface) & set("/ \t\n:"):
            raise AddressInvalid("interface", f"{self.interface!r} is not a name of an interface: 1 to 15 characters")
        for address in self.addresses:
            checked("addresses", checkAddress, address)
        checked("listen", ip_address, self.listen)
        if self.port is not None:
            checked("port", lambda port: parsePort(port, anyAllowed=True), str(self.port))

    def _checkCopies(self) -> None:
        if self.unknownUnicast < 0:
            raise AddressInvalid("unknown-unicast", f"expected 0 or more, not {self.unknownUnicast}")
        if self.groupDirect < 0:
            raise AddressInvalid("group-direct", f"expected 0 or more, not {self.groupDirect}")
        if not 100 <= self.groupCopies <= 1_000_000:
            raise AddressInvalid("group-copies", f"expected 100 to 1000000, not {self.groupCopies}")


class WandConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    C{twistd wand}.
    """

    servers: Annotated[list[str], about("directory servers to ask, HOST or HOST:PORT")] = []
    directories: Annotated[PluginSettings, about("more directories: the settings of each, by its plugin's name")] = {}
    etud: Annotated[str, about("path of the control socket of the etud to feed")] = f"{RUN}/etud.sock"

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        for server in self.servers:
            checked("servers", lambda text: splitHostPort(text, SERVER_PORT), server)


class NodeConfiguration(EtudConfiguration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    C{twistd wand-node}.
    """

    control: ControlPath = f"{RUN}/node.sock"
    state: StatePath = f"{STATE}/node"
    protocol: Annotated[str, about("the peer protocol; see wand plugins")] = "sealed"
    name: Annotated[str, about("what this node would like to be called; else the name of the host")] = ""
    joinFile: Annotated[
        str, about("a file with an invitation to redeem; a member redeems only another than before")
    ] = ""
    servers: Annotated[list[str], about("directory servers to ask, HOST or HOST:PORT")] = []
    directories: Annotated[PluginSettings, about("more directories: the settings of each, by its plugin's name")] = {}
    proxy: Annotated[
        str,
        about("HTTP proxy for streams, http://NAME@HOST:PORT, or none; else what https_proxy says in the environment"),
    ] = ""
    reserve: Annotated[
        list[str],
        about("where this node admits members: overlay addresses that none gets, as 10.77.0.128/25 or FIRST-LAST"),
    ] = []
    proxyPasswordFile: Annotated[str, about("a file with the password for the proxy")] = ""
    names: Annotated[
        str, about("the domain in which members have names, {network} for that of the network; empty for none")
    ] = "{network}.wand"
    namesRate: Annotated[int, about("how many questions for names one asker may ask a second")] = 500

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        for server in self.servers:
            checked("servers", lambda text: splitHostPort(text, SERVER_PORT), server)
        if self.proxy and self.proxy != "none" and "://" not in self.proxy:
            raise AddressInvalid("proxy", "expected http://HOST:PORT, or none")
        checked("reserve", AddressRanges, self.reserve)
        checkNames(self.names, self.namesRate)
        if self.proxyPasswordFile and self.proxy in ("", "none"):
            raise AddressInvalid("proxy-password-file", "it is of no use without proxy = http://NAME@HOST:PORT")
