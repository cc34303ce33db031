"""
A macvtap of Linux in the mode passthru: an existing interface is handed over to the network as a whole, with what is
behind it (C{drivers/net/macvtap.c} of the kernel; ip-link(8)).  The node needs the bridge right, and no privileges if
somebody else made the macvtap.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer, implementer_only

from wand.drivers.commands import runCommand
from wand.drivers.descriptor import DescriptorTap
from wand.drivers.interface_end import InterfaceEnd
from wand.drivers.offloads import OffloadTap
from wand.errors import TapUnavailable
from wand.interfaces import Context, ISuperframeTap, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings
from wand.superframes.virtio import IFF_VNET_HDR, agreeOffloads
from wand.underlay.prompt import IPromptReader

_log: Final = Logger()

_TUNSETIFF: Final = 0x400454CA
_TUNGETIFF: Final = 0x800454D2
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_IFF_UP: Final = 0x1
_IFF_ALLMULTI: Final = 0x200

_ADVICE: Final = {
    errno.EACCES: "start as root (--uid and --gid drop the privileges later), or give this user the device with chown",
    errno.ENOENT: "the kernel has it only where /dev is its own (devtmpfs): in a container, give it the device",
    errno.EBUSY: "another program has it open; stop that program",
}


class MacvtapSettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar lower: the interface that is handed over, if the macvtap does not exist yet.
    """

    lower: str = ""


@implementer_only(ITap, IPromptReader)  # the interface below has another MAC address, and that is nobody's mistake
class MacvtapTap(DescriptorTap):
    """
    A macvtap without offloads.
    """


@implementer_only(ISuperframeTap, IPromptReader)
class OffloadMacvtapTap(OffloadTap):
    """
    A macvtap with superframes.
    """


@implementer(ITapDriver)
class MacvtapDriver:
    """
    Makes a macvtap, or uses an existing one.
    """

    name = "macvtap"
    about = "an interface of Linux that is handed over as a whole; needs the bridge right"
    settings = MacvtapSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if sys.platform == "linux" else "it needs Linux"

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.  The interface below keeps its MAC address, and the host gets no addresses there.
        """
        settings = readSettings(request.settings, MacvtapSettings)
        remove = _make(request.interface, settings.lower)
        try:
            _configure(request)
            return _open(request, context, remove)
        except BaseException:
            remove()
            raise


def _make(interface: str, lower: str) -> Callable[[], object]:
    """
    @return: what removes the interface, if it did not exist before.
    """
    if _exists(interface):
        return lambda: None
    if not lower:
        raise TapUnavailable(
            f"there is no macvtap {interface}: name the interface that it hands over in the driver setting 'lower', or "
            f"run ip link add link eth1 name {interface} type macvtap mode passthru"
        )
    runCommand(
        ["ip", "link", "add", "link", lower, "name", interface, "type", "macvtap", "mode", "passthru"], "iproute2"
    )
    return lambda: _remove(interface)


def _exists(interface: str) -> bool:
    return interface in (name for _, name in socket.if_nameindex())


def _remove(interface: str) -> None:
    if not _exists(interface):
        return
    try:
        runCommand(["ip", "link", "delete", "dev", interface], "iproute2")
    except TapUnavailable as error:  # without the privileges of the start; the next one uses it
        _log.info("the interface {interface} stays behind: {reason}", interface=interface, reason=str(error))


def _configure(request: TapRequest) -> None:
    """
    Change only what is not yet right, for that needs privileges.  Without the flag the kernel keeps multicast back that
    is for groups of others than this host.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        name = struct.pack("16s24x", request.interface.encode())
        (mtu,) = struct.unpack_from("=i", fcntl.ioctl(asked, 0x8921, name), 16)  # SIOCGIFMTU
        (flags,) = struct.unpack_from("=H", fcntl.ioctl(asked, 0x8913, name), 16)  # SIOCGIFFLAGS
    changes = [] if mtu == request.mtu else ["mtu", str(request.mtu)]
    changes += [] if flags & _IFF_ALLMULTI else ["allmulticast", "on"]
    changes += [] if flags & _IFF_UP or not request.up else ["up"]
    if changes:
        runCommand(["ip", "link", "set", "dev", request.interface, *changes], "iproute2")


def _open(request: TapRequest, context: Context, remove: Callable[[], object]) -> ITap:
    index = socket.if_nametoindex(request.interface)
    descriptor = _openDevice(request.interface, Path(f"/dev/tap{index}"))
    undo: list[Callable[[], object]] = [lambda: os.close(descriptor), remove]

    def release() -> None:
        for each in undo:
            each()

    try:
        tap = _tapOf(request, context, descriptor, release)
    except BaseException:
        os.close(descriptor)
        raise

    def gone() -> None:
        tap.connectionLost(Failure(TapUnavailable("its interface was deleted")))
        tap.close()  # for it would take every frame, and lose it

    undo.insert(0, context.hostChanges.watch(InterfaceEnd(index, gone)))
    return tap


def _openDevice(interface: str, path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "is the interface a macvtap?")
        raise TapUnavailable(
            f"{path}, the device of {interface}, cannot be opened: {error.strerror}; {advice}"
        ) from error
    try:
        named = fcntl.ioctl(descriptor, _TUNGETIFF, bytes(40))[:16].rstrip(b"\0")
    except OSError:
        named = b""
    if named != interface.encode():  # interfaces of another network namespace may have this number
        os.close(descriptor)
        raise TapUnavailable(f"{path} is not the device of {interface}; it is that of another network namespace")
    return descriptor


def _tapOf(request: TapRequest, context: Context, descriptor: int, release: Callable[[], object]) -> DescriptorTap:
    rest: dict[str, Any] = {"release": release}
    if request.superframes:
        _setFlags(descriptor, request.interface, IFF_VNET_HDR)
        try:
            return OffloadMacvtapTap(request, context, descriptor, agreeOffloads(descriptor), **rest)
        except OSError as error:
            _log.info("the macvtap gives ordinary frames, no offloads here ({reason})", reason=error.strerror)
    _setFlags(descriptor, request.interface, 0)
    return MacvtapTap(request, context, descriptor, **rest)


def _setFlags(descriptor: int, interface: str, more: int) -> None:
    flags = _IFF_TAP | _IFF_NO_PI | more
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("=16sH22x", interface.encode(), flags))
    except OSError as error:
        raise TapUnavailable(f"the macvtap {interface} cannot be used: {error.strerror}") from error
