"""
Tests for the command that lets somebody into the console, against a program in this process.
"""

from __future__ import annotations

import json
from pathlib import Path
from stat import S_IMODE
from time import time

import pytest
import pytest_twisted
from command_runs import Bench
from twisted.internet import reactor

from wand.console.access import Access

URL = "http://127.0.0.1:8080"


@pytest.fixture
def access(bench: Bench) -> Access:
    """
    Who may use the console of the program.
    """
    clock = reactor
    made = Access(clock, lambda moment: time() + moment - clock.seconds(), bench.program.counters, URL)  # type: ignore[arg-type, attr-defined] # the reactor is a module to mypy
    bench.program.access = made
    return made


@pytest_twisted.ensureDeferred
async def test_aLink(bench: Bench, access: Access) -> None:
    """
    The link that is printed logs one browser in, with the role that was asked for.
    """
    for words, role in (((), "operator"), (("--read-only",), "read-only")):
        run = bench.start("console", *words)
        await run.ended
        assert (run.status, run.err) == (0, "")
        address, _, secret = run.out.strip().partition("#")
        assert address == f"{URL}/login"
        session = access.login(secret)
        assert session is not None
        found = access.session(session)
        assert found is not None
        assert found.role == role


@pytest_twisted.ensureDeferred
async def test_aLinkForScripts(bench: Bench, access: Access) -> None:
    """
    With --json, the same with what a script wants to know of it.
    """
    run = bench.start("console", "--read-only", "--json")
    await run.ended
    told = json.loads(run.out)
    assert told["url"] == f"{URL}/login#{told['secret']}"
    assert told["role"] == "read-only"
    assert 60 < told["expires"] - time() <= 120


@pytest_twisted.ensureDeferred
async def test_aToken(bench: Bench, access: Access, tmp_path: Path) -> None:
    """
    A token is printed alone, or written into a file as curl takes it.
    """
    run = bench.start("console", "--api-token", "--read-only", "--expires", "30d")
    await run.ended
    found = access.find(run.out.strip())
    assert found is not None
    assert found.role == "read-only"
    file = tmp_path / "token"
    run = bench.start("console", "--api-token", "--out", str(file))
    await run.ended
    assert (run.status, run.out, run.err) == (0, "", "")
    assert S_IMODE(file.stat().st_mode) == 0o600
    name, _, text = file.read_text().strip().partition(": Bearer ")
    found = access.find(text)
    assert name == "Authorization"
    assert found is not None
    assert found.role == "operator"


@pytest_twisted.ensureDeferred
async def test_theEnd(bench: Bench, access: Access) -> None:
    """
    All of it ends at a word.
    """
    access.link(readOnly=False)
    token = access.token(60.0, readOnly=False).secret
    run = bench.start("console", "--end")
    await run.ended
    assert run.out == "ended 2 links, logged-in browsers and tokens\n"
    assert access.find(token) is None
    run = bench.start("console", "--end", "--json")
    await run.ended
    assert json.loads(run.out) == {"ended": 0}


@pytest_twisted.ensureDeferred
async def test_noConsole(bench: Bench) -> None:
    """
    A program that serves none says so; and what makes no sense is refused.
    """
    run = bench.start("console")
    await run.ended
    assert (run.status, run.err) == (1, "wand: it serves none\n")
    for words in (("--end", "--read-only"), ("--out", "file")):
        run = bench.start("console", *words)
        await run.ended
        assert run.status == 2
