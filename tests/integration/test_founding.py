"""
A network without a server, made with the commands that the documents show.
"""

from __future__ import annotations

import re

import pytest

from wand.lab import Lab
from wand.lab.machine import Machine


@pytest.fixture
def machines(lab: Lab) -> list[Machine]:
    """
    Three of them on one link.
    """
    return [Machine(lab.host(f"host-{number}", f"10.99.1.{number}/24"), lab) for number in (1, 2, 3)]


def test_threeCommands(machines: list[Machine]) -> None:
    """
    From nothing to a ping between two hosts: found, join with the line that it shows, ping.  A third one has an
    invitation that leads nowhere, and finds the founder on the link.
    """
    one, two, three = machines
    said = one.type("wand found home")
    try:
        [line] = re.findall(r"^  (echo wand1\.\S+ \| wand join)$", said, re.MULTILINE)
        two.type(line)
        assert " 0% packet loss" in two.type("ping -q -c 3 -i 0.1 -W 20 10.77.0.1")
        token = one.type("wand invite --endpoint 10.99.1.200:9")
        three.type(f"echo {token.strip()} | wand join")
        assert " 0% packet loss" in three.type("ping -q -c 3 -i 0.1 -W 20 10.77.0.1")
    finally:
        for each in machines:
            each.type("wand stop")
