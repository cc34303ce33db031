"""
A port whose frames the kernel of Linux moves, as VXLAN (RFC 7348): to every owner of an address who has such a port,
too, in the clear, past this program.  All other frames go through the node as from a tap.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Annotated, Any, Final

import msgspec
from zope.interface import implementer

from wand.drivers.afpacket import hasUSO
from wand.drivers.commands import Addresses
from wand.drivers.interface_end import InterfaceEnd
from wand.drivers.kernel_driver import KernelDriver
from wand.drivers.packet_socket import openPacketSocket
from wand.drivers.vxlan_devices import Devices
from wand.drivers.vxlan_direct import DirectListener, DirectSender
from wand.drivers.vxlan_messages import Place
from wand.drivers.vxlan_offload import Offload
from wand.drivers.vxlan_tap import OffloadedTap, SuperframeVXLANTap, VXLANTap
from wand.errors import ConfigurationInvalid
from wand.host.local_addresses import localEndpoints
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings
from wand.underlay.source import chosenSource

#: The note that says what this driver does.
PLAIN: Final = "vxlan-plain"

#: Seconds for which an address of this host is believed to be the best.
_ADDRESS_LIFETIME: Final = 10.0


class VXLANSettings(msgspec.Struct, frozen=True):
    """
    What an operator sets.

    @ivar trusted: the operator's word that frames may travel in the clear, and come from everybody on the underlay.
    @ivar id: the network identifier (VNI).
    @ivar port: the UDP port, here and at the others.
    @ivar address: the address at which others reach this host, where it does not find that by itself.
    @ivar most: how many addresses are given to the kernel at most.
    """

    trusted: bool = False
    id: Annotated[int, msgspec.Meta(ge=1, lt=1 << 24)] = 1
    port: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)] = 4789
    address: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=200_000)] = 4096


class _OwnPlace:
    """
    Where this host is reached as VXLAN.
    """

    def __init__(self, settings: VXLANSettings, interface: Callable[[], str], now: Callable[[], float]) -> None:
        self._settings = settings
        self._interface = interface
        self._now = now
        self._found, self._until = "", 0.0

    def __call__(self, towards: str | None) -> Place | None:
        settings = self._settings
        host = settings.address or (towards and chosenSource((towards, settings.port))) or self._best()
        return Place(host, settings.port, settings.id) if host else None

    def _best(self) -> str:
        if self._now() >= self._until:
            self._until = self._now() + _ADDRESS_LIFETIME
            found = localEndpoints("0.0.0.0", self._settings.port, self._interface())
            self._found = next((each.rpartition(":")[0] for each in found if "[" not in each), "")
        return self._found


@implementer(ITapDriver)
class VXLANDriver(KernelDriver):
    """
    Makes the devices.
    """

    name = "vxlan"
    about = "a port of Linux whose frames the kernel moves as VXLAN, in the clear, where the other end has one, too"
    settings = VXLANSettings

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.
        """
        settings = _checked(readSettings(request.settings, VXLANSettings))
        closers: list[Callable[[], object]] = []

        def release() -> None:
            while closers:
                closers.pop()()

        try:
            tap = self._tap(request, context, settings, closers, release)
        except BaseException:
            release()
            raise
        context.notes.say(
            PLAIN,
            f"the driver vxlan lets the kernel move frames in the clear (network {settings.id}, UDP port "
            f"{settings.port}): whoever is on that underlay can read them, and send this host others",
            isHint=True,
        )
        closers.append(lambda: context.notes.clear(PLAIN))
        return tap

    def _tap(
        self,
        request: TapRequest,
        context: Context,
        settings: VXLANSettings,
        closers: list[Callable[[], object]],
        release: Callable[[], object],
    ) -> OffloadedTap:
        between = 1 + (settings.id + context.random.randrange((1 << 24) - 2)) % ((1 << 24) - 1)  # any but that
        devices = Devices(request, settings.id, settings.port, between, context)
        closers.append(devices.close)
        port = openPacketSocket(devices.inner, request.mtu, up=False)
        closers.append(port.close)
        listener = DirectListener(request.interface, context.descriptors)
        closers.append(listener.close)
        direct = DirectSender()
        closers.append(direct.close)
        addresses = Addresses(lambda: f"if{devices.index}", request.later)
        closers.append(addresses.close)
        for address in request.addresses:
            addresses.add(address)
        rest: dict[str, Any] = {"release": release, "addresses": addresses}
        tap: OffloadedTap
        if request.superframes:
            tap = SuperframeVXLANTap(request, context, port, hasUSO(self._release()), **rest)
        else:
            tap = VXLANTap(request, context, port, **rest)
        tap.listener, tap.direct = listener, direct
        tap.here = Place("127.0.0.1", settings.port, settings.id)
        tap.ownPlace = _OwnPlace(settings, lambda: tap.interface, context.clock.seconds)
        tap.offload = Offload(context, devices, tap, settings.most)
        closers.append(tap.offload.stop)

        closers.append(context.hostChanges.watch(InterfaceEnd(devices.index, tap.interfaceGone)))
        return tap


def _checked(settings: VXLANSettings) -> VXLANSettings:
    if not settings.trusted:
        raise ConfigurationInvalid(
            "driver-settings",
            "trusted",
            "the driver vxlan sends frames in the clear, also those of a sealed network, and takes them from "
            "everybody: set trusted = true if you trust the whole network below, or take another driver",
        )
    if settings.address:
        try:
            IPv4Address(settings.address)
        except ValueError as error:
            raise ConfigurationInvalid("driver-settings", "address", str(error)) from None
    return settings
