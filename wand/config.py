"""
Configuration: what each program can be told, from a TOML file, from options of its command line, or from both.

The classes here are the one description of every key: its type, its default and its help.  The options of the twistd
plugins and the reference in the documentation are made from them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address, ip_interface
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args, get_type_hints

import msgspec

from wand.endpoint import NODE_PORT, SERVER_PORT, parsePort, splitHostPort
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.ethernet import MAC, MTU_MAXIMUM, MTU_MINIMUM
from wand.stream_targets import checkPlace

#: Where programs keep what must survive them: each in a directory of its own below this one.
STATE: Final = "/var/lib/wand"

#: Where programs keep their control sockets.
RUN: Final = "/run/wand"

#: What a relay does for one member if the operator says nothing else: megabits a second, and pairs.
RELAY_MEGABITS: Final = 4000
RELAY_CHANNELS: Final = 256

#: Settings of plugins, by the plugin's name.
PluginSettings = dict[str, dict[str, Any]]


def _dashed(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def _help(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    What every program can be told.
    """

    hooks: Annotated[list[str], _help("hooks to run; see wand plugins")] = []
    hookSettings: Annotated[PluginSettings, _help("the settings of each hook, by its name")] = {}
    disabledPlugins: Annotated[
        list[str], _help("plugins that are not used, by their names or those of their distributions")
    ] = []

    def check(self) -> None:
        """
        Check what the types do not say.

        @raise wand.errors.AddressInvalid: with the key first in C{args}.
        """


#: The keys of a program with a control socket.
ControlPath = Annotated[str, _help("path of the control socket")]
ControlGroup = Annotated[str, _help("the group that may use the control socket")]

#: The keys of a program that may pass datagrams on between other members.
RelayMegabits = Annotated[int, _help("how much is passed on of what one member sends, in megabits a second")]
RelayChannels = Annotated[int, _help("how many pairs one member may ask to be passed on for")]

#: The key of a program that keeps something.
StatePath = Annotated[str, _help("directory for what must survive a restart; of this program alone")]


class EtudConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    C{twistd etud}.
    """

    control: ControlPath = f"{RUN}/etud.sock"
    controlGroup: ControlGroup = ""
    state: StatePath = f"{STATE}/etud"
    driver: Annotated[str, _help("the tap driver; see wand plugins")] = "tuntap"
    driverSettings: Annotated[dict[str, Any], _help("the driver's own settings")] = {}
    interface: Annotated[str, _help("name of the network interface")] = "wan0"
    mac: Annotated[str | None, _help("MAC address; else one is made once and kept in the state directory")] = None
    mtu: Annotated[int | None, _help("largest payload of a frame; else the protocol's default")] = None
    addresses: Annotated[list[str], _help("IP addresses for the interface, such as 10.1.0.1/16")] = []
    up: Annotated[bool, _help("set the link up: yes or no")] = True
    listen: Annotated[str, _help("local IP address for the UDP port")] = "0.0.0.0"
    port: Annotated[
        int | None,
        _help(
            f"UDP port for the data; else {NODE_PORT} with rel2, and with sealed any that is free, and then always that"
        ),
    ] = None
    protocol: Annotated[str, _help("the peer protocol; see wand plugins")] = "rel2"
    protocolSettings: Annotated[dict[str, Any], _help("the protocol's own settings")] = {}
    frameServices: Annotated[
        list[str] | None,
        _help("frame services to run; else guard and neighbours in a sealed network, else none"),
    ] = None
    frameServiceSettings: Annotated[PluginSettings, _help("the settings of each frame service, by its name")] = {}
    lanDiscovery: Annotated[bool, _help("find members on the same link by multicast: yes or no")] = True
    candidateSources: Annotated[
        list[str] | None,
        _help("how to learn where others reach this node; else interfaces, pcp and, where it is installed, upnp"),
    ] = None
    candidateSourceSettings: Annotated[PluginSettings, _help("the settings of each candidate source, by its name")] = {}
    unknownUnicast: Annotated[
        int, _help("how many frames a second to addresses that nobody owns go to members with the bridge right")
    ] = 100
    groups: Annotated[
        bool, _help("send and take frames to groups, broadcast and multicast, where there is a choice: yes or no")
    ] = True
    groupDirect: Annotated[
        int, _help("to how many others frames to groups go directly; where there are more, members hand them on")
    ] = 64
    groupCopies: Annotated[
        int, _help("how many copies of frames to groups a second are handed on for other members")
    ] = 5000
    linkLocal: Annotated[
        bool, _help("let control frames of links cross (01:80:C2:00:00:00 to 0F: spanning tree, LACP): yes or no")
    ] = False
    entries: Annotated[dict[str, str], _help("fixed entries of the table: MAC = HOST:PORT")] = {}
    relay: Annotated[
        bool, _help("pass datagrams on between members that find no direct way, with the relay right: yes or no")
    ] = False
    relayMegabits: RelayMegabits = RELAY_MEGABITS
    relayChannels: RelayChannels = RELAY_CHANNELS

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        if self.mac is not None:
            _checked("mac", MAC.parseUnicast, self.mac)
        if self.mtu is not None and not MTU_MINIMUM <= self.mtu <= MTU_MAXIMUM:
            raise AddressInvalid("mtu", f"expected {MTU_MINIMUM} to {MTU_MAXIMUM}, not {self.mtu}")
        if self.unknownUnicast < 0:
            raise AddressInvalid("unknown-unicast", f"expected 0 or more, not {self.unknownUnicast}")
        if self.groupDirect < 0:
            raise AddressInvalid("group-direct", f"expected 0 or more, not {self.groupDirect}")
        if not 100 <= self.groupCopies <= 1_000_000:
            raise AddressInvalid("group-copies", f"expected 100 to 1000000, not {self.groupCopies}")
        _checkRelay(self.relayMegabits, self.relayChannels)
        if not 0 < len(self.interface.encode()) < 16 or set(self.interface) & set("/ \t\n:"):
            raise AddressInvalid("interface", f"{self.interface!r} is not a name of an interface: 1 to 15 characters")
        for address in self.addresses:
            _checked("addresses", _address, address)
        _checked("listen", _local, self.listen)
        if self.port is not None:
            _checked("port", lambda port: parsePort(port, anyAllowed=True), str(self.port))


class WandConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    C{twistd wand}.
    """

    servers: Annotated[list[str], _help("directory servers to ask, HOST or HOST:PORT")] = []
    directories: Annotated[PluginSettings, _help("more directories: the settings of each, by its plugin's name")] = {}
    etud: Annotated[str, _help("path of the control socket of the etud to feed")] = f"{RUN}/etud.sock"

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        for server in self.servers:
            _checked("servers", lambda text: splitHostPort(text, SERVER_PORT), server)


class NodeConfiguration(EtudConfiguration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    C{twistd wand-node}.
    """

    control: ControlPath = f"{RUN}/node.sock"
    state: StatePath = f"{STATE}/node"
    protocol: Annotated[str, _help("the peer protocol; see wand plugins")] = "sealed"
    name: Annotated[str, _help("what this node would like to be called; else the name of the host")] = ""
    joinFile: Annotated[
        str, _help("a file with an invitation to redeem; a member redeems only another than before")
    ] = ""
    servers: Annotated[list[str], _help("directory servers to ask, HOST or HOST:PORT")] = []
    directories: Annotated[PluginSettings, _help("more directories: the settings of each, by its plugin's name")] = {}
    proxy: Annotated[
        str,
        _help("HTTP proxy for streams, http://NAME@HOST:PORT, or none; else what https_proxy says in the environment"),
    ] = ""
    proxyPasswordFile: Annotated[str, _help("a file with the password for the proxy")] = ""

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        for server in self.servers:
            _checked("servers", lambda text: splitHostPort(text, SERVER_PORT), server)
        if self.proxy and self.proxy != "none" and "://" not in self.proxy:
            raise AddressInvalid("proxy", "expected http://HOST:PORT, or none")
        if self.proxyPasswordFile and self.proxy in ("", "none"):
            raise AddressInvalid("proxy-password-file", "it is of no use without proxy = http://NAME@HOST:PORT")


class WansdConfiguration(Configuration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    C{twistd wansd}.
    """

    listen: Annotated[str, _help("local IP address for the UDP port")] = "0.0.0.0"
    port: Annotated[int, _help("UDP port on which nodes register")] = SERVER_PORT
    state: StatePath = f"{STATE}/wansd"
    store: Annotated[str, _help("where the registry is kept; see wand plugins")] = "sqlite"
    storeSettings: Annotated[dict[str, Any], _help("the store's own settings")] = {}
    recover: Annotated[
        bool,
        _help("where the store is lost or damaged, set it aside and begin again with what else there is: yes or no"),
    ] = False

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        _checked("listen", _local, self.listen)
        _checked("port", lambda port: parsePort(port, anyAllowed=True), str(self.port))


class ServerConfiguration(WansdConfiguration, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=_dashed):
    """
    C{twistd wand-server}.
    """

    control: ControlPath = f"{RUN}/server.sock"
    controlGroup: ControlGroup = ""
    state: StatePath = f"{STATE}/server"
    protocol: Annotated[str, _help("the protocol of the network: sealed or rel2")] = "sealed"
    public: Annotated[
        list[str],
        _help(
            "where nodes reach this server: HOST:PORT, and tls://HOST:PORT or wss://HOST/PATH for streams; else its "
            "own addresses"
        ),
    ] = []
    tcp: Annotated[
        str, _help("where to accept streams from nodes whose UDP is blocked, such as 0.0.0.0:443; else nowhere")
    ] = ""
    tlsCertificate: Annotated[
        str, _help("a file with the certificate for streams, in PEM; else one is made and kept in the state directory")
    ] = ""
    tlsKey: Annotated[str, _help("a file with its key; else the key is in the file of the certificate")] = ""
    name: Annotated[str, _help("what this server is called in its network")] = "server"
    network: Annotated[str, _help("name of the network, when it is created")] = "wand"
    prefix: Annotated[str, _help("where overlay addresses come from, when the network is created")] = "10.77.0.0/16"
    allowOverlap: Annotated[bool, _help("create it even if the prefix overlaps a route of this host: yes or no")] = (
        False
    )
    cipher: Annotated[str, _help("aes-256-gcm or chacha20-poly1305, when the network is created")] = "aes-256-gcm"
    certificateHours: Annotated[int, _help("how long a member's certificate is valid")] = 72
    addressQuarantineDays: Annotated[
        int, _help("how long the overlay address of a revoked member is given to nobody else, while others are free")
    ] = 30
    members: Annotated[int, _help("how many members the directory lists at most")] = 200_000
    groups: Annotated[
        bool, _help("does the network want frames to groups, broadcast and multicast: yes or no; its nodes are told")
    ] = True
    relay: Annotated[bool, _help("pass datagrams on between members that find no direct way: yes or no")] = True
    relayMegabits: RelayMegabits = RELAY_MEGABITS
    relayChannels: RelayChannels = RELAY_CHANNELS

    def check(self) -> None:
        """
        See L{Configuration.check}.
        """
        super().check()
        _checkRelay(self.relayMegabits, self.relayChannels)
        if not 0 <= self.addressQuarantineDays <= 3660:
            raise AddressInvalid("address-quarantine-days", "expected 0 to 3660 days")
        if not 2 <= self.members <= 10_000_000:
            raise AddressInvalid("members", "expected 2 to 10000000 members")
        for endpoint in self.public:
            _checked("public", lambda text: checkPlace(text, self.port), endpoint)
        if self.tcp:
            _checked("tcp", localPlace, self.tcp)
        if (self.tlsCertificate or self.tlsKey) and not self.tcp:
            key = "tls-certificate" if self.tlsCertificate else "tls-key"
            raise AddressInvalid(key, "it is of no use without tcp: say where to accept streams, as 0.0.0.0:443")
        if self.tlsKey and not self.tlsCertificate:
            raise AddressInvalid("tls-key", "it is of no use without tls-certificate")


AnyConfiguration = TypeVar("AnyConfiguration", bound=Configuration)


def load(kind: type[AnyConfiguration], path: str | None, options: Mapping[str, Any] | None = None) -> AnyConfiguration:
    """
    Read a configuration.

    @param path: the TOML file, or C{None} for no file.
    @param options: keys and values of the command line, which win over the file's.
    @raise ConfigurationInvalid: naming the file or the option, the key and the reason.
    """
    values = {} if path is None else _read(path)
    merged = {**values, **(options or {})}
    try:
        configuration = msgspec.convert(merged, kind)
        configuration.check()
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        key = where.rstrip("`").lstrip(".").removeprefix("[...]")
        if not key and "unknown field `" in reason:
            key = reason.split("`")[1]
            reason = _unknown(key, kind)
        raise ConfigurationInvalid(_origin(key, path, options), key, reason) from None
    except AddressInvalid as error:
        key, reason = error.args
        raise ConfigurationInvalid(_origin(key, path, options), key, reason) from None
    return configuration


def optionFields(kind: type[Configuration]) -> list[tuple[str, Any, str, object]]:
    """
    The keys that can be options, which are those that are not tables.

    @return: for each its name with dashes, its type, its help and its default.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        annotated, meta = get_args(hints[field.name])
        if not str(annotated).startswith("dict"):
            default = field.default if field.default is not msgspec.NODEFAULT else []
            found.append((field.encode_name, annotated, meta.description, default))
    return found


def fields(kind: type[Configuration]) -> list[tuple[str, str, str, object]]:
    """
    Every key, for the reference in the documentation: its name, its type in words, its help and its default.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        annotated, meta = get_args(hints[field.name])
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        found.append((field.encode_name, _typeName(annotated), meta.description, default))
    return found


def _typeName(annotated: Any) -> str:
    text = str(annotated)
    for start, name in (("dict", "table"), ("list", "list of texts"), ("<class 'int", "number"), ("int", "number")):
        if text.startswith(start):
            return name
    return "yes or no" if "bool" in text else "text"


def _read(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationInvalid(path, "", f"it cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(path, "", f"it is not TOML: {error}") from None


def _origin(key: str, path: str | None, options: Mapping[str, Any] | None) -> str:
    name = key.partition("[")[0]
    return f"--{name}" if options and name in options else path or "the configuration"


def _unknown(key: str, kind: type[Configuration]) -> str:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    close = get_close_matches(key, names, 1)
    return "there is no such key" + (f"; did you mean {close[0]}?" if close else "")


def _checked(key: str, check: Any, text: str) -> None:
    try:
        check(text)
    except (AddressInvalid, ValueError) as error:
        raise AddressInvalid(key, str(error)) from None


def _checkRelay(megabits: int, channels: int) -> None:
    if not 1 <= megabits <= 1_000_000:
        raise AddressInvalid("relay-megabits", f"expected 1 to 1000000, not {megabits}")
    if not 1 <= channels <= 100_000:
        raise AddressInvalid("relay-channels", f"expected 1 to 100000, not {channels}")


def _address(text: str) -> None:
    if "/" not in text:
        raise AddressInvalid(f"{text!r} has no prefix length; write it like 10.1.0.1/16")
    ip_interface(text)


def _local(text: str) -> None:
    ip_address(text)


def localPlace(text: str) -> tuple[str, int]:
    """
    Read where to accept streams: a numeric local address and a TCP port.

    @raise ValueError: if the address is none.
    @raise AddressInvalid: if the port is none.
    """
    host, port = splitHostPort(text)
    return str(ip_address(host)), port
