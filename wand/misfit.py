"""
What somebody wrote who gave a value of the wrong type, in words for people who do not program.
"""

from __future__ import annotations

import re
from typing import Final

#: How msgspec says it.
_EXPECTED: Final = re.compile(r"Expected `([a-z |]+)`(.*?)(?:, got `([a-z]+)`)?", re.DOTALL)

#: What it calls the types of values, and what they are in a TOML file.
_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
}


def misfit(reason: str) -> str:
    """
    Why a value does not fit, as msgspec says it, for the operator.
    """
    said = _EXPECTED.fullmatch(reason)
    if said is None:
        return reason
    kinds = [_WORDS.get(kind, kind) for kind in said[1].split(" | ") if kind != "null"]
    got = f", not {_WORDS.get(said[3], said[3])}" if said[3] else ""
    return f"expected {' or '.join(kinds)}{said[2]}{got}"
