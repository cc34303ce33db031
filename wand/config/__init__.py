"""
Configuration: what each program can be told, from a TOML file, from options of its command line, or from both.

The classes in L{wand.config.node} and L{wand.config.server} are the one description of every key: its type, its default
and its help.  The options of the twistd plugins and the reference in the documentation are made from them.

Import from C{wand.config} itself.
"""

from wand.config.checks import localPlace
from wand.config.keys import RELAY_CHANNELS, RELAY_MEGABITS, STATE, Configuration
from wand.config.node import EtudConfiguration, NodeConfiguration, WandConfiguration
from wand.config.reading import AnyConfiguration, load
from wand.config.reference import fields, optionFields
from wand.config.server import ServerConfiguration, WansdConfiguration

__all__ = [
    "RELAY_CHANNELS",
    "RELAY_MEGABITS",
    "STATE",
    "AnyConfiguration",
    "Configuration",
    "EtudConfiguration",
    "NodeConfiguration",
    "ServerConfiguration",
    "WandConfiguration",
    "WansdConfiguration",
    "fields",
    "load",
    "localPlace",
    "optionFields",
]
