"""
Tests for L{deb.control}.
"""

from __future__ import annotations

import subprocess

import pytest

from deb import control


@pytest.mark.parametrize(
    ("ours", "debians"), [("0.2.0", "0.2.0-3"), ("0.2.0.dev0", "0.2.0~dev0-3")], ids=["release", "development"]
)
def test_theVersion(ours: str, debians: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    dpkg takes a version under development for an earlier one than the release, and for a later one than that before.
    """
    monkeypatch.setattr(control, "__version__", ours)
    assert control.versionOf(3) == debians
    for relation, other in (("gt", "0.1.0-9"), ("lt", "0.2.0-4"), ("lt", "0.2.1~dev0-1")):
        subprocess.run(["dpkg", "--compare-versions", debians, relation, other], check=True)


def test_theMaintainer() -> None:
    """
    The address of whoever answers for the package is nobody's: the top-level domain cannot exist (RFC 2606).
    """
    assert control.MAINTAINER.endswith(".invalid>")
