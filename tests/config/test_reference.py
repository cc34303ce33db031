"""
Tests for L{wand.config.reference}.
"""

from __future__ import annotations

import pytest

from wand.config import (
    Configuration,
    EtudConfiguration,
    NodeConfiguration,
    ServerConfiguration,
    WandConfiguration,
    WansdConfiguration,
    fields,
)


@pytest.mark.parametrize(
    "kind", [NodeConfiguration, ServerConfiguration, EtudConfiguration, WandConfiguration, WansdConfiguration]
)
def test_everyKeyIsDescribed(kind: type[Configuration]) -> None:
    """
    Every key of a configuration is described.
    """
    for name, words, text, _ in fields(kind):
        assert name == name.lower()
        assert words in ("text", "number", "yes or no", "list of texts", "table")
        assert text
