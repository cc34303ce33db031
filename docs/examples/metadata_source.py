"""
A candidate source: a file that a cloud's start script wrote has the public address of this machine.
"""

from pathlib import Path

import msgspec
from zope.interface import implementer

from wand.candidate_sources.configured import FixedCandidates
from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces import ICandidates, ICandidateSource, NodeContext, OwnCandidate, Settings
from wand.plugin_settings import readSettings


class MetadataSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    path: str


# source
@implementer(ICandidateSource)
class MetadataSource:
    """
    Reads the file.
    """

    name = "metadata"
    about = "the public address that this machine's cloud gave it"

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext) -> ICandidates:
        path = readSettings(settings, MetadataSettings, "candidate-source-settings.metadata").path
        try:
            endpoint = Endpoint.parse(Path(path).read_text().strip(), context.port)
        except (OSError, AddressInvalid):
            return FixedCandidates([])  # not in this cloud
        return FixedCandidates([OwnCandidate(endpoint, "configured", f"read from {path}")])


# end of source
