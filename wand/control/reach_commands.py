"""
The commands of the control socket that are about how members are reached; see L{wand.control.commands}.
"""

from __future__ import annotations

from typing import ClassVar

from twisted.protocols import amp

from wand.control.commands import Request
from wand.control.values import JSON
from wand.reach_status import NetworkCheckStatus, WaysStatus, WhyStatus


class Why(Request):
    """
    Why a member is reached the way it is.
    """

    arguments: ClassVar = [(b"peer", amp.Unicode())]
    response: ClassVar = [(b"why", JSON(WhyStatus))]


class Ways(Request):
    """
    The ways to a member, without asking it.
    """

    arguments: ClassVar = [(b"peer", amp.Unicode())]
    response: ClassVar = [(b"ways", JSON(WaysStatus))]


class Ping(Request):
    """
    Ask a member to answer, over one of its ways or over the one in use; answered with the seconds that it took.
    """

    arguments: ClassVar = [(b"peer", amp.Unicode()), (b"place", amp.Unicode(optional=True))]
    response: ClassVar = [(b"seconds", amp.Float())]


class NetCheck(Request):
    """
    Look at what the network around the program allows.
    """

    response: ClassVar = [(b"check", JSON(NetworkCheckStatus))]
