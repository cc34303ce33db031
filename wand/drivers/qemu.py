"""
A virtual machine of QEMU as the host: its network card is plugged into a socket of ours.  No tap is needed, and nobody
is root (qemu(1), C{-netdev stream} and C{-netdev dgram}; the first came with QEMU 7.2).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Final, Literal

import msgspec
from twisted.logger import Logger
from zope.interface import implementer

from wand.drivers.qemu_datagrams import DatagramTap
from wand.drivers.qemu_stream import StreamTap
from wand.drivers.socket_file import SocketFile
from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid, TapUnavailable
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings

_log: Final = Logger()

#: The MTU that a machine has if nobody tells it another.
_USUAL_MTU: Final = 1500

#: Machines that may wait for the one that is connected to leave.
_WAITING: Final = 1


class QemuSettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar local: our socket: a path, or a loopback address with a port.
    @ivar netdev: how frames travel, as QEMU calls it.
    @ivar remote: the socket of the machine, for C{dgram}: a path or an address, as C{local} is.
    @ivar group: whose members may use the path, besides its owner.
    """

    local: Annotated[str, msgspec.Meta(min_length=1)]
    netdev: Literal["stream", "dgram"] = "stream"
    remote: str = ""
    group: str = ""


@implementer(ITapDriver)
class QemuDriver:
    """
    Listens for a virtual machine, or exchanges datagrams with it.
    """

    name = "qemu"
    about = "a virtual machine of QEMU (-netdev stream, dgram), without a tap or root"
    settings = QemuSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if hasattr(socket, "AF_UNIX") else "it needs a Unix"

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.  The machine configures itself: of the request only the name and the sizes count.
        """
        settings = readSettings(request.settings, QemuSettings)
        local = _place("local", settings.local)
        if settings.netdev == "stream":
            if settings.remote:
                raise ConfigurationInvalid("driver-settings", "remote", "only the netdev dgram has it")
            listener, close = _bound(local, settings, socket.SOCK_STREAM)
            listener.listen(_WAITING)
            tap: ITap = StreamTap(request, context, listener, close)
        else:
            remote = _place("remote", settings.remote)
            if isinstance(local, Endpoint) is not isinstance(remote, Endpoint):
                raise ConfigurationInvalid("driver-settings", "remote", "it is a path if local is one, else an address")
            port, close = _bound(local, settings, socket.SOCK_DGRAM)
            tap = DatagramTap(request, context, port, remote, close)
        _log.info("the network card of the virtual machine: {options}", options=options(request, settings))
        return tap


def options(request: TapRequest, settings: QemuSettings) -> str:
    """
    How QEMU is told to plug a machine in.
    """
    local, remote = _place("local", settings.local), settings.remote
    if settings.netdev == "stream":
        words = f"stream,id={request.interface},server=off{_option('addr', local)}"
    else:
        words = f"dgram,id={request.interface}{_option('local', _place('remote', remote))}{_option('remote', local)}"
    card = f"virtio-net-pci,netdev={request.interface},mac={request.mac}"
    if request.mtu != _USUAL_MTU:
        card += f",host_mtu={request.mtu}"
    return f"-netdev {words} -device {card}"


def _option(name: str, place: Endpoint | str) -> str:
    if isinstance(place, str):
        return f",{name}.type=unix,{name}.path={place}"
    return f",{name}.type=inet,{name}.host={place.host},{name}.port={place.port}"


def _place(key: str, text: str) -> Endpoint | str:
    """
    Where a socket is: at a path or at an endpoint.

    @raise ConfigurationInvalid: if it is neither, or others than this host would reach it.
    """
    if "/" in text:
        return text
    try:
        place = Endpoint.parse(text)
    except AddressInvalid as error:
        reason = f"{error}, or a path such as /run/machine.sock"
        raise ConfigurationInvalid("driver-settings", key, reason) from error
    if not ip_address(place.host).is_loopback:
        reason = f"frames pass there in the clear, so it is a loopback address such as 127.0.0.1, not {place.host}"
        raise ConfigurationInvalid("driver-settings", key, reason)
    return place


def _bound(
    place: Endpoint | str, settings: QemuSettings, kind: socket.SocketKind
) -> tuple[socket.socket, Callable[[], object]]:
    """
    @return: the socket, and what closes it.
    """
    if isinstance(place, str):
        file = SocketFile(place, kind, settings.group)
        return file.socket, file.close
    port = socket.socket(socket.AF_INET6 if place.isIPv6 else socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    try:
        if kind == socket.SOCK_STREAM:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind(place)
    except OSError as error:
        port.close()
        raise TapUnavailable(f"{place} cannot be used for the virtual machine: {error.strerror}") from error
    return port, port.close
