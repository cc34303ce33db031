"""
C{twistd etud}: the data plane alone, whose table a separate C{wand} or the client keeps.
"""

from __future__ import annotations

from twisted.application.service import IService

from wand.config import EtudConfiguration
from wand.twistd.compose import composeNode
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(EtudConfiguration, "Frames between a tap device and UDP, and a control socket; no directories.")


def makeService(options: ProgramOptions) -> IService:
    """
    Compose an etud.
    """
    return composeNode("etud", options, EtudConfiguration)
