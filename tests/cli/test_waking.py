"""
Tests for the command that wakes a host.
"""

from __future__ import annotations

from pathlib import Path

import pytest_twisted
from command_runs import Bench

from wand.ethernet import MAC


@pytest_twisted.ensureDeferred
async def test_wake(bench: Bench, tmp_path: Path) -> None:
    """
    A host is named by its address or by its name in the file; an unknown one, or one that no host can have, is refused.
    """
    ethers = tmp_path / "ethers"
    ethers.write_text("# names\n2:0:5E:10:0:2 printer # upstairs\n\nff:ff:ff:ff:ff:ff all\nbroken\n")
    status, out, err = await bench.run("wake", "02:00:5e:10:00:01")
    assert (status, out, err) == (0, "sent what wakes 02:00:5e:10:00:01\n", "")
    status, out, _ = await bench.run("wake", "printer", "--ethers", str(ethers))
    assert (status, out) == (0, "sent what wakes 02:00:5e:10:00:02\n")
    assert bench.program.woken == [MAC.parse("02005e100001"), MAC.parse("02005e100002")]
    status, _, err = await bench.run("wake", "scanner", "--ethers", str(ethers))
    assert (status, "has no such name" in err) == (2, True)
    status, _, err = await bench.run("wake", "all", "--ethers", str(ethers))
    assert (status, err) == (1, "wand: ff:ff:ff:ff:ff:ff is not the address of a single host\n")
    status, _, err = await bench.run("wake", "scanner", "--ethers", str(tmp_path / "missing"))
    assert status == 2
