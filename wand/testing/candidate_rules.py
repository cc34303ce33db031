"""
The rules that every candidate source keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

NOT_BEFORE: Final = Rule(
    "ICandidateSource.open",
    "nothing is asked and no timer is running before start; what was not started can be stopped",
    "it is opened with the privileges of the start, before the program is in the background",
)
TELLS: Final = Rule(
    "ICandidates.start",
    "within ten seconds it tells a sequence of OwnCandidate, empty if it has none",
    "others are told where this node is by what it tells",
)
CANDIDATE: Final = Rule(
    "OwnCandidate",
    "the endpoint is the numeric address and the port of one host, the kind one of CANDIDATE_KINDS, and about a few "
    "words in one line without a full stop",
    "others send datagrams there, and people read it in a list",
)
REACHABLE: Final = Rule(
    "OwnCandidate",
    "it leads to this host from others: it is no loopback address and none of a link alone, and has a port",
    "others would try themselves, and lose time",
)
ONCE: Final = Rule(
    "ICandidates.start",
    "each candidate is told once in a list",
    "others are told of the first four: one that is there twice takes the place of another",
)
FEW: Final = Rule(
    "ICandidates.start",
    "it tells no more than 64 candidates",
    "others are told of four, and a node tries each by itself",
)
MODEST: Final = Rule(
    "ICandidates",
    "it sends no more than a few datagrams a second, and few when nothing changes",
    "routers are small computers, and servers answer thousands of nodes",
)
ONLY_NEWS: Final = Rule(
    "ICandidates.start",
    "it tells only if there is something else to tell than before, and keeps an order",
    "each time that it tells is announced to the servers and to members",
)
OWN_PORT: Final = Rule(
    "OwnCandidate",
    "a candidate of the kind host has the port of the node's data, context.port",
    "nobody translates it on the way; another number, such as one in the wrong byte order, leads to nobody",
)
ONE_THREAD: Final = Rule(
    "ICandidates.start",
    "it tells in the thread of the reactor",
    "nothing that it calls is made for several threads (context.deferToThread answers in the right one)",
)
APART: Final = Rule(
    "ICandidateSource.open",
    "what was opened is apart: whatever becomes of one, the others work, and tell what they find",
    "a program may have several nodes, and opens a source again",
)
LIST_KEPT: Final = Rule(
    "ICandidates.start",
    "a list that was told is not changed afterwards",
    "it stands for what was told, until another is",
)
MOVED: Final = Rule(
    "ICandidates.moved",
    "changes of the host, however many, do no harm",
    "a laptop that wakes up has dozens of them within a second",
)
STOPS: Final = Rule(
    "ICandidates.stop",
    "it returns None, or a Deferred that fires with None within 1.5 s",
    "nobody waits for longer; what is not given back by then stays with the router",
)
SILENT: Final = Rule(
    "ICandidates.stop",
    "it tells nothing itself, and after it nothing is told or sent, and no timer is left",
    "the node has no port any more to which others could be led",
)
