"""
What is told of one interface of a host, in words.
"""

from __future__ import annotations

from wand.host.changes import Address, HostListener, Link


class Recorder(HostListener):
    """
    Writes down what is told of one interface, what is repeated only once.
    """

    def __init__(self, name: str) -> None:
        self.told: list[str] = []
        self._name = name
        self._index = 0
        self._known: set[Address] = set()

    def _say(self, text: str) -> None:
        if text not in self.told[-1:]:
            self.told.append(text)

    def linkSeen(self, link: Link) -> None:
        if self._index in (0, link.index) and (link.name == self._name or self._index):
            self._index = link.index
            self._say(f"link {link.name} {link.mac.hex()} {link.mtu} {link.isUp}")

    def linkGone(self, index: int) -> None:
        if index == self._index:
            self._say("link gone")

    def addressSeen(self, address: Address) -> None:
        if address.link == self._index and address.isUsable and address not in self._known:
            self._known.add(address)  # the kernel confirms addresses at its own discretion
            self._say(f"address {address.host}/{address.prefix}")

    def addressGone(self, address: Address) -> None:
        if address.link == self._index and address.isUsable:
            self._say(f"address gone {address.host}")

    def routeChanged(self, link: int) -> None:
        if link == self._index:
            self._say("route")

    def settled(self) -> None:
        self._say("settled")

    def lost(self) -> None:
        self._say("lost")
