"""
Tests for L{wand.cli.interview}.
"""

from __future__ import annotations

from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner

from wand.cli.interview import Interview, Plan

NOBODY = Interview(isAsking=False, hasSystemd=True)


def asked(answers: str, *said: object, hasSystemd: bool = True) -> tuple[Plan | str, str]:
    """
    The plan, or why there is none, after the answers of somebody; and what was shown.
    """
    plans: list[Plan | str] = []

    @click.command()
    def command() -> None:
        try:
            plans.append(Interview(isAsking=True, hasSystemd=hasSystemd).plan(*said))  # type: ignore[arg-type]
        except click.UsageError as error:
            plans.append(error.message)

    done = CliRunner().invoke(command, input=answers)
    assert done.exception is None, done.output
    return plans[0], done.output


def test_enterAtEachQuestion() -> None:
    """
    What is usual is the first host of a small network, as a service.
    """
    plan, shown = asked("\n\n\n", None, None, (), None, None)
    assert plan == Plan("founder", "home", isService=True)
    assert "  2  server   the server of a network, which admits its members" in shown


def test_aServer() -> None:
    """
    A server is asked where it is reached, too, and has its usual port unless another is named.
    """
    plan, _ = asked("2\nlab\nwand.example.net\nn\n", None, None, (), None, None)
    assert plan == Plan("server", "lab", ("wand.example.net:44444",), isService=False)
    plan, _ = asked("2\nlab\n\n", None, None, (), None, None, hasSystemd=False)
    assert plan == Plan("server", "lab", (), isService=False)


def test_anotherNumber() -> None:
    """
    A number that means nothing is asked for again.
    """
    plan, shown = asked("7\n1\n\n\n", None, None, (), None, None)
    assert plan == Plan("founder", "home", isService=True)
    assert "7 is not in the range" in shown


def test_whatCannotBeIsAskedAgain() -> None:
    """
    A name that no network can have, or a place that is none, is asked for again, and says why.
    """
    plan, shown = asked("2\nMy Home\nlab\nno place\nwand.example.net\nn\n", None, None, (), None, None)
    assert plan == Plan("server", "lab", ("wand.example.net:44444",), isService=False)
    assert "'My Home' cannot be the name of a network" in shown
    assert "'no place' names no host" in shown


def test_aMember(tmp_path: Path) -> None:
    """
    A file with a token makes a member, and nothing but the service is asked.
    """
    token = tmp_path / "token"
    token.write_text("wand1.secret")
    plan = Plan("member", token="wand1.secret", isService=True)
    assert asked("y\n", None, None, (), str(token), None)[0] == plan
    chosen = attrs.evolve(plan, addresses=("10.77.0.9", "fd77::9"), isService=False)
    assert asked("", None, None, (), str(token), False, ("10.77.0.9", "fd77:0::9"))[0] == chosen


def test_nothingIsAskedTwice() -> None:
    """
    What was said is not asked.
    """
    said = ("server", "lab", ("198.51.100.7:5000", "fd00::1", "tls://wand.example.net:443"), None, False)
    reached = ("198.51.100.7:5000", "[fd00::1]:44444", "tls://wand.example.net:443")
    assert asked("", *said) == (Plan("server", "lab", reached, isService=False), "")


def test_nobodyThere() -> None:
    """
    Where nobody can be asked, what is not said is as usual; but what the host is to be has to be said.
    """
    assert NOBODY.plan("founder", None, (), None, None) == Plan("founder", "home", isService=True)
    with pytest.raises(click.UsageError, match="say --as founder, server, member, or --join TOKEN-FILE"):
        NOBODY.plan(None, None, (), None, None)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("founder", None, ("host",), None, None), "--public is for a server"),
        (("server", None, (), "token", None), "--join is for a member, and not for a server"),
        (("member", "lab", (), None, None), "a member learns its name from the invitation"),
        (("founder", "No Such", (), None, None), "'No Such' cannot be the name of a network"),
        (("server", None, ("host:0",), None, None), "no port between 1 and 65535"),
        (("founder", None, (), None, None, ("10.77.0.9",)), "--address is for a member"),
        ((None, None, (), "-", None, ("banana",)), "--address: 'banana' is not an IP address"),
        ((None, None, (), "wand1.secret", None), "secrets do not belong on a command line"),
        (("founder", None, (), None, True), "does not run systemd"),
    ],
)
def test_whatDoesNotGo(said: tuple[object, ...], why: str) -> None:
    """
    What does not go together is refused before anything is changed, with what to do.
    """
    with pytest.raises(click.UsageError, match=why):
        Interview(isAsking=False, hasSystemd=False).plan(*said)  # type: ignore[arg-type]
