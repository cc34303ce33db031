"""
Tests for the table of events: it has those that the sources publish, with their fields, and no others.
"""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCS
from layers import modules

from wand.event_kinds import EVENTS
from wand.hooks.questioning import REFUSED


def published() -> Iterator[tuple[str, set[str]]]:
    """
    Each kind that the sources publish, with the fields that stand there by name.
    """
    for module, file in modules().items():
        if not module.startswith("wand.testing"):
            for function in ast.walk(ast.parse(file.read_text())):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from publishedBy(function)


def publishedBy(function: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """
    Those of a function.
    """
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("events.publish"):
            for kind in texts(call.args[0], function):
                yield kind, {keyword.arg for keyword in call.keywords if keyword.arg}


def texts(value: ast.AST, function: ast.AST) -> Iterator[str]:
    """
    What an expression may be: a constant, one of two, or a name that has such a value.
    """
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.IfExp):
        yield from (*texts(value.body, function), *texts(value.orelse, function))
    else:
        assert isinstance(value, ast.Name), ast.unparse(value)
        for each in ast.walk(function):
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == value.id:
                yield from texts(each.value, function)


def test_allKinds() -> None:
    """
    Every kind is declared, and every declared kind is published.
    """
    assert {kind for kind, _ in published()} == set(EVENTS)


def test_theirFields() -> None:
    """
    Fields that stand in the sources are declared; that no others are, all tests of what publishes them see.
    """
    for kind, fields in published():
        assert fields <= EVENTS[kind].fields, kind


@pytest.mark.parametrize("kind", EVENTS)
def test_whoItIsAbout(kind: str) -> None:
    """
    Whoever is named has a key, so that events can be joined.
    """
    fields = EVENTS[kind].fields
    assert "name" not in fields or "key" in fields
    assert EVENTS[kind].optional <= fields


def test_theExampleScript(tmp_path: Path) -> None:
    """
    The script that the documentation shows says yes, no and why, or that it cannot say.
    """
    hosts, script = tmp_path / "hosts", DOCS / "examples" / "admit-listed.sh"
    given = json.dumps({"kind": "admit", "fields": {"endpoint": "192.0.2.1:1", "name": "bob", "key": "00"}})

    def run() -> tuple[int, str]:
        environment = {"HOSTS": str(hosts), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [script], input=given, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stderr

    assert run()[0] == 1
    hosts.write_text("alice\nbobby\n")
    assert run() == (REFUSED, "bob is not in the list of hosts\n")
    hosts.write_text("alice\nbob\n")
    assert run() == (0, "")
