"""
Tests for L{wand.twistd.process_log}: the log under C{python -m twisted}.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from twisted.logger import LogLevel, jsonFileLogObserver, textFileLogObserver

from wand.twistd.process_log import LOG, attach


@pytest.mark.parametrize(
    ("form", "usual", "isJSON"),
    [
        ("auto", "json", True),
        ("auto", "text", False),
        ("text", "json", False),
        ("json", "text", True),
    ],
)
def test_theFormOfPythonMTwisted(
    form: str, usual: str, isJSON: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The configuration chooses the form; if it does not, that is our form of what C{--log-format} says.
    """
    monkeypatch.setattr(LOG, "form", form)
    parent = {
        "fileLogObserverFactory": jsonFileLogObserver if usual == "json" else textFileLogObserver,
        "logFormat": usual,
        "logLevel": LogLevel.info,
    }
    attach(parent)
    assert parent["logLevel"] is LogLevel.debug
    with (tmp_path / "log").open("w+") as file:
        parent["fileLogObserverFactory"](file)({"log_format": "all is well", "log_level": LogLevel.info})  # type: ignore[operator]
        file.seek(0)
        [line] = file.readlines()
    if isJSON:
        assert (json.loads(line)["level"], json.loads(line)["message"]) == ("info", "all is well")
    else:
        assert line.endswith("[-#info] all is well\n")
