"""
The candidate source: a name in the DNS says where this node may be reached, as dynamic DNS keeps it up to date.
"""

import socket
from collections.abc import Callable
from typing import Any

import msgspec
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.interfaces import (
    BaseCandidates,
    BasePlugin,
    CandidateReader,
    ICandidates,
    ICandidateSource,
    NodeContext,
    OwnCandidate,
    Settings,
)
from wand.plugin_settings import readSettings
from wand.timing.repeating import Repeating

#: Seconds between two questions.
INTERVAL = 300.0


class DNSNameSettings(msgspec.Struct):
    """
    What an operator sets.

    @ivar host: the name of this site.
    @ivar port: the UDP port that is forwarded to this node, if it is another than its own.
    """

    host: str
    port: int | None = None


class DNSNameCandidates(BaseCandidates):
    """
    The source at work.
    """

    def __init__(self, settings: DNSNameSettings, context: NodeContext, lookUp: Callable[..., Any]) -> None:
        self.settings, self.context, self.lookUp = settings, context, lookUp
        self.port = settings.port or context.port
        self.asking = Repeating(f"the name {settings.host}", self.moved, context.clock, context.failures)
        self.told: list[OwnCandidate] | None = None

    def start(self, tell: CandidateReader) -> None:
        self.tell = tell
        self.asking.start(INTERVAL)

    def moved(self) -> None:
        if self.asking.running:
            asked = self.context.deferToThread(self.lookUp, self.settings.host, None, 0, socket.SOCK_DGRAM)
            asked.addCallbacks(self.found, self.failed)

    def found(self, answers: list[tuple[Any, ...]]) -> None:
        hosts = dict.fromkeys(address[0] for *_, address in answers)
        about = f"the name {self.settings.host}"
        candidates = [OwnCandidate(Endpoint(host, self.port), "configured", about) for host in hosts]
        if self.asking.running and candidates != self.told:
            self.told = candidates
            self.tell(candidates)

    def failed(self, failure: Failure) -> None:
        self.context.log.warn("{host} is not found: {reason}", host=self.settings.host, reason=failure.value)

    def stop(self) -> None:
        self.asking.stop()


@implementer(ICandidateSource)
class DNSNameSource(BasePlugin):
    """
    Opens it.
    """

    name = "dns-name"
    about = "a name in the DNS that leads to this node"
    settings = DNSNameSettings

    def __init__(self, lookUp: Callable[..., Any] = socket.getaddrinfo) -> None:
        self.lookUp = lookUp

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        known = readSettings(settings, DNSNameSettings, "candidate-source-settings.dns-name")
        return DNSNameCandidates(known, context, self.lookUp)


plugin = DNSNameSource()
