"""
The sealed protocol as a plugin.
"""

from __future__ import annotations

import os

from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.errors import ConfigurationInvalid
from wand.interfaces import Context, ISessionProtocol, TransportRequest
from wand.plugin_settings import NoSettings, readSettings
from wand.sealed.sessions.transport import SealedTransport


@implementer(ISessionProtocol, IPlugin)
class Sealed:
    """
    The protocol C{sealed}.  It has no settings: they are the network's.
    """

    name = "sealed"
    about = "encrypted and authenticated sessions between the members of a network"
    settings = NoSettings
    defaultMTU = 1500
    directory = "wansd"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, request: TransportRequest, context: Context) -> SealedTransport:
        """
        See L{wand.interfaces.IPeerProtocol}.
        """
        readSettings(request.settings, NoSettings, "protocol-settings")
        if request.membership is None:
            raise ConfigurationInvalid(
                "", "protocol", "the sealed protocol works within a network only; join one first"
            )
        return SealedTransport(request.host, request.port, context, request.membership, os.urandom, request.mtu)
