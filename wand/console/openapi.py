"""
The API as an OpenAPI document, made from its routes: U{https://spec.openapis.org/oas/v3.1.0}.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from wand.console.answers import JSON, LIMIT_MAXIMUM
from wand.console.calls import Route
from wand.console.problems import ProblemDocument
from wand.version import __version__

_REFERENCE: Final = "#/components/schemas/{name}"

#: What a field of a struct is, in its docstring.
_FIELD: Final = re.compile(r"^@ivar (\w+): (.*?)(?=^@|\Z)", re.DOTALL | re.MULTILINE)

#: What is marked in a docstring: code, and a reference.
_MARKED: Final = re.compile(r"[CLU]\{([^}]*)\}")

_STRING: Final = {"type": "string"}

_PROOF: Final = {
    "name": "X-Wand-CSRF",
    "in": "header",
    "description": "What the page says in its meta element wand-csrf; scripts with a token need it not.",
    "schema": _STRING,
}

_PARTS: Final = (
    {"name": "after", "in": "query", "description": "Begin after the item with this key.", "schema": _STRING},
    {
        "name": "limit",
        "in": "query",
        "description": "Answer with so many items at most; the header Link says where the next ones are.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAXIMUM},
    },
)


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """
    The document.
    """
    types = [ProblemDocument, *(each for route in routes for each in (*route.answers, route.body) if each)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    found = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(f"/{route.path}".rstrip("/") or "/", {})[route.method.lower()] = _operation(route, found)
    return {
        "openapi": "3.1.0",
        "info": {"title": "WanDaemon", "version": __version__, "summary": "A running node or server of a network."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": {name: _documented(schema) for name, schema in components.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "wand console --api-token prints one."},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "wand-console-PORT", "description": "Of a login."},
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    answers = [schemas[str(each)] for each in route.answers]
    schema = answers[0] if len(answers) == 1 else {"anyOf": answers}
    content = {"text/event-stream": {"schema": _STRING}} if route.isStream else {JSON: {"schema": schema}}
    told: dict[str, Any] = {
        "summary": route.about,
        "operationId": re.sub(r"\W+", "-", f"{route.method.lower()} {route.path}").strip("-"),
        "parameters": [
            *({"name": each, "in": "path", "required": True, "schema": _STRING} for each in route.names),
            *(_PARTS if route.isListing else ()),
            *(
                {"name": each.name, "in": "query", "description": each.about, "schema": dict(each.schema)}
                for each in route.parameters
            ),
            *([_PROOF] if route.isAction else []),
        ],
        "responses": {
            "200": {"description": "The answer.", "content": content},
            "default": {
                "description": "It was not done.",
                "content": {JSON: {"schema": schemas[str(ProblemDocument)]}},
            },
        },
    }
    if route.command:
        told["description"] = f"The same as {route.command}."
    if route.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas[str(route.body)]}}}
    return told


def _documented(schema: dict[str, Any]) -> dict[str, Any]:
    """
    The same, with what the docstring says of each field at the field.
    """
    text = schema.get("description", "")
    fields = {name: _plain(about) for name, about in _FIELD.findall(text)}
    properties = {
        name: {**each, "description": fields[name]} if name in fields else each
        for name, each in schema.get("properties", {}).items()
    }
    return {**schema, "description": _plain(text.partition("@")[0]), "properties": properties}


def _plain(text: str) -> str:
    return _MARKED.sub(r"\1", " ".join(text.split()))
