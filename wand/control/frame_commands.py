"""
The commands of the control socket that are about frames: captures, and frames of our own; see L{wand.control.commands}.
"""

from __future__ import annotations

from typing import ClassVar

from twisted.protocols import amp

from wand.control.commands import Request


class BeginCapture(Request):
    """
    From now on, L{Captured} with the frames that are wanted; answered with the beginning of a pcapng file.  The
    arguments are those of L{wand.capture.recording.Wanted}.
    """

    arguments: ClassVar = [
        (b"peer", amp.Unicode()),
        (b"filter", amp.Unicode()),
        (b"count", amp.Integer()),
        (b"snap", amp.Integer()),
    ]
    response: ClassVar = [(b"head", amp.String())]


class EndCapture(Request):
    """
    No more frames, after those that were heard until now; answered with how many were lost in all.
    """

    response: ClassVar = [(b"lost", amp.Integer())]


class Wake(Request):
    """
    Wake a host that sleeps on a LAN behind a bridge.
    """

    arguments: ClassVar = [(b"mac", amp.Unicode())]


class Captured(amp.Command):
    """
    The program tells of frames: blocks of a pcapng file, how many they are, and how many were lost until now because
    the client did not read fast enough.
    """

    arguments: ClassVar = [(b"blocks", amp.String()), (b"frames", amp.Integer()), (b"lost", amp.Integer())]
    requiresAnswer = False
