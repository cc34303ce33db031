"""
What the tests of the C{wand} command share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_twisted
from twisted.internet import reactor

from wand.control.listen import ControlSocket
from wand.testing.command import Bench
from wand.testing.program import MemoryProgram


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
