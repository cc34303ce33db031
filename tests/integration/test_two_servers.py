"""
A network with two servers and one Redis, of real processes: each is killed, and the network between them is cut.
"""

from __future__ import annotations

import pytest

from bench.kills.command import lines
from bench.kills.course import run
from wand.lab.loop import Loop


def test_nothingIsLost(loop: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Servers are killed in turn, Redis is killed, and the network between one and Redis is cut, while two nodes talk: no
    echo of theirs is lost, nor does a TCP connection end, and servers without Redis answer what they are asked.  Who
    joins meanwhile is a member in the end, once; until somebody can decide it waits.  Whoever was admitted or revoked
    stays so everywhere.
    """
    outcome = run(loop)
    with capsys.disabled():
        print("\n" + "\n".join(lines(outcome)))
    assert [each.lost for each in outcome.steps] == [0] * len(outcome.steps)
    assert all(each.answers for each in outcome.steps)
    assert outcome.waited == {"joining"}
    assert outcome.reads == [5, 5, 5, 5, 5, 5]
    first, other = outcome.members
    assert first == other
    states = {name: state for name, (_, state) in first.items()}
    nodes = dict.fromkeys(("node-1", "node-2", "node-4"), "member")
    assert states == {"server": "member", "other": "member", "node-3": "revoked", **nodes}
