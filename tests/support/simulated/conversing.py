"""
Hosts of a simulated network that send single datagrams to each other, for tests of what stands between them.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.testing.hosts import Host
from wand.testing.network import Network


class Speaker:
    """
    A port that sends words, and keeps what it hears.

    @ivar heard: the words, each with where it came from; a test may clear it.
    """

    def __init__(self, host: Host, number: int = 1_000, address: str = "") -> None:
        """
        @param address: of the host; by default the first.
        """
        self.heard: list[tuple[str, Endpoint]] = []
        self.port = host.bind(address or host.addresses[0], number, self)

    @property
    def endpoint(self) -> Endpoint:
        """
        Where it is, as its host knows.
        """
        return self.port.source

    def say(self, word: str, destination: Endpoint) -> None:
        """
        Send a word.
        """
        self.port.send(word.encode(), destination)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        self.heard.append((bytes(datagram).decode(), Endpoint(*sender)))

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """


class ConversingTestCase(SynchronousTestCase):
    """
    A network, and three speakers in the open: two at different ports of one host, and one on another host.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(1))
        host = self.network.host("192.0.2.1")
        self.public, self.otherPort = Speaker(host), Speaker(host, 2_000)
        self.otherHost = Speaker(self.network.host("192.0.2.2"))
        self.all = (self.public, self.otherPort, self.otherHost)

    def turn(self) -> None:
        """
        Let what is under way arrive.
        """
        self.clock.advance(0)

    def seen(self, speaker: Speaker, by: Speaker) -> Endpoint:
        """
        Where a speaker is, as another one sees it that it speaks to.
        """
        by.heard.clear()
        speaker.say("?", by.endpoint)
        self.turn()
        ((_, sender),) = by.heard
        return sender

    def hears(self, speaker: Speaker, by: Speaker, where: Endpoint) -> bool:
        """
        Does a speaker hear another one that speaks to an endpoint?
        """
        speaker.heard.clear()
        by.say("!", where)
        self.turn()
        return bool(speaker.heard)
