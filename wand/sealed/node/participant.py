"""
What a node that is a member of a network brings along for its directories.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from wand.membership.certificate import Certificate
from wand.membership.claims import Claims
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.interface import Sessions


@attrs.frozen
class DirectoryServer:
    """
    A directory server of the network.

    @ivar identity: its public key.
    @ivar exchangeKey: the public key of its handshakes.
    @ivar endpoints: where it may be, C{HOST:PORT} each; a host may be a name.
    """

    identity: bytes
    exchangeKey: bytes
    endpoints: tuple[str, ...]


class Participant(Protocol):
    """
    A node as a member of its network.

    @ivar identity: its public key.
    @ivar claims: who owns which address.
    """

    @property
    def identity(self) -> bytes: ...

    @property
    def claims(self) -> Claims: ...

    def servers(self) -> Sequence[DirectoryServer]:
        """
        The directory servers that we know.
        """

    def announcement(self) -> tuple[bytes, bytes] | None:
        """
        Our signed certificate and our signed claim; C{None} while there are none.
        """

    def endpoints(self) -> Sequence[str]:
        """
        Where our own UDP port can be reached on local networks, C{HOST:PORT} each.
        """

    def overtaken(self, epoch: int) -> None:
        """
        Somebody has announced with our key and this epoch: another host that runs with a copy of it, perhaps.
        """

    def check(self, certificate: bytes) -> Certificate | None:
        """
        Verify a certificate, as L{wand.membership.trust.Trust.check} does.
        """

    def isOverlay(self, address: str) -> bool:
        """
        Is this one of the IP addresses that the network gives to its members?
        """

    def mayReach(self, host: str) -> bool:
        """
        May datagrams go to this host?  Addresses of the overlay are none, or the tunnel would run inside itself.
        """


@attrs.frozen
class Sealed:
    """
    What directories of a sealed network work with.

    @ivar sessions: with members.
    @ivar control: where their control messages come from.
    """

    participant: Participant
    sessions: Sessions
    control: ControlMessages
