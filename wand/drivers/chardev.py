"""
Character devices that give one raw Ethernet frame per read: C{/dev/tap0} of BSD and macOS (tap(4)), and those that put
two octets before each frame, as the ethertap device of Linux 2.2 did.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

import msgspec
from zope.interface import implementer

from wand.drivers.commands import runCommand
from wand.drivers.descriptor import DescriptorTap
from wand.errors import TapUnavailable
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings

#: The word by which ifconfig(8) sets a MAC address, by the beginning of C{sys.platform}.
_MAC_WORDS: Final = {"darwin": "ether", "dragonfly": "ether", "freebsd": "ether", "netbsd": "link", "openbsd": "lladdr"}


class ChardevSettings(msgspec.Struct, frozen=True):
    """
    What an operator may set.

    @ivar path: the device; by default the one in C{/dev} with the name of the interface.
    @ivar pad: octets before each frame, 0 or 2.
    """

    path: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    pad: Literal[0, 2] = 0


def openDevice(path: str) -> int:
    """
    Open a character device for reading and writing.

    @return: its file descriptor.
    @raise OSError: if it cannot be opened.
    """
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def configuration(platform: str, request: TapRequest) -> list[list[str]]:
    """
    The commands that configure the interface of a device.

    @param platform: as C{sys.platform} says.
    @return: each with its arguments; none where the system has no such devices: then the operator configures them.
    """
    word = next((word for name, word in _MAC_WORDS.items() if platform.startswith(name)), None)
    if word is None:
        return []
    wanted = [[word, str(request.mac)], ["mtu", str(request.mtu)]]
    if word == "link":
        wanted[0].append("active")
    wanted += [["inet6" if ":" in address else "inet", address, "alias"] for address in request.addresses]
    if request.up:
        wanted.append(["up"])
    return [["ifconfig", request.interface, *each] for each in wanted]


@implementer(ITapDriver)
class ChardevDriver:
    """
    Opens an existing character device.
    """

    name = "chardev"
    about = "a character device that holds frames, /dev/tap0 of BSD and macOS"
    settings = ChardevSettings

    def __init__(
        self,
        opener: Callable[[str], int] = openDevice,
        run: Callable[[Sequence[str], str], object] = runCommand,
        platform: str = sys.platform,
    ) -> None:
        """
        @param opener: opens the device at a path; the driver closes the descriptor.
        @param run: runs a command of the system's, see L{runCommand}.
        @param platform: the system, as C{sys.platform} says.
        """
        self._opener = opener
        self._run = run
        self._platform = platform

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return "it needs a Unix" if self._platform == "win32" else None

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.
        """
        settings = readSettings(request.settings, ChardevSettings)
        descriptor = self._open(settings.path or f"/dev/{request.interface}")
        try:
            for command in configuration(self._platform, request):
                self._run(command, "ifconfig")
            return DescriptorTap(request, context, descriptor, pad=settings.pad)
        except BaseException:
            os.close(descriptor)
            raise

    def _open(self, path: str) -> int:
        try:
            return self._opener(path)
        except OSError as error:
            raise TapUnavailable(f"{path} cannot be opened: {error.strerror}; {_advice(error)}") from error


def _advice(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "start as root, or give this user the right to read and write it"
    if isinstance(error, FileNotFoundError):
        return "name the device in the driver setting 'path', or load the system's driver for it"
    return "another program may have it open"
