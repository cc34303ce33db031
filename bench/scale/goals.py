"""
Everything that a large network is to be capable of, with the commands that measure it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from bench.table import Table
from wand.errors import WandError

_ROOT: Final = Path(__file__).parents[2]

#: The commands, by what people call them with C{--only}; what follows C{python -m bench}.
COMMANDS: Final = {
    "thousand": "scale --members 1000 --only change",
    "ten-thousand": "scale --members 10000 --rest 20",
    "node": "node",
    "start": "start",
    "made-up": "server",
    "gossip": "simulate",
}

#: What each command printed, by its name in L{COMMANDS}.
Documents: TypeAlias = dict[str, Any]


@attrs.frozen
class Goal:
    """
    Something that is wanted.

    @ivar what: for people.
    @ivar goal: how much is enough, for people.
    @ivar command: measures it: a name in L{COMMANDS}.
    @ivar figure: takes it out of what the command printed; raises C{KeyError} if it is not there.
    """

    what: str
    goal: str
    command: str
    figure: Callable[[Any], str]


def _seconds(*names: str) -> Callable[[Any], str]:
    return lambda found: " / ".join(f"{_measured(found, name):.2g} s" for name in names)


def _measured(found: Mapping[str, Any], name: str) -> float:
    """
    A figure of C{bench scale}, which is 0 if it was not measured.
    """
    value = float(found[name])
    if not value:
        raise KeyError(name)
    return value


def _course(name: str, figure: str, unit: str) -> Callable[[Any], str]:
    def found(document: Any) -> str:
        [course] = [each for each in document["courses"] if each["name"] == name]
        value = course["figures"][figure]
        return "never" if value is None else f"{value:,.1f} {unit}"

    return found


def _flat(found: Any) -> str:
    few, many = found[0], found[-1]
    parts = [f"{name} {many[name] / few[name]:.2f}" for name in ("registration", "change", "question", "page")]
    calls = [f"{name} {many['calls'][name] / few['calls'][name]:.2f}" for name in many["calls"]]
    return (
        f"{many['members']:,} members cost, of what {few['members']:,} do, each: {', '.join(parts)}; "
        f"in functions called: {', '.join(calls)}"
    )


#: At first everybody may know the same because nobody knows of anything yet: that does not count.
_SETTLED: Final = "99.9 % know the same for good after, s"

GOALS: Final = (
    Goal(
        "registrations a second, 10,000 members",
        "1,500",
        "ten-thousand",
        lambda found: f"{_measured(found, 'registrations'):,.0f}",
    ),
    Goal(
        "server memory a member",
        "8 kB",
        "ten-thousand",
        lambda found: f"{_measured(found, 'resident') / 1000:.1f} kB",
    ),
    Goal("server at rest, 10,000 members", "8 %", "ten-thousand", lambda found: f"{_measured(found, 'rest'):.1%}"),
    Goal("cold start of 1,000 until all reach whom they want", "15 s", "thousand", _seconds("coldReach")),
    Goal("cold start of 10,000 until all reach whom they want", "60 s", "ten-thousand", _seconds("coldReach")),
    Goal(
        "restart with 10,000: first answer / all back", "2 s / 60 s", "ten-thousand", _seconds("firstAnswer", "restart")
    ),
    Goal("one change at 10,000, last member told", "1 s", "ten-thousand", _seconds("told")),
    Goal("100,000 members in one server", "flat", "made-up", _flat),
    Goal(
        "wand members --json with 10,000 / longest wait of others",
        "1 s / 20 ms",
        "ten-thousand",
        lambda found: f"{_measured(found, 'listing'):.2g} s / {_measured(found, 'block') * 1000:.0f} ms",
    ),
    Goal(
        "a node among 10,000 that talks to 20: memory / at rest",
        "60 MB / 1 %",
        "node",
        lambda found: f"{found['resident'] / 1e6:.1f} MB / {found['rest']:.2%}",
    ),
    Goal(
        "two nodes start that know each other, every server is dead: first echo",
        "1 s",
        "start",
        lambda found: f"{found['echo']:.2f} s",
    ),
    Goal(
        "gossip, a change at 99.9 %",
        "10 s",
        "gossip",
        _course("change", "99.9 % know it after, s (the slowest of 10 changes)", "s"),
    ),
    Goal(
        "gossip at rest, octets a second a node",
        "200",
        "gossip",
        _course("rest", "sent at rest, octets/s a member", ""),
    ),
    Goal("gossip, a partition of halves heals", "30 s", "gossip", _course("partition", _SETTLED, "s")),
    Goal("gossip, half of the nodes start again", "30 s", "gossip", _course("restart", _SETTLED, "s")),
)


def measured(command: str) -> Any:
    """
    What a command prints as a document.

    @param command: what follows C{python -m bench}.
    @raise WandError: if it prints none.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench", *command.split(), "--json"], cwd=_ROOT, stdout=subprocess.PIPE, check=False
    )
    try:
        return msgspec.json.decode(done.stdout)
    except msgspec.DecodeError:
        raise WandError(f"python -m bench {command} failed") from None


def tableOf(documents: Documents) -> Table:
    """
    Each goal with what was found, and how.
    """
    rows = [[each.what, each.goal, _figure(each, documents), f"`{COMMANDS[each.command]}`"] for each in GOALS]
    return "What is wanted, and what there is", ("", "goal", "measured", "tox -e bench -- ..."), rows


def _figure(goal: Goal, documents: Documents) -> str:
    try:
        return goal.figure(documents[goal.command])
    except KeyError:
        return "not measured"
