"""
A factory for one protocol that is there already.
"""

from __future__ import annotations

from twisted.internet.protocol import Factory, Protocol


class Lone(Factory):
    """
    Makes one protocol, which is there already.
    """

    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._only = protocol

    def buildProtocol(self, address: object) -> Protocol:
        """
        See L{twisted.internet.interfaces.IProtocolFactory}.
        """
        return self._only
