"""
Hosts that C{wand init} leads into a network, with the lines that it shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from wand.lab import Lab
from wand.lab.machine import Machine

PING = "ping -q -c 3 -i 0.1 -W 20"


@pytest.fixture
def machines() -> Iterator[list[Machine]]:
    """
    Three of them on one link.
    """
    with Lab() as lab:
        made = [Machine(lab.host(f"host-{number}", f"10.99.1.{number}/24"), lab) for number in (1, 2, 3)]
        yield made
        for each in made:
            each.type("wand stop || true")


def pasted(said: str) -> str:
    """
    The line for the next host.
    """
    [line] = re.findall(r"^  (echo wand1\.\S+ \| wand init --join -)\r?$", said, re.MULTILINE)
    return line


def test_dialogue(machines: list[Machine]) -> None:
    """
    Somebody presses Enter at each question, and pastes what is shown on the next host.
    """
    one, two, _ = machines
    said = one.type("printf '\\n\\n\\n' | script -qec 'wand init' /dev/null")
    assert "1  founder  the first host of a small network, which needs no server" in said
    assert "What is the network to be called? [home]" in said
    assert "the network home is founded" in said
    assert "█▀▀▀" in said or "▄▄▄▄▄" in said  # the code for a phone
    joined = two.type(f"{pasted(said)} --no-service")
    assert "is a member of the network home" in joined
    assert " 0% packet loss" in two.type(f"{PING} 10.77.0.1")


def test_script(machines: list[Machine]) -> None:
    """
    Scripts say all of it, and get documents: a server and two members.
    """
    server, *members = machines
    begun = json.loads(server.type("wand init --as server --network lab --public 10.99.1.1 --no-service --json"))
    assert (begun["network"], begun["as"], begun["service"]) == ("lab", "server", False)
    again = json.loads(server.type("wand init --as server --network lab --public 10.99.1.1 --no-service --json"))
    assert "lab is on this host already" in server.type(
        "wand init --as founder --network lab --no-service 2>&1 || true"
    )
    for member, token in zip(members, (begun["token"], again["token"]), strict=True):
        told = json.loads(member.type(f"echo {token} | wand init --join - --no-service --json"))
        assert (told["network"], told["as"], told["token"]) == ("lab", "member", "")
    [address] = [each for each in told["addresses"] if "." in each]
    assert " 0% packet loss" in members[0].type(f"{PING} {address.partition('/')[0]}")
