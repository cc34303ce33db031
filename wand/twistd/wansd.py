"""
C{twistd wansd}: the directory server alone.
"""

from __future__ import annotations

from twisted.application.service import IService

from wand.config import WansdConfiguration
from wand.twistd.compose import composeServer
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(WansdConfiguration, "The directory server, without a control socket.")


def makeService(options: ProgramOptions) -> IService:
    """
    Compose a wansd.
    """
    return composeServer("wansd", options, WansdConfiguration)
