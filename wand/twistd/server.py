"""
C{twistd wand-server}: the directory server.
"""

from __future__ import annotations

from twisted.application.service import IService

from wand.config import ServerConfiguration
from wand.twistd.compose import composeServer
from wand.twistd.options import ProgramOptions, optionsFor

Options = optionsFor(ServerConfiguration, "A directory server: wansd and a control socket.", "/etc/wand/server.toml")


def makeService(options: ProgramOptions) -> IService:
    """
    Compose a server.
    """
    return composeServer("wand-server", options, ServerConfiguration)
