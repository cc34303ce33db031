"""
A port of a VDE switch (Virtual Distributed Ethernet, C{vde_switch} of virtualsquare.org): virtual machines, containers
and user-mode Linux on it are on the network, without a tap and without root.

A client asks at the socket C{ctl} in the directory of the switch, names a socket of its own for frames, and is told
that of the switch.  The request is the constant 0xfeedface, the version, the type, a C{sockaddr_un} and a description,
the answer a C{sockaddr_un}; integers are those of the machine.  The port exists as long as this connection does.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import msgspec
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer, implementer_only

from wand.drivers.descriptor import DescriptorTap
from wand.errors import TapUnavailable
from wand.interfaces import Context, IFrameReader, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings
from wand.underlay.prompt import IPromptReader

_MAGIC: Final = 0xFEEDFACE
_VERSION: Final = 3
_NEW_PORT: Final = 0

#: Magic number, version, type.
_REQUEST: Final = struct.Struct("=III")

#: A C{sockaddr_un} of Linux: family and path.
_ADDRESS: Final = struct.Struct("=H108s")

#: Seconds for the answer of the switch.
_PATIENCE: Final = 5.0


class VDESettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar switch: the directory of the switch.
    """

    switch: Annotated[str, msgspec.Meta(min_length=1)] = "/run/vde.ctl"


@implementer(IReadDescriptor)
class _Connection:
    """
    The connection to the switch, on which nothing comes any more but its end.
    """

    def __init__(self, connected: socket.socket, ended: Callable[[], object]) -> None:
        connected.setblocking(False)
        self._connected = connected
        self._ended = ended

    def doRead(self) -> None:
        """
        See L{IReadDescriptor}.
        """
        with suppress(BlockingIOError):
            try:
                ended = not self._connected.recv(1024)
            except ConnectionError:
                ended = True
            if ended:
                self._ended()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}.
        """
        self._ended()

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return self._connected.fileno()

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return "vde"


@implementer_only(ITap, IPromptReader)  # no interface of this host
class VDETap(DescriptorTap):
    """
    A port of a switch.
    """

    def __init__(self, request: TapRequest, context: Context, connected: socket.socket, port: socket.socket) -> None:
        """
        @param connected: the connection to the switch.
        @param port: the socket for frames.
        """
        super().__init__(request, context, port.fileno(), release=self._closeBoth)
        self._connected, self._port = connected, port
        self._connection = _Connection(connected, lambda: self._lose(""))

    def start(self, receiver: IFrameReader) -> None:
        """
        See L{ITap}.
        """
        super().start(receiver)
        self._descriptors.addReader(self._connection)

    def readFrame(self) -> int:
        """
        See L{DescriptorTap.readFrame}.  An empty datagram ends nothing.
        """
        return max(super().readFrame(), 0)

    def _lose(self, reason: str) -> None:
        super()._lose("the switch closed the port")

    def _stop(self) -> IFrameReader | None:
        self._descriptors.removeReader(self._connection)
        return super()._stop()

    def _closeBoth(self) -> None:
        self._port.close()
        self._connected.close()


@implementer(ITapDriver)
class VDEDriver:
    """
    Plugs into a switch that runs.
    """

    name = "vde"
    about = "a port of a VDE switch, without a tap or root"
    settings = VDESettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if hasattr(socket, "AF_UNIX") else "it needs a Unix"

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.  Of the request only the name and the sizes count.
        """
        switch = Path(readSettings(request.settings, VDESettings).switch)
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        port = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            plug(switch, f"wand {request.interface}", connected, port)
            return VDETap(request, context, connected, port)
        except BaseException as error:
            port.close()
            connected.close()
            if isinstance(error, OSError):
                reason = f"{error.strerror or error}; start it with vde_switch -s {switch}, as who may use it"
                raise TapUnavailable(f"the switch {switch} gives no port: {reason}") from error
            raise


def plug(switch: Path, description: str, connected: socket.socket, port: socket.socket) -> None:
    """
    Ask a switch for a port.

    @param switch: its directory.
    @param description: what it shows people, at most 127 octets.
    @param connected: is connected to the switch.
    @param port: is bound, and connected to the port.
    @raise OSError: if the switch gives none.
    """
    control = switch / "ctl"
    connected.settimeout(_PATIENCE)
    connected.connect(str(control))
    path = switch / f".wand-{os.getpid()}-{port.fileno()}"
    port.bind(str(path))
    try:
        owner = control.stat()
        with suppress(PermissionError):
            os.chown(
                path, owner.st_uid, owner.st_gid
            )  # so that the switch may write to it if we are root, and it is not
        path.chmod(0o660)
        address = _ADDRESS.pack(socket.AF_UNIX, str(path).encode())
        connected.sendall(_REQUEST.pack(_MAGIC, _VERSION, _NEW_PORT) + address + description.encode()[:127])
        port.connect(_answered(connected))
    finally:
        path.unlink(missing_ok=True)  # both sides are connected, or never will be


def _answered(connected: socket.socket) -> str:
    """
    The path in the answer of a switch.
    """
    answer = b""
    while len(answer) < _ADDRESS.size:
        part = connected.recv(_ADDRESS.size - len(answer))
        if not part:
            raise ConnectionRefusedError("it refused")
        answer += part
    family, path = _ADDRESS.unpack(answer)
    name = path.partition(b"\0")[0]
    if family != socket.AF_UNIX or not name:
        raise ConnectionRefusedError("its answer is no address")
    return os.fsdecode(name)
