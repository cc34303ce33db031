"""
The table: which peer owns which MAC address.

Several sources may speak about one address.  The entry of the highest rank is the one that forwarding uses; within a
rank it is the one whose peer was named last.  So two directories form a union, an address that moved is followed
wherever the news comes from first, and what the operator says stands until the operator takes it back.

Import from C{wand.table} itself.
"""

from wand.table.entries import OPERATOR, Entry, Peer, Rank, Source
from wand.table.peers import PeerObserver, TablePeers
from wand.table.table import SOURCES_MAXIMUM, Table

__all__ = [
    "OPERATOR",
    "SOURCES_MAXIMUM",
    "Entry",
    "Peer",
    "PeerObserver",
    "Rank",
    "Source",
    "Table",
    "TablePeers",
]
