"""
Ways to members, in the words of people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import click

from wand.cli.rendering import Grid, ago, clean, duration, sentence, shortKey, showRows
from wand.reach_status import CandidateStatus, CheckStatus, NetworkCheckStatus, WhyStatus
from wand.status import WayStatus

#: What the ranks of ways are called.
_RANKS = {
    "lan": "direct, same link",
    "ipv6": "direct, IPv6",
    "ipv4": "direct, IPv4",
    "stream": "stream",
    "relay": "relay",
}

#: Seconds within which an answer may still be under way.
UNDER_WAY = 1.0

#: What is checked, as people call it.
_CHECKS = {
    "udp": "UDP out",
    "ipv6": "IPv6",
    "mapping": "NAT",
    "port-mapping": "port mapping",
    "hairpin": "hairpin",
    "path-size": "path size",
    "server": "nearest server",
}


def placeText(way: WayStatus, relays: Mapping[str, str]) -> str:
    """
    A way, in short: its place, or the relay that it leads over.
    """
    host, _, _ = way.place.rpartition(":")
    if way.rank != "relay":
        return clean(way.place)
    return f"relay {clean(relays.get(host) or host.partition('/')[2][:8])}"


def placeTexts(ways: Sequence[WayStatus], relays: Mapping[str, str]) -> dict[str, str]:
    """
    The same for several ways, by their places; channels over one relay are told apart by their numbers.
    """
    texts = {way.place: placeText(way, relays) for way in ways}
    counts = Counter(texts.values())
    return {
        place: text if counts[text] == 1 else f"{text} (channel {clean(place.rpartition(':')[2])})"
        for place, text in texts.items()
    }


def milliseconds(seconds: float | None) -> str:
    """
    A round-trip time, for a column.
    """
    return "" if seconds is None else f"{seconds * 1000:.1f}ms"


def showWhy(found: WhyStatus, now: float) -> None:
    """
    Print why a member is reached the way it is.
    """
    who = f"{clean(found.peer)} ({shortKey(found.key)})"
    click.secho(_headline(found, who), bold=True)
    click.echo(sentence(found.advice))
    _showPart(f"Places of {clean(found.peer)}", _ways(found, now))
    _showPart("Places of this host", [_own(each) for each in found.ours])
    _showPart("What is in front of each", _networks(found))
    _showPart("What happened", [[_clock(each.time), each.what] for each in found.episodes])


def _headline(found: WhyStatus, who: str) -> str:
    if not found.isUp:
        return f"there is no session with {who}"
    silent = ", but the way in use does not answer" if found.cause == "unanswered" else ""
    return f"there is a session with {who}{silent}"


def checkGrid(found: NetworkCheckStatus) -> Grid:
    """
    What was looked at in the network.
    """
    return Grid(
        ("CHECK", "RESULT", "MEANING"),
        [(_CHECKS.get(each.name, each.name), each.value, each.about) for each in found.checks],
        [_colour(each) for each in found.checks],
    )


def _colour(check: CheckStatus) -> str:
    return "" if check.isGood is None else "green" if check.isGood else "yellow"


def _showPart(title: str, rows: list[list[str]]) -> None:
    click.echo(f"\n{click.style(title, bold=True)}")
    showRows(rows or [["none"]])


def _ways(found: WhyStatus, now: float) -> list[list[str]]:
    texts = placeTexts(found.ways, found.relays)
    return [
        [
            "*" if way.usedSince is not None else "",
            texts[way.place],
            _RANKS.get(way.rank, way.rank),
            milliseconds(way.roundTrip),
            _outcome(way, now),
            f"from {', '.join(way.sources)}" if way.sources else "",
            way.why,
        ]
        for way in found.ways
    ]


def _outcome(way: WayStatus, now: float) -> str:
    found = []
    if way.usedSince is not None:
        found.append(f"in use for {duration(now - way.usedSince)}")
    elif way.answered is not None:
        found.append(f"answered {ago(now - way.answered)}")
    if way.asked is not None and (way.silent > 1 or (way.silent and now - way.asked >= UNDER_WAY)):
        since = " since" if found else ""
        times = {1: "once", 2: "twice"}.get(way.silent, f"{way.silent} times")
        found.append(f"tried {times}{since}, the last {ago(now - way.asked)}: no answer")
    if way.heard is not None and way.usedSince is None:
        found.append(f"heard {ago(now - way.heard)}")
    return "; ".join(found) or ("answered the handshake" if way.isProven else "not tried")


def _own(candidate: CandidateStatus) -> list[str]:
    names = ", ".join(candidate.heardBy)
    hear = "hear" if len(candidate.heardBy) > 1 else "hears"
    return [candidate.endpoint, candidate.kind, f"{names} {hear} us there" if names else "", candidate.about]


def _networks(found: WhyStatus) -> list[list[str]]:
    heard = [f"{name} hears it at {endpoint}" for name, endpoint in found.nat.observations.items()]
    what = "no UDP is answered" if found.here == "blocked" else f"NAT {found.nat.mapping}"
    theirs = {"": "it does not say", "blocked": "no UDP is answered, it says"}.get(
        found.theirs, f"NAT {found.theirs}, it says"
    )
    return [["this host", what, ", ".join(heard)], [found.peer, theirs, ""]]


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time).isoformat(" ", "seconds")
