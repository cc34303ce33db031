"""
A host whose changes a test tells.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from interface_pair import ip

from wand.host.changes import HostListener


class Changes:
    """
    A L{wand.host.changes.HostChanges}.
    """

    def __init__(self) -> None:
        self.listeners: list[HostListener] = []

    def watch(self, listener: HostListener) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def delete(self, interface: str) -> None:
        """
        Delete an interface, and tell it.
        """
        index = socket.if_nametoindex(interface)
        ip("link", "delete", interface)
        for listener in list(self.listeners):
            listener.linkGone(index)
