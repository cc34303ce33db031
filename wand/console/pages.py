"""
The pages of the console.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

#: The pages, by their paths: the name of each is that of its template.
PAGES: Final[Mapping[str, str]] = {
    "/": "overview",
    "/members": "members",
    "/table": "table",
    "/events": "events",
    "/reach": "reach",
    "/doctor": "doctor",
}

#: The page for whoever has to log in.
LOGIN: Final = "login"

#: The page that says why there is no other.
PROBLEM: Final = "problem"


class Pages:
    """
    Renders templates.  Whatever is put into them is escaped.
    """

    def __init__(self, **everywhere: object) -> None:
        """
        @param everywhere: what all templates know.
        """
        self._everywhere = everywhere
        self._environment = Environment(
            autoescape=True, loader=FunctionLoader(_source), undefined=StrictUndefined, trim_blocks=True
        )

    def render(self, page: str, **told: object) -> bytes:
        """
        A page as HTML.

        @param page: the name of the template.
        @param told: what this one knows besides.
        """
        return self._environment.get_template(f"{page}.html").render(page=page, **self._everywhere, **told).encode()


def _source(name: str) -> str:
    return (files("wand.console") / "templates" / name).read_text("utf-8")
