"""
What the tests of the C{wand} command share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_twisted
from command_runs import Bench
from simulated.program import MemoryProgram
from twisted.internet import reactor

from wand.control.listen import ControlSocket


@pytest_twisted.async_yield_fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """
    A program that listens.
    """
    program = MemoryProgram(reactor)  # type: ignore[arg-type] # the reactor is a module to mypy
    control = ControlSocket(reactor, str(tmp_path / "node.sock"), program)
    control.start()
    yield Bench(reactor, program, control)
    await control.stop()
