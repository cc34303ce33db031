"""
A tap driver: another program opens the device, in a namespace or a container of its own, and hands it over.
"""

import socket

import msgspec
from zope.interface import implementer

from wand.drivers.descriptor import DescriptorTap
from wand.errors import TapUnavailable
from wand.interfaces import BasePlugin, Context, ITap, ITapDriver, TapRequest
from wand.plugin_settings import readSettings


class HandedSettings(msgspec.Struct):
    """
    What an operator sets.

    @ivar path: the socket of the program that hands it over.
    """

    path: str


@implementer(ITapDriver)
class HandedDriver(BasePlugin):
    """
    Asks for the device.
    """

    name, about = "handed", "a tap that another program opens, and hands over through a UNIX socket"
    settings = HandedSettings

    def open(self, request: TapRequest, context: Context) -> ITap:
        path = readSettings(request.settings, HandedSettings).path
        try:
            with socket.socket(socket.AF_UNIX) as giver:
                giver.settimeout(1.0)  # open() is not to wait
                giver.connect(path)
                _, (descriptor,), *_ = socket.recv_fds(giver, 1, 1)
        except (OSError, ValueError) as error:  # ValueError: what came was no descriptor
            raise TapUnavailable(f"nobody at {path} hands over a tap: {error}") from error
        return DescriptorTap(request, context, descriptor)


plugin = HandedDriver()
