"""
The logs of real programs: lines of JSON, levels that change while they run, and one member traced through all of them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from realm import Realm

from wand.lab import Lab, wait


@pytest.fixture(scope="module")
def realm(lab: Lab) -> Realm:
    """
    A server and a node that log lines of JSON.
    """
    realm = Realm(lab)
    realm.serve("--log=json")
    realm.join("one", "--log=json")
    return realm


def lines(realm: Realm, name: str) -> list[dict[str, Any]]:
    """
    What a program has logged.
    """
    whole, _, _ = realm[name].log.rpartition("\n")
    return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]


def test_oneTraceEverywhere(realm: Realm) -> None:
    """
    What the server and the node log about the node has one trace, by which their events are found, too.
    """
    key = realm["one"].status()["own"]["key"]
    trace = f"{key[:4]}-{key[4:8]}-{key[8:12]}"
    for name, kind in (("server", "member-joined"), ("one", "joined")):
        wait(lambda name=name, kind=kind: kind in realm[name].log, 10, f"the line of {name}")
        (line,) = [each for each in lines(realm, name) if each.get("event") == kind]
        assert (line["trace"], line["part"], line["level"]) == (trace, "events", "info")
        for who in (trace, "one"):
            told = [json.loads(each) for each in realm[name].wand("events", "--trace", who, "--json").splitlines()]
            assert kind in [each["kind"] for each in told]
            assert all(key in each["fields"].values() or each["fields"].get("peer") == "one" for each in told)


def test_everyLineIsJSON(realm: Realm) -> None:
    """
    A program says nothing else, and the fields are those that are documented.
    """
    known = {"time", "level", "part", "message", "event", "trace", "fields", "repeated", "traceback"}
    for name in ("server", "one"):
        assert all(line.startswith("{") for line in realm[name].log.splitlines())
        assert all({"time", "level", "part", "message"} <= set(each) <= known for each in lines(realm, name))


def test_levelsChangeAtOnce(realm: Realm) -> None:
    """
    A part that is told to say nothing but errors falls silent at once, and speaks again when that is taken back.
    """
    server = realm["server"]
    server.wand("log", "events", "error")
    server.wand("rename", "one", "silent")
    wait(lambda: "silent" in server.wand("members"), 10, "the new name")
    assert "silent" not in [each["fields"].get("name") for each in lines(realm, "server") if "event" in each]
    server.wand("log", "events", "default")
    server.wand("rename", "silent", "loud")
    wait(lambda: '"name":"loud"' in server.log, 10, "a line with the new name")
