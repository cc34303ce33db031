"""
The rules that every directory keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

NOT_BEFORE: Final = Rule(
    "IDirectoryKind.open",
    "before start nothing is sent or put into the table, and no timer is running; what was not started can be stopped",
    "all directories are opened before the first is started: one that refuses its settings ends the start",
)
STATUS: Final = Rule(
    "IDirectory.status",
    "it returns a sequence of DirectoryStatus, one for each name, at any time, before the start and after the end, "
    "too, in which answered is no time to come",
    "commands show it whenever they are asked",
)
OWN_SOURCES: Final = Rule(
    "IDirectory",
    "entries are put under sources of its own, whose names status() has",
    "an entry under the source of another cannot be told apart, and the other one would take it away",
)
LISTED: Final = Rule(
    "IDirectory.start",
    "what it should list is in the table then (listed() of the test says what)",
    "frames for an address that is not there are dropped",
)
STAYS: Final = Rule(
    "IDirectory",
    "what it lists stays in the table for as long as it is listed, also while another is opened and closed",
    "an entry whose lifetime ends before it is confirmed is a host that cannot be reached for a moment, time and again",
)
MOVES: Final = Rule(
    "IRovingDirectory.moved",
    "what it lists stays in the table while it asks again",
    "a laptop that wakes up moves dozens of times within a second, and its connections are to go on",
)
MODEST: Final = Rule(
    "IDirectory",
    "it asks no more than a few times a second",
    "servers answer thousands of nodes",
)
GROWS_NOT: Final = Rule(
    "IDirectory",
    "what strangers send is not kept",
    "they can send as much as they like",
)
ENDS: Final = Rule(
    "IDirectory",
    "its entries end: they have a lifetime, or are taken away by stop",
    "nodes come and go; frames for those that are gone would go to whoever has their address now",
)
OTHERS: Final = Rule(
    "IDirectory",
    "what others put into the table stays",
    "an operator's entry stands until the operator takes it back",
)
REFUSED: Final = Rule(
    "IDirectory",
    "an EntryRefused of the table (it is full, or the address is our own) disturbs nothing",
    "what a server lists is not in our hands",
)
CHANGES: Final = Rule(
    "IDirectory",
    "moved, announcementChanged, serversChanged and clockSet raise nothing, also before start and after stop",
    "they are called whenever the host or the network changes",
)
STRANGERS: Final = Rule(
    "IDirectory",
    "whatever arrives from the network raises nothing, puts nothing into the table and is not answered with more",
    "anybody can send datagrams to the port",
)
SILENT: Final = Rule(
    "IDirectory.stop",
    "after it nothing is sent, and no timer is left",
    "the program may go on without this directory",
)
