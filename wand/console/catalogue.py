"""
What the API says of itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from wand.console.answers import Document
from wand.console.calls import Call, Respond, Route
from wand.console.openapi import describe


class Offer(msgspec.Struct, frozen=True):
    """
    Something that the API offers.

    @ivar path: where; a part in braces stands for anything.
    @ivar command: the command that prints or does the same; empty if there is none.
    """

    method: str
    path: str
    about: str
    command: str


def withCatalogue(routes: Sequence[Route]) -> tuple[Route, ...]:
    """
    Routes, and those that say what there is.
    """
    every: list[Route] = []

    async def offers(call: Call) -> Document:
        return Document([Offer(each.method, f"/api/v1/{each.path}", each.about, each.command) for each in every])

    @cache
    def described() -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(describe(every)))  # which takes as long as hundreds of other answers

    async def document(call: Call) -> Document:
        return Document(described())

    every += [
        _about("", "What the API offers.", list[Offer], offers),
        _about("openapi.json", "The same as an OpenAPI document.", dict[str, Any], document),
        *routes,
    ]
    return tuple(every)


def _about(path: str, about: str, answer: Any, respond: Respond) -> Route:
    return Route(method="GET", path=path, about=about, answers=(answer,), respond=respond)
