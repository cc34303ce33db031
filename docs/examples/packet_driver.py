"""
A tap driver: the host's side is a program that listens at a UNIX socket and gets one frame a packet.
"""

import socket

import msgspec
from zope.interface import implementer

from wand.drivers.descriptor import DescriptorTap
from wand.errors import TapUnavailable
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings


class PacketSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    path: str


# driver
@implementer(ITapDriver)
class PacketDriver:
    """
    Connects to the program.
    """

    name = "packet"
    about = "a program at a UNIX socket, one frame a packet"

    def unusable(self) -> str | None:
        return None if hasattr(socket, "SOCK_SEQPACKET") else "this system has no SOCK_SEQPACKET"

    def open(self, request: TapRequest, context: Context) -> ITap:
        settings = readSettings(request.settings, PacketSettings)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            connection.connect(settings.path)
        except OSError as error:
            connection.close()
            raise TapUnavailable(f"nobody listens at {settings.path}: {error.strerror}") from error
        return DescriptorTap(request, context, connection.detach())


# end of driver
