"""
The store of a server, as its configuration says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wand.config import WansdConfiguration
from wand.interfaces import Settings

#: The file of the embedded store in the state directory.
SQLITE: Final = "wansd.sqlite"


def storeSettings(configuration: WansdConfiguration) -> Settings:
    """
    The settings of a server's store; the embedded one is in the state directory unless they say otherwise.
    """
    given = dict(configuration.storeSettings)
    if configuration.store == "sqlite":
        given.setdefault("path", str(Path(configuration.state) / SQLITE))
    return given
