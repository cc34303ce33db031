"""
What the configurations of several programs have in common: keys, defaults, and the class that they extend.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import msgspec

from wand.config.checks import checked

#: Where programs keep what must survive them: each in a directory of its own below this one.
STATE: Final = "/var/lib/wand"

#: Where programs keep their control sockets.
RUN: Final = "/run/wand"

#: What a relay does for one member if the operator says nothing else: megabits a second, and pairs.
RELAY_MEGABITS: Final = 4000
RELAY_CHANNELS: Final = 256

#: Settings of plugins, by the plugin's name.
PluginSettings = dict[str, dict[str, Any]]


def dashed(name: str) -> str:
    """
    The name of a key as it is written in files and options.
    """
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def about(text: str) -> msgspec.Meta:
    """
    The help of a key, for its annotation.
    """
    return msgspec.Meta(description=text)


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=dashed):
    """
    What every program can be told.
    """

    hooks: Annotated[list[str], about("hooks to run; see wand plugins")] = []
    hookSettings: Annotated[PluginSettings, about("the settings of each hook, by its name")] = {}
    disabledPlugins: Annotated[
        list[str], about("plugins that are not used, by their names or those of their distributions")
    ] = []
    log: Annotated[
        Literal["auto", "text", "json", "journal"],
        about("the form of the log: text, json or journal; auto is journal where the output goes there, else text"),
    ] = "auto"
    logLevels: Annotated[dict[str, str], about("how much each part says in the log; see wand log")] = {}

    def check(self) -> None:
        """
        Check what the types do not say.

        @raise wand.errors.AddressInvalid: with the key first in C{args}.
        """
        if self.logLevels:
            from wand.logs.levels import check  # which the wand command has no use for

            checked("log-levels", check, self.logLevels)


#: The keys of a program with a control socket.
ControlPath = Annotated[str, about("path of the control socket")]
ControlGroup = Annotated[str, about("the group that may use the control socket")]

MemoryNote = Annotated[
    int, about("how many megabytes of memory it may take before wand status says so; 0 for any number")
]

#: From how many megabytes on it is said if the operator says nothing else.
MEMORY_NOTE: Final = 1024

#: The keys of a program that serves metrics.
MetricsPlace = Annotated[str, about("where to serve metrics for Prometheus, such as 127.0.0.1:9450; else nowhere")]
MetricsPeers = Annotated[int, about("of how many peers there are metrics of their own; 0 for none")]

#: The keys of a program that serves a console.
ConsolePlace = Annotated[
    str, about("where to serve the console and the JSON API, such as 127.0.0.1:8080; else nowhere")
]
ConsoleCertificate = Annotated[
    str, about("a file with the certificate and the key of the console, in PEM, where others than this host reach it")
]
ConsoleNames = Annotated[list[str], about("by which names browsers ask for the console; else by its address")]

#: Of how many peers there are metrics of their own if the operator says nothing else.
METRICS_PEERS: Final = 100

#: The keys of a program that may pass datagrams on between other members.
RelayMegabits = Annotated[int, about("how much is passed on of what one member sends, in megabits a second")]
RelayChannels = Annotated[int, about("how many pairs one member may ask to be passed on for")]

#: The key of a program that keeps something.
StatePath = Annotated[str, about("directory for what must survive a restart; of this program alone")]
