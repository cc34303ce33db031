"""
The description of the API, and calls made by it: whatever is asked is answered as the description says.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from console_case import Caller, Console
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from simulated.memory_members import memberNamed

from wand.ethernet import MAC
from wand.status import SeenStatus

#: What the description is called where schemas refer to it.
_NAME = "wand:openapi"


@pytest.fixture(scope="module")
def script() -> Caller:
    """
    An operator's script at a program with members, peers and a table.
    """
    console = Console()
    console.program.enlist(memberNamed("bob"), memberNamed("carol", "pending"))
    console.program.known = [SeenStatus("dave", "00" * 32, [], [], True, None)]
    console.program.add(MAC.parse("02:10:00:00:00:01"), "192.0.2.1:22222", None, None)
    return console.script()


@pytest.fixture(scope="module")
def description(script: Caller) -> dict[str, Any]:
    """
    What the API says of itself.
    """
    found: dict[str, Any] = script.get("openapi.json").document
    return found


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """
    Method, path and description of all that there is.
    """
    return [
        (method.upper(), path, operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
    ]


def isValid(description: dict[str, Any], schema: dict[str, Any], document: Any) -> bool:
    """
    Is a document what a schema of the description says?
    """
    registry: Registry[Any] = Registry().with_resource(_NAME, Resource(description, DRAFT202012))
    there = json.loads(json.dumps(schema).replace('"#/', f'"{_NAME}#/'))
    return bool(Draft202012Validator(there, registry=registry).is_valid(document))


def test_everyReferenceLeadsSomewhere(description: dict[str, Any]) -> None:
    """
    And every operation has a name of its own and says in a line what it does.
    """
    text = json.dumps(description)
    for name in {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in description["components"]["schemas"]
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for _, _, operation in operations(description))
    assert "C{" not in text
    assert "@ivar" not in text


def test_fieldsAreExplained(description: dict[str, Any]) -> None:
    """
    What a field means stands at the field.
    """
    peer = description["components"]["schemas"]["PeerStatus"]
    assert peer["properties"]["pathSize"]["description"].startswith("octets of UDP payload")


@pytest.mark.parametrize("name", ["", "openapi.json", "status", "table", "peers", "members", "seen", "servers"])
def test_answersAreAsDescribed(script: Caller, description: dict[str, Any], name: str) -> None:
    """
    Readings have the fields that the description says.
    """
    operation = description["paths"][f"/{name}"]["get"]
    answer = script.get(name)
    assert answer.status == 200
    assert isValid(description, operation["responses"]["200"]["content"]["application/json"]["schema"], answer.document)


@pytest.mark.parametrize("name", ["counters", "invitations", "graph", "netcheck", "top", "doctor", "why/two"])
def test_moreAnswersAreAsDescribed(script: Caller, description: dict[str, Any], name: str) -> None:
    """
    So have these.
    """
    script.post("invitations", {})
    path = "/why/{peer}" if name.startswith("why") else f"/{name}"
    schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert isValid(description, schema, script.get(name).document)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


_texts = st.text(max_size=30)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from(["uses", "expires", "name", "bridge", "approval", "macs", "broadcasts", "endpoints", "relay"])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whateverIsAskedIsAnswered(script: Caller, description: dict[str, Any], data: st.DataObject) -> None:
    """
    With any words in the path, the query and the body, an answer is a document of the described form or a described
    error, and the program does not fail.
    """
    method, path, operation = data.draw(st.sampled_from(operations(description)))
    if path == "/events":
        return
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            word = data.draw(st.sampled_from(["bob", "carol", "two"]) | _texts.filter(bool))
            path = path.replace(f"{{{parameter['name']}}}", quote(_octets(word), safe=""))
    known = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
    query = data.draw(
        st.dictionaries(st.sampled_from([*known, "else"]) | _texts, st.sampled_from(["1", "0", "300"]) | _texts)
    )
    asked = urlencode(
        {name.encode("utf-8", "replace"): text.encode("utf-8", "replace") for name, text in query.items()}
    )
    body = data.draw(st.none() | st.dictionaries(_fields | _texts, _values, max_size=4) | _values)
    octets = b"" if method == "GET" else json.dumps(body, allow_nan=True).encode()
    answer = script.console.ask(
        method, f"/api/v1{path}?{asked}", octets, **script.headers, content_type="application/json"
    )
    assert answer.status in (200, 400, 404, 409, 501, 504), answer
    assert answer.isWhole
    told = operation["responses"]["200" if answer.status == 200 else "default"]
    assert isValid(description, told["content"]["application/json"]["schema"], answer.document)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"GET /", b"POST /api/v1/", b"GET /static/", b"POST /login "]))
def test_whateverComesIsNoFault(script: Caller, octets: bytes, start: bytes) -> None:
    """
    Octets that are no request end in an answer or in nothing, and never in an exception.
    """
    line = script.console.connect()
    line.say(start + octets)
    line.say(b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    script.console.settle()
    line.hangUp()
    assert script.get("status").status == 200
