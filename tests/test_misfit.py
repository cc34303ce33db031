"""
Tests for L{wand.misfit}.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from wand.misfit import misfit

Few = Annotated[int, msgspec.Meta(ge=1)]
Ratio = Annotated[float, msgspec.Meta(le=0.5)]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (int | None, "seven", "expected a whole number, not a text in quotes"),
        (float, True, "expected a number, not true or false"),
        (list[str], {}, "expected a list in brackets, not a table"),
        (dict[str, str], [1], "expected a table, not a list in brackets"),
        (int | str, 1.5, "expected a whole number or a text in quotes, not a number"),
        (Few, 0, "expected a whole number >= 1"),
        (Ratio, 0.7, "expected a number <= 0.5"),
    ],
)
def test_misfit(kind: Any, value: object, words: str) -> None:
    """
    Whatever msgspec says of a value that does not fit, the operator reads what TOML calls it.
    """
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, kind)
    assert misfit(str(caught.value)) == words


def test_whateverElse() -> None:
    """
    Another sentence stays as it is.
    """
    assert misfit("Object missing required field `url`") == "Object missing required field `url`"
