"""
Tap drivers: an Ethernet port of this host.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from zope.interface import Attribute, Interface

from wand.ethernet import MAC, Frame
from wand.interfaces.context import Context
from wand.interfaces.plugin import IWandPlugin, Settings
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import VirtioHeader


@attrs.frozen
class TapRequest:
    """
    The Ethernet port that a node wants.

    @ivar interface: the name of the network interface, or of whatever the driver has instead.
    @ivar mac: the MAC address that the host is to have on it.
    @ivar mtu: the largest payload of a frame, in octets.
    @ivar addresses: IP addresses with their prefix lengths, C{10.1.0.1/16}, for the host.
    @ivar up: whether to set the link up.
    @ivar superframes: whether superframes are welcome; a driver that has them then opens an L{ISuperframeTap}.
    @ivar later: whether more addresses may come once the privileges of the start are dropped.
    @ivar settings: the driver's own settings, not yet checked.
    """

    interface: str
    mac: MAC
    mtu: int
    addresses: Sequence[str] = ()
    up: bool = True
    later: bool = False
    superframes: bool = False
    settings: Settings = attrs.field(factory=dict)


class ITapDriver(IWandPlugin):
    """
    A way to have an Ethernet port on this host.
    """

    def open(request: TapRequest, context: Context) -> ITap:
        """
        Open the port and configure it: MAC, MTU, addresses, link.  Called with the privileges of the start, before they
        are dropped; what is opened must work without them.  If it fails it leaves nothing behind.

        @raise wand.errors.TapUnavailable: if the port cannot be opened or configured.
        @raise wand.errors.ConfigurationInvalid: if C{request.settings} has a key or a value that the driver refuses.
        """


class ITap(Interface):
    """
    An open Ethernet port.
    """

    interface: str = Attribute("The name under which the host knows the port.")

    mac: MAC = Attribute("The MAC address that the host has on it.")

    mtu: int = Attribute("The largest payload of a frame, in octets.")

    features: Sequence[str] = Attribute("What was agreed with the kernel, for people, such as TSO4; empty if nothing.")

    def addAddress(address: str) -> None:
        """
        Give the host one more IP address on the port, C{10.77.0.5/16}; one that it has already is fine.

        @raise wand.errors.TapUnavailable: if it cannot be set, with what to do.
        """

    def start(receiver: IFrameReader) -> None:
        """
        Hand the frames that the host sends to C{receiver}, in their order, from the next turn of the reactor on.  One
        that is longer than the MTU allows is left out, or handed over as one that is too long, never cut to fit.
        """

    def write(frame: Frame) -> bool:
        """
        Hand a frame to the host.  Never raises and never waits: a frame that it does not take, or that is longer than
        C{mtu} and L{wand.ethernet.OVERHEAD} allow, is dropped and counted.

        @return: whether the host took it.
        """

    def close() -> None:
        """
        Stop reading and give the port back; what was opened is gone.  More calls do nothing.
        """


class IHostTap(ITap):
    """
    A port that is an interface of this host, which others can configure, too.
    """

    def adopt(interface: str, mac: MAC, mtu: int) -> None:
        """
        Somebody else changed the port: it has this name, this address and this MTU now.
        """


class IAdjustableTap(IHostTap):
    """
    A port whose host can be given other addresses and another MTU while it is open.
    """

    def removeAddress(address: str) -> None:
        """
        Take an IP address from the host, C{10.77.0.5/16}; one that it has not is fine.

        @raise wand.errors.TapUnavailable: if it cannot be taken, with what to do.
        """

    def setMTU(mtu: int) -> None:
        """
        Give the host's interface another MTU; L{IHostTap.adopt} follows.

        @raise wand.errors.TapUnavailable: if it cannot be set.
        """


class ISuperframeTap(ITap):
    """
    A port whose kernel hands over L{superframes <wand.superframes>} and takes them.
    """

    def writeStretch(stretch: Stretch) -> bool:
        """
        Hand a stretch of a superframe to the host, in one piece.  Never raises and never waits.

        @return: whether the host took it.
        """


class IFrameReader(Interface):
    """
    Takes the frames that the host sends through a tap.  Etud provides it; drivers call it.
    """

    def frameRead(frame: Frame) -> None:
        """
        The host sent a frame.

        @param frame: whole, from the destination address on; a C{memoryview} is good until this call returns.
        """

    def superframeRead(frame: memoryview, virtio: VirtioHeader) -> None:
        """
        The host sent a frame that it left to others to finish: a superframe, or a frame without its checksum.  Only an
        L{ISuperframeTap} calls it.

        @param frame: good until this call returns; it may be changed.
        @param virtio: what the kernel says of it.
        """

    def batchRead() -> None:
        """
        For now there are no more frames: what was put off for a batch can be done.
        """

    def tapLost(reason: str) -> None:
        """
        The port is gone: the device was deleted or broke.  It hands over nothing more.
        """
