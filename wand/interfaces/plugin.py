"""
What all plugins have in common, and what a configuration says to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.plugin import IPlugin
from zope.interface import Attribute

#: What a configuration says to one plugin: its own keys and values, which the plugin itself checks.
Settings = Mapping[str, Any]


class IWandPlugin(IPlugin):
    """
    What all plugins have in common.
    """

    name: str = Attribute("The name by which a configuration asks for it, unique among plugins of its kind.")

    about: str = Attribute("One line for people: what it is.")

    # It may have an attribute settings, too, the msgspec.Struct of its settings, which wand plugins NAME shows; see
    # wand.interfaces.BasePlugin.

    def unusable() -> str | None:
        """
        Why it cannot be used here and now (the wrong system, a missing library, a missing privilege), as a sentence
        that says what to do; C{None} if it can.  Changes nothing and is quick.
        """
