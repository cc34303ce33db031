"""
Tests for L{wand.twistd.unused}.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from wand.twistd.unused import UNUSED, forgetUnused

#: Begins as C{twistd} does, which reads the list of all its plugins before it runs one of them.
_BEGIN = """
import sys
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
list(getPlugins(IServiceMaker))
import twisted.python.reflect
before = {"unittest", "twisted.trial.itrial", "http.cookiejar", "urllib.request", "email.message"}
assert before <= set(sys.modules), before - set(sys.modules)
import wand.twistd
assert not before & set(sys.modules), before & set(sys.modules)
"""

_USES = {
    "cookies": """
from twisted.python.compat import cookielib
import http.cookiejar
assert cookielib.CookieJar is http.cookiejar.CookieJar and issubclass(cookielib.LoadError, OSError)
""",
    "requests": "import urllib.request; urllib.request.build_opener(); import http.client; http.client.HTTPMessage()",
    "messages": "import email; print(email.message_from_string('a: hello')['a'])",
    "tests": """
import unittest
from twisted.trial import itrial, unittest as trial
from twisted.trial.reporter import Reporter
assert issubclass(trial.TestCase, unittest.TestCase) and itrial.IReporter.implementedBy(Reporter)
""",
    "plugins": """
from twisted.trial.itrial import IReporter
assert {each.name for each in getPlugins(IServiceMaker)} >= {"wand node"} and list(getPlugins(IReporter))
""",
}


@pytest.mark.parametrize("use", _USES)
def test_whoNeedsItHasIt(use: str) -> None:
    """
    What only C{twistd} imported is gone when our parts are imported, and whoever needs it later finds it.
    """
    run = subprocess.run([sys.executable, "-c", _BEGIN + _USES[use]], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


def test_whereTestsRunItStays() -> None:
    """
    Nothing is forgotten where tests are run, as here.
    """
    before = dict(sys.modules)
    forgetUnused()
    assert before == sys.modules
    assert "unittest" in UNUSED
