"""
Events in the words of people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from wand.cli.rendering import clean, shortKey
from wand.underlay.place_kinds import RELAY, STREAM

if TYPE_CHECKING:
    from wand.events import Event

#: What a kind of event means; the names are those of its fields, C{at} is made of C{endpoint}.
_SENTENCES: Final = {
    "claim-conflict": "{what} {value}: {winner} ({winnerKey}) has it, {loser} ({loserKey}) claims it too",
    "joined": "this node is now {name}, in the network {network}, with {addresses}",
    "join-refused": "not admitted: {reason}",
    "member-joined": "{name} ({key}) is a member{at}",
    "member-pending": "{name} ({key}) waits{at}: wand approve {name}",
    "member-refused": "{key} is not admitted{at}: {reason}",
    "member-changed": "{name} ({key}) {what}",
    "member-delayed": "{key} cannot be answered yet{at}: {reason}",
    "member-revoked": "{name} ({key}) was revoked",
    "member-learned": "{name} ({key}) was not in the store and is known by its certificate: {state}; see wand members",
    "member-adopted": "{name} ({key}) was admitted by {by}, and has a certificate of the network now",
    "member-renamed": "{name} ({key}) was called {old}, which is the name of an earlier member",
    "member-readdressed": "{name} ({key}) now has the address {new}, and had {old}",
    "member-twice": "{name} ({key}) runs on two hosts at once, {first} and {second}: its state directory was copied",
    "member-online": "{name} ({key}) is online",
    "member-offline": "{name} ({key}) is offline",
    "redeemed": "this node was already a member of {network}; the invitation gave it {gained}",
    "twice": "this node's key is also in use on another host: {endpoints}",
    "revoked": "{key} was revoked",
    "secret-changed": "the network has another secret",
    "goodbye": "{peer} ended by itself",
    "session-up": "{peer}{at}",
    "session-down": "{peer}{at}",
    "way-changed": "{peer}{at}: {reason}",
    "peer-moved": "{peer}{at}: it was at {before}",
    "peer-unreachable": "{peer} is reached at none of its places: wand why {peer}",
    "member-renewed": "{name} ({key}) has a new certificate",
    "renewed": "this node, {name}, has a new certificate",
    "store-lost": "Redis came back without what it had acknowledged, {changes} changes or more: see wand status",
    "address-assigned": "{name} ({key}) has the address {address}",
}

#: How the kind looks on a terminal.
_COLOURS: Final = {
    "claim-conflict": "red",
    "session-up": "green",
    "session-down": "yellow",
    "way-changed": "cyan",
    "peer-moved": "cyan",
    "peer-unreachable": "yellow",
    "join-refused": "red",
    "member-delayed": "yellow",
    "member-refused": "yellow",
    "member-learned": "yellow",
    "member-readdressed": "yellow",
    "member-renamed": "yellow",
    "member-twice": "red",
    "store-lost": "red",
    "twice": "red",
    "member-pending": "yellow",
    "member-joined": "green",
    "joined": "green",
}


def told(event: Event) -> str:
    """
    An event on one line, without its time: the kind and a sentence, or the kind and the fields.
    """
    kind = click.style(clean(event.kind), fg=_COLOURS.get(event.kind))
    return f"{kind}  {_sentence(event) or _fields(event)}".rstrip()


def _sentence(event: Event) -> str:
    texts = {name: _text(name, str(value)) for name, value in event.fields.items()}
    at = _at(str(event.fields.get("endpoint") or ""), str(event.fields.get("relay") or ""))
    try:
        return _SENTENCES[event.kind].format_map({**texts, "at": at})
    except KeyError:  # no such sentence, or an event of another version
        return ""


def _at(place: str, relay: str) -> str:
    kind, slash, rest = place.partition("/")
    if not place:
        return ""
    if not slash:
        return f", at {clean(place)}"
    if kind == RELAY:
        return f", over the relay {clean(relay or rest[:8])}"
    return f", in a stream at {clean(place.replace(f'{STREAM}/', ''))}"


def _text(name: str, value: str) -> str:
    return shortKey(value) if name == "key" or name.endswith("Key") else clean(value)


def _fields(event: Event) -> str:
    return "  ".join(f"{clean(name)}={clean(str(value))}" for name, value in event.fields.items())
