"""
C{twistd wand}: keeps the table of a separate etud up to date.
"""

from __future__ import annotations

from twisted.application.service import IService

from wand.config import WandConfiguration
from wand.twistd.compose import composeWand
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(WandConfiguration, "Asks directory servers, and keeps the table of a separate etud up to date.")


def makeService(options: ProgramOptions) -> IService:
    """
    Compose a wand.
    """
    return composeWand("wand", options)
