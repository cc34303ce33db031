"""
The kinds of events: what each tells, and its fields.  The documentation has a table of them.

C{key} is always the identity of a member, its public key in hexadecimal, and C{name} its name, so that events, what
hooks are asked and C{wand members} can be joined; other identities have names that end with C{Key}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@attrs.frozen
class EventKind:
    """
    A kind of event.

    @ivar about: what happened, for people.
    @ivar fields: the names of its fields.
    @ivar optional: those of them that it may lack.
    """

    about: str
    fields: frozenset[str] = attrs.field(converter=_names)
    optional: frozenset[str] = attrs.field(converter=_names, default="")


#: By their names.
EVENTS: Final[Mapping[str, EventKind]] = {
    # A peer, on a node or a server of a sealed network.
    "session-up": EventKind("a peer is up: a session with it began", "peer name key endpoint relay", "relay"),
    "session-down": EventKind("a peer is down: the session with it ended", "peer name key endpoint relay", "relay"),
    "way-changed": EventKind(
        "another way to a peer is used, and why", "peer name key endpoint relay reason before", "relay"
    ),
    "peer-moved": EventKind(
        "a peer is heard at another place than before", "peer name key endpoint relay before", "relay"
    ),
    "peer-unreachable": EventKind(
        "a peer could not be reached at any of its places; told again when it was reached since", "peer name key"
    ),
    "goodbye": EventKind("a peer ended by itself", "peer name key"),
    # The network, on its members.
    "claim-conflict": EventKind(
        "two members claim the same address or name", "what value winner winnerKey loser loserKey"
    ),
    "revoked": EventKind("a member was revoked", "name key"),
    "secret-changed": EventKind(
        "the network has another secret; the former one counts between members until then", "until"
    ),
    "joined": EventKind("this node became a member", "name key network addresses"),
    "renewed": EventKind("this node has a new certificate", "name key expires"),
    "redeemed": EventKind("this member redeemed one more invitation, and gained something", "gained network"),
    "join-refused": EventKind("this node was not admitted", "reason"),
    "twice": EventKind("the key of this node is in use on another host, too", "endpoints"),
    "clock-differs": EventKind("the clocks of a member and of a server differ", "name key ahead"),
    "clock-agrees": EventKind("they agree again", "name key ahead"),
    "clock-set": EventKind("somebody set the clock of this host", "seconds"),
    # Members, on a server.
    "member-joined": EventKind("a node became a member", "name key endpoint"),
    "member-pending": EventKind("a node waits for an approval, or for a signature", "name key endpoint"),
    "member-refused": EventKind("a node was not admitted", "name key endpoint reason"),
    "member-delayed": EventKind("a node cannot be answered now", "name key endpoint reason"),
    "member-renewed": EventKind("a member has a new certificate", "name key expires"),
    "member-changed": EventKind("a member has other rights", "name key what"),
    "member-revoked": EventKind("a member was revoked", "name key"),
    "member-learned": EventKind("a member was missing in the store, and is known by its certificate", "name key state"),
    "member-adopted": EventKind(
        "a member that another admitted has a certificate of the network now", "name key state by"
    ),
    "member-renamed": EventKind("a member has another name, because an older one has its", "name key old"),
    "member-twice": EventKind("a member runs on two hosts", "name key first second"),
    "member-online": EventKind("a member is there", "name key"),
    "member-offline": EventKind("a member is not there any more", "name key"),
    "address-assigned": EventKind("a new member has an overlay address", "name key mac address"),
    "member-readdressed": EventKind("a member has another overlay address", "name key old new"),
    # The table, and where it comes from.
    "entry-added": EventKind("the table has an address that it had not", "mac peer name key source", "name key"),
    "entry-changed": EventKind("an address of the table is at another peer", "mac peer name key source", "name key"),
    "entry-removed": EventKind("an address is no longer in the table", "mac peer name key", "name key"),
    "directory-answered": EventKind("a directory answered for the first time", "directory"),
    "directory-silent": EventKind("a directory does not answer", "directory"),
    "directory-recovered": EventKind("it answers again", "directory"),
    # REL2 servers.
    "registered": EventKind("a node registered", "mac endpoint"),
    "moved": EventKind("a node is at another host", "mac endpoint before"),
    "expired": EventKind("a node is not heard any more", "mac endpoint"),
    "deleted": EventKind("an operator took out a registration", "mac endpoint"),
    "refused": EventKind("a registration was refused", "mac endpoint reason"),
    # This program and its host.
    "note": EventKind("something needs a person; the note says what it is about", "note text"),
    "note-cleared": EventKind("it is over", "note"),
    "store-failed": EventKind("the store takes nothing", "reason"),
    "store-recovered": EventKind("it does again", ""),
    "store-lost": EventKind("the store came back without changes that it had acknowledged, so many or more", "changes"),
    "tap-up": EventKind("somebody set the interface up", "interface"),
    "tap-down": EventKind("somebody set it down", "interface"),
    "tap-changed": EventKind("somebody changed the interface", "interface mac mtu"),
    "tap-address-removed": EventKind("somebody removed its address", "interface address"),
    "offload-began": EventKind("the kernel moves the frames for an address from now on", "mac host"),
    "offload-ended": EventKind("frames for an address go through the node again", "mac host reason"),
}
