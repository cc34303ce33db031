"""
A LAN inside the process, for tests and for a demonstration without privileges.

The node's tap is one port of a L{MemoryLAN}; whoever plays the hosts attaches more ports to it::

    driver = MemoryDriver()
    tap = driver.open(TapRequest("wan0", mac, 1280, settings={"lan": "blue", "loss": 0.1}), context)
    host = driver.lans["blue"].attach(print)
    host.send(frame)

The clock and the random generator of a LAN are those of the first tap that is opened on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from wand.drivers.descriptor import COUNTERS
from wand.drivers.lan import LANSettings, MemoryLAN
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC, OVERHEAD, Frame
from wand.interfaces import Context, IAdjustableTap, IFrameReader, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings


@implementer(IAdjustableTap)
class MemoryTap:
    """
    A node's port of a L{MemoryLAN}.

    @ivar features: none.
    @ivar addresses: the IP addresses of the host; unused here.
    """

    features: Sequence[str] = ()

    def __init__(self, request: TapRequest, context: Context, lan: MemoryLAN) -> None:
        self.adopt(request.interface, request.mac, request.mtu)
        self.addresses = list(request.addresses)
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._receiver: IFrameReader | None = None
        self._port = lan.attach(self._received, self._settled)
        self._closed = False

    def adopt(self, interface: str, mac: MAC, mtu: int) -> None:
        """
        See L{wand.interfaces.IHostTap}.
        """
        self.interface, self.mac, self.mtu = interface, mac, mtu

    def addAddress(self, address: str) -> None:
        """
        See L{ITap}.
        """
        if address not in self.addresses:
            self.addresses.append(address)

    def removeAddress(self, address: str) -> None:
        """
        See L{IAdjustableTap}.
        """
        if address in self.addresses:
            self.addresses.remove(address)

    def setMTU(self, mtu: int) -> None:
        """
        See L{IAdjustableTap}: the host has no interface.
        """

    def start(self, receiver: IFrameReader) -> None:
        """
        See L{ITap}.
        """
        self._receiver = receiver

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        if len(frame) > self.mtu + OVERHEAD:
            self._counters["drop-tap-oversize"] += 1
            return False
        taken = self._port.send(frame)
        if taken:
            self._counters["tap-written-frames"] += 1
            self._counters["tap-written-bytes"] += len(frame)
        else:
            self._counters["drop-tap-error" if self._closed else "drop-tap-full"] += 1
        return taken

    def close(self) -> None:
        """
        See L{ITap}.
        """
        self._receiver = None
        self._closed = True
        self._port.detach()

    def _received(self, frame: bytes) -> None:
        if self._receiver is not None:
            self._counters["tap-read-frames"] += 1
            self._counters["tap-read-bytes"] += len(frame)
            self._receiver.frameRead(frame)

    def _settled(self) -> None:
        if self._receiver is not None:
            self._receiver.batchRead()


@implementer(ITapDriver)
class MemoryDriver:
    """
    Opens taps on LANs of its own.

    @ivar lans: the LANs by name, each as long as something is plugged in.
    """

    name = "memory"
    about = "a LAN inside the process, for tests and demonstrations"
    settings = LANSettings

    def __init__(self) -> None:
        self.lans: dict[str, MemoryLAN] = {}

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.  The first tap of a LAN makes it; the settings of the others must agree.
        """
        settings = readSettings(request.settings, LANSettings)
        name = settings.lan or request.interface
        lan = self.lans.get(name)
        if lan is None:
            lan = MemoryLAN(settings, context.clock, context.random, lambda: self.lans.pop(name))
        for key in ("loss", "delay", "jitter"):
            there = getattr(lan.settings, key)
            if key in request.settings and getattr(settings, key) != there:
                raise ConfigurationInvalid("driver-settings", key, f"the LAN {name!r} exists already, with {there}")
        self.lans[name] = lan
        return MemoryTap(request, context, lan)
