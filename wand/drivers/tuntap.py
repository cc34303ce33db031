"""
The Linux tap device, through python-pytun (Documentation/networking/tuntap.rst of the kernel).
"""

from __future__ import annotations

import errno
import fcntl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from twisted.logger import Logger
from zope.interface import implementer

from wand.drivers.commands import Addresses, runCommand
from wand.drivers.descriptor import DescriptorTap
from wand.drivers.offloads import OffloadTap
from wand.drivers.present import presentAdvice
from wand.errors import TapUnavailable
from wand.host.tunnels import ALIAS, aliasOf
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import NoSettings, readSettings
from wand.superframes.virtio import IFF_VNET_HDR, agreeOffloads

_log = Logger()

_DEVICE: Final = "/dev/net/tun"

#: The most octets that the kernel puts into a superframe.  With the headers of its datagrams it leaves in one train of
#: up to 64 KiB; a longer one would be a train and a short one behind it, which costs 3 % more processor time.
SUPERFRAME: Final = 60_000

_MISSING: Final = (
    f"there is no {_DEVICE}; load the module with modprobe tun (after an upgrade of the kernel: reboot), or give the "
    "container the device"
)

_PRIVILEGE: Final = (
    "this needs root (--uid and --gid drop the privileges once the tap is open), the capability CAP_NET_ADMIN, or a "
    "tap made for this user beforehand: ip tuntap add dev {interface} mode tap user NAME"
)

_ADVICE: Final = {
    errno.ENOENT: _MISSING,
    errno.ENODEV: "the kernel has no tun module; load it with modprobe tun (after an upgrade of the kernel: reboot)",
    errno.EACCES: f"{_DEVICE} may not be opened; {_PRIVILEGE}",
    errno.EPERM: _PRIVILEGE,
    errno.EBUSY: "another program has it open; stop that program, or choose another interface name",
    errno.EINVAL: "an interface of this name exists that is not a tap, or no interface can have this name",
}


@implementer(ITapDriver)
class TuntapDriver:
    """
    Makes a tap interface, or uses an existing persistent one of that name.
    """

    name = "tuntap"
    about = "a tap interface of Linux"
    settings = NoSettings

    def __init__(self, device: str = _DEVICE, ioctl: Callable[..., object] = fcntl.ioctl) -> None:
        """
        @param device: the path of the device from which the kernel makes interfaces.
        @param ioctl: asks the kernel for offloads, see L{agreeOffloads}.
        """
        self._device = device
        self._ioctl = ioctl

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        if sys.platform != "linux":
            return "it needs Linux; on BSD and macOS use the driver chardev"
        if not Path(self._device).exists():
            return _MISSING
        try:
            import pytun  # noqa: F401
        except ImportError as error:
            return f"python-pytun cannot be imported ({error}); install it with pip install python-pytun"
        return None

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.
        """
        readSettings(request.settings, NoSettings)
        device, features = self._openDevice(request)
        try:
            _configure(device, request)
            opened: list[DescriptorTap] = []  # it knows when it was renamed
            addresses = Addresses(lambda: opened[0].interface if opened else device.name, request.later)
            for address in request.addresses:
                addresses.add(address)
            rest: dict[str, Any] = {"interface": device.name, "release": device.close, "addresses": addresses}
            _mark(device.name, hasSuperframes=bool(features))
            if features:
                opened.append(OffloadTap(request, context, device.fileno(), features, **rest))
            else:
                opened.append(DescriptorTap(request, context, device.fileno(), **rest))
            return opened[0]
        except BaseException:
            device.close()
            raise

    def _openDevice(self, request: TapRequest) -> tuple[Any, tuple[str, ...]]:
        """
        @return: the device, and its offloads; none if it gives ordinary frames.
        """
        if request.superframes:
            device = _makeDevice(request.interface, self._device, IFF_VNET_HDR)
            try:
                return device, agreeOffloads(device.fileno(), self._ioctl)
            except OSError as error:
                device.close()
                _log.info("the tap gives ordinary frames, no offloads here ({reason})", reason=error.strerror)
        return _makeDevice(request.interface, self._device, 0), ()


def _makeDevice(interface: str, path: str, flags: int) -> Any:
    import pytun  # only Linux has it

    try:
        return pytun.TunTapDevice(name=interface, flags=pytun.IFF_TAP | pytun.IFF_NO_PI | flags, dev=path)
    except OSError as error:
        raise TapUnavailable(f"the tap {interface} cannot be opened: {whyNot(interface, error)}") from error


def whyNot(interface: str, error: OSError) -> str:
    """
    Why an interface cannot be opened, and what to do about it: the existing interface says more than the system does.
    """
    advice = presentAdvice(interface) if error.errno in (errno.EINVAL, errno.EPERM, errno.EBUSY) else ""
    advice = advice or _ADVICE.get(error.errno or 0, "").format(interface=interface)
    return advice or error.strerror or str(error)


def _configure(device: Any, request: TapRequest) -> None:
    """
    Change only what is not yet right, so that an unprivileged program can use a tap that was made for it.
    """
    for attribute, value in (("hwaddr", bytes(request.mac)), ("mtu", request.mtu)):
        try:
            if getattr(device, attribute) != value:
                setattr(device, attribute, value)
        except OSError as error:
            what = {"hwaddr": f"given the MAC address {request.mac}", "mtu": f"given an MTU of {request.mtu}"}[
                attribute
            ]
            raise _unconfigured(device.name, what, error) from error
    if request.up:
        try:
            device.up()
        except OSError as error:
            raise _unconfigured(device.name, "set up", error) from error


def _mark(interface: str, *, hasSuperframes: bool) -> None:
    """
    Let everybody see that the interface leads into a network of ours, unless it has an alias already, and keep
    superframes short.  The tap works without either.
    """
    try:
        alias = () if aliasOf(interface) else ("alias", ALIAS)
    except OSError:  # this system does not tell: whatever alias there is stays
        alias = ()
    shorten = ("gso_max_size", str(SUPERFRAME)) if hasSuperframes else ()
    for changes in dict.fromkeys(((*alias, *shorten), alias)):  # an old iproute2 knows the alias alone
        try:
            if changes:
                runCommand(["ip", "link", "set", "dev", interface, *changes], "iproute2")
            return
        except TapUnavailable as error:
            _log.debug("the tap is not given {changes}: {reason}", changes=" ".join(changes), reason=str(error))


def _unconfigured(interface: str, what: str, error: OSError) -> TapUnavailable:
    reason = _PRIVILEGE.format(interface=interface) if error.errno == errno.EPERM else error.strerror or str(error)
    return TapUnavailable(f"the tap {interface} cannot be {what}: {reason}")
