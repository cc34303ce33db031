"""
The devices of VXLAN on Linux (ip-link(8), bridge(8), Documentation/networking/vxlan.rst of the kernel).

There are two.  The host has the first.  What its table does not name goes to the second one, where the node has it, as
datagrams that do not leave this host; and back, from device to device without a datagram, as the kernel does where it
sees that the other end is here (C{encap_bypass_if_local} in C{drivers/net/vxlan/vxlan_core.c}).  That keeps superframes
whole and loses VLAN tags; so on the way to the node datagrams go to a broadcast address, for which it does not do that.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
from contextlib import suppress
from typing import Final
from zlib import crc32

from twisted.logger import Logger

from wand.drivers.commands import runCommand, stayBehind
from wand.drivers.latest_lines import LatestLines
from wand.drivers.vxlan_messages import Place
from wand.errors import TapUnavailable
from wand.ethernet import MAC, MTU_MAXIMUM
from wand.host.tunnels import ALIAS, aliasOf
from wand.interfaces import Context, TapRequest

#: What the name of the node's own device ends with, and how many octets of the other name fit before it.
_SUFFIX: Final = ".node"
_NAME_SIZE: Final = 10

#: Seconds for which their end is waited for.
_PATIENCE: Final = 3

_ALL: Final = "00:00:00:00:00:00"
_HERE: Final = "127.0.0.1"
_AROUND: Final = "127.255.255.255"

#: The notes when the table cannot be written any more, and when it is written late.
LOST: Final = "vxlan-table"
LATE: Final = "vxlan-late"


class Devices:
    """
    Both devices, and the one table that changes.  It is a L{wand.drivers.vxlan_offload.Forwarding}.

    A program stays behind that writes the table, for that needs privileges.  When the node ends in whatever way it
    removes both.

    @ivar index: the number of the host's device.
    @ivar inner: the name of the node's.
    """

    _log = Logger()

    def __init__(self, request: TapRequest, number: int, port: int, inner: int, context: Context) -> None:
        """
        @param number: the network identifier.
        @param inner: the one between the two devices.
        @raise TapUnavailable: if they cannot be made; nothing is left behind then.
        """
        self.inner = _innerName(request.interface)
        self._notes = context.notes
        names = (request.interface, self.inner)
        makeRoom(names)
        if not _isUp("lo"):
            raise TapUnavailable(
                "the interface lo is down, which VXLAN needs for frames of the node: ip link set lo up"
            )
        alias = f"{ALIAS} {number} {inner}"  # of the network, and between the devices
        self._life = alive(alias)
        try:
            _make(request, self.inner, number, port, inner, alias)
            self.index = socket.if_nametoindex(request.interface)
            removal = "; ".join(f"ip link delete dev if{socket.if_nametoindex(each)}" for each in names)
            # What stops a whole service at once must not stop this before the node.
            script = f"trap '' HUP INT TERM; exec >/dev/null 2>&1; bridge -force -batch -; {removal}"
            self._program: subprocess.Popen[bytes] | None = stayBehind(script, "write the table of VXLAN")
            assert self._program.stdin is not None
            self._lines = LatestLines(self._program.stdin.fileno(), context.clock, self._isLate)
        except BaseException:
            _remove(names, alias)
            self._life.close()
            raise

    def put(self, mac: MAC, place: Place) -> None:
        """
        See L{wand.drivers.vxlan_offload.Forwarding}.
        """
        host, port, number = place
        self._write(mac, f"fdb replace {mac} dev if{self.index} dst {host} port {port} vni {number} self permanent")

    def remove(self, mac: MAC) -> None:
        """
        See L{wand.drivers.vxlan_offload.Forwarding}.
        """
        self._write(mac, f"fdb delete {mac} dev if{self.index} self")

    def _isLate(self, count: int) -> None:
        if count:
            self._notes.say(
                LATE,
                f"the program that writes the table of VXLAN does not read: {count} changes wait, and frames still go "
                "where the table says; find out what keeps it, or restart this node",
            )
        else:
            self._notes.clear(LATE)

    def _write(self, mac: MAC, line: str) -> None:
        if self._program is None:
            return
        try:
            self._lines.say(str(mac), line)
        except OSError:
            self._notes.say(LOST, "the program that writes the table of VXLAN was ended: restart this node")

    def close(self) -> None:
        """
        Remove the devices.
        """
        program, self._program = self._program, None
        if program is None or program.stdin is None:
            return
        self._lines.close()
        self._notes.clear(LATE)
        with suppress(OSError):
            program.stdin.close()
        try:
            program.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._log.info("the program that removes the devices of VXLAN takes long, and is left alone")
        self._life.close()


def _innerName(name: str) -> str:
    """
    Two long names that begin alike are not to lead to one device: each node would remove the other's.
    """
    if len(name) > _NAME_SIZE:
        name = f"{name[: _NAME_SIZE - 6]}{crc32(name.encode()) & 0xFFFFFF:06x}"
    return name + _SUFFIX


def alive(alias: str) -> socket.socket:
    """
    Show that whoever made the devices of this alias is alive, in this network namespace as they are (unix(7)).

    @return: what shows it until it is closed.
    @raise OSError: if somebody else shows it.
    """
    shown = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        shown.bind(f"\0{alias}")
    except BaseException:
        shown.close()
        raise
    return shown


def makeRoom(names: tuple[str, ...]) -> None:
    """
    Remove what a node left behind that was ended together with the program that stayed.

    @raise TapUnavailable: if one is somebody else's, or of a node that is alive.
    """
    for name in names:
        if name not in (each for _, each in socket.if_nameindex()):
            continue
        alias = aliasOf(name)
        otherwise = f"choose another name in the key interface, or remove it with ip link delete dev {name}"
        if not alias.startswith(f"{ALIAS} "):
            raise TapUnavailable(f"there is an interface {name} already, which no node made: {otherwise}")
        try:
            alive(alias).close()
        except OSError as error:
            raise TapUnavailable(
                f"there is an interface {name} already, of another node that is at work: {otherwise}"
            ) from error
        _ip(f"link delete dev {name}")


def _isUp(name: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        answer = fcntl.ioctl(asked, 0x8913, struct.pack("16s24x", name.encode()))  # SIOCGIFFLAGS
    return bool(struct.unpack_from("=H", answer, 16)[0] & 1)


def _make(request: TapRequest, inner: str, number: int, port: int, between: int, alias: str) -> None:
    name = request.interface
    rest = f"dstport {port} nolearning"
    _ip(
        f"link add name {name} address {request.mac} mtu {request.mtu} type vxlan id {number} {rest}",
        f"link set dev {name} alias '{alias}'",
        f"link add name {inner} mtu {MTU_MAXIMUM} type vxlan id {between} {rest}",
        f"link set dev {inner} alias '{alias}'",
        f"link set dev {inner} addrgenmode none arp off up",
    )
    ways = ((name, _AROUND, between), (inner, _HERE, number))
    lines = [f"fdb append {_ALL} dev {device} dst {host} vni {vni} self permanent" for device, host, vni in ways]
    runCommand(["bridge", "-batch", "-"], "iproute2", "\n".join(lines) + "\n")
    if request.up:
        _ip(f"link set dev {name} up")


def _ip(*lines: str) -> None:
    runCommand(["ip", "-batch", "-"], "iproute2", "\n".join(lines) + "\n")


def _remove(names: tuple[str, ...], alias: str) -> None:
    for name in names:
        with suppress(TapUnavailable, OSError):
            if aliasOf(name) == alias:
                _ip(f"link delete dev {name}")
