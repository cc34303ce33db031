"""
Tests for the picture and the table of the architecture: they have all parts, and the rules that C{tox -e lint} checks.
"""

from __future__ import annotations

import re

import layers
import pytest
from layers_picture import picture


def test_everyModuleIsInALayer() -> None:
    """
    Each module belongs to exactly one part, except for packages that only hold parts.
    """
    for module, file in layers.modules().items():
        parts = [part for layer in layers.layers() for part in layer if f"{module}.".startswith(f"{part}.")]
        holdsParts = file.name == "__init__.py" and any(
            part.startswith(f"{module}.") for layer in layers.layers() for part in layer
        )
        assert len(parts) == 1 or (holdsParts and not parts), f"{module} belongs to {parts}"


def test_linesPointDownward() -> None:
    """
    A part depends on parts of lower layers, or of its own where the rules say so.
    """
    number = {part: at for at, layer in enumerate(layers.layers()) for part in layer}
    for part, others in layers.dependencies().items():
        for other in others:
            assert number[other] >= number[part], f"{part} imports {other}"


def test_importsForTypesCount() -> None:
    """
    An import inside a function, and one for types alone, are dependencies, too.
    """
    assert "wand.state" in layers.importsOf("wand.cli.backup")
    assert "wand.backup.restoring" in layers.importsOf("wand.cli.backup")


def test_thePictureHasEveryPart() -> None:
    """
    The picture names every part once.
    """
    named = re.findall(r"<text [^>]*>([^<]+)</text>", picture())
    assert sorted(f"wand.{name}" for name in named) == sorted(part for layer in layers.layers() for part in layer)


@pytest.mark.parametrize("part", [part for layer in layers.layers() for part in layer])
def test_everyPartSaysWhatItIs(part: str) -> None:
    """
    The first sentence of a part's docstring is fit for the table.
    """
    assert 10 < len(layers.about(part)) < 160
    assert "|" not in layers.about(part)
