"""
The candidate source C{configured}: where this node is reached, as its operator says.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.interfaces import CandidateReader, ICandidates, ICandidateSource, NodeContext, OwnCandidate, Settings
from wand.plugin_settings import readSettings

#: What the operator calls these settings.
WHERE: Final = "candidate-source-settings.configured"


class ConfiguredSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings.

    @ivar endpoints: C{HOST:PORT} each, the best first; the host is a numeric address.
    """

    endpoints: Annotated[list[str], msgspec.Meta(min_length=1)]


@implementer(ICandidates)
class FixedCandidates:
    """
    Candidates that stay as they are.
    """

    def __init__(self, candidates: list[OwnCandidate]) -> None:
        self._candidates = candidates

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """
        tell(self._candidates)

    def moved(self) -> None:
        """
        See L{ICandidates}: the operator knows.
        """

    def stop(self) -> None:
        """
        See L{ICandidates}.
        """


@implementer(IPlugin, ICandidateSource)
class ConfiguredSource:
    """
    The plugin.
    """

    name = "configured"
    about = "where others reach this node, as its settings say"
    settings = ConfiguredSettings

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        """
        See L{ICandidateSource}.  An endpoint without a port has that of our own.
        """
        endpoints = readSettings(settings, ConfiguredSettings, WHERE).endpoints
        try:
            parsed = [Endpoint.parse(each, context.port) for each in endpoints]
        except AddressInvalid as error:
            raise ConfigurationInvalid(WHERE, "endpoints", str(error)) from None
        return FixedCandidates([OwnCandidate(each, "configured", "said by the operator") for each in parsed])
