"""
The pages of the console and their files.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from console_case import Caller, Console

from wand.console.pages import PAGES
from wand.console.static_files import StaticFile, StaticFiles, ownFiles


@pytest.fixture
def console() -> Console:
    """
    A console.
    """
    return Console()


@pytest.fixture
def browser(console: Console) -> Caller:
    """
    An operator's browser.
    """
    return console.login()


@pytest.mark.parametrize("path", PAGES)
def test_everyPageIsThere(console: Console, browser: Caller, path: str) -> None:
    """
    With the name of the network, what an action must prove, and nothing from elsewhere.
    """
    answer = console.ask("GET", path, **browser.headers)
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert browser.headers["x-wand-csrf"] in page
    assert "home" in page
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", page)


@pytest.mark.parametrize("path", [*PAGES, "/login"])
def test_noPageNeedsWhatThePolicyForbids(console: Console, browser: Caller, path: str) -> None:
    """
    Neither scripts nor styles stand in a page, nor what runs when something is clicked.
    """
    page = console.ask("GET", path, **browser.headers).body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_everyFileOfAPageIsThere(console: Console, browser: Caller) -> None:
    """
    And never changes at its path, so a browser asks for it once.
    """
    paths = set()
    for path in (*PAGES, "/login"):
        page = console.ask("GET", path, **browser.headers).body.decode()
        paths |= set(re.findall(r"(?:src|href)=\"(/static/[^\"#]+)[\"#]", page))
    assert paths
    for path in paths:
        answer = console.ask("GET", path)
        assert answer.status == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_aFileUnderItsPlainName(console: Console) -> None:
    """
    May be another one tomorrow: a browser asks each time, and gets it if it has changed.
    """
    answer = console.ask("GET", "/static/pages/login.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.body == (files("wand.console") / "static" / "pages" / "login.js").read_bytes()
    again = console.ask("GET", "/static/pages/login.js", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert console.ask("GET", "/static/pages/login.js", if_none_match='"other"').status == 200


def test_otherFilesHaveAnotherVersion() -> None:
    """
    The path of all files changes with each of them.
    """
    one = StaticFiles({"a.js": StaticFile(b"1", "text/javascript", '"1"')})
    other = StaticFiles({"a.js": StaticFile(b"2", "text/javascript", '"2"')})
    assert one.version != other.version
    assert one.find([other.version, "a.js"]) is None
    assert ownFiles().version == ownFiles().version


def test_whoMayOnlyLookIsToldSo(console: Console) -> None:
    """
    A page knows what its reader may do.
    """
    page = console.ask("GET", "/", **console.login(readOnly=True).headers).body.decode()
    assert 'name="wand-role" content="read-only"' in page


def test_theLoginSaysWhatIsWrong(console: Console) -> None:
    """
    And what to do.
    """
    page = console.redeem("wrong").body.decode()
    assert "wand console prints another" in page


def test_noSuchPage(console: Console, browser: Caller) -> None:
    """
    Other paths are nothing.
    """
    assert console.ask("GET", "/nothing", **browser.headers).status == 404
    assert console.ask("GET", "/members/", **browser.headers).status == 200
    assert console.ask("PUT", "/members", **browser.headers).headers["allow"] == "GET, HEAD"


def test_aBrowserReadsThatThereIsNoSuchPage(console: Console, browser: Caller) -> None:
    """
    A browser that opens another path shows a page of the console, with a way back; of what scripts ask the answer is
    JSON, and so is that of the API, whoever asks.
    """
    opens = {**browser.headers, "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = console.ask("GET", "/nothing", **opens)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    page = answer.body.decode()
    assert "<h1>There is no such page</h1>" in page
    assert '<a href="/">' in page
    refused = console.ask("PUT", "/members", **opens)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    assert b"<h1>" in refused.body
    assert console.ask("GET", "/nothing", **browser.headers).document["error"] == "there is no such page"
    assert browser.get("nothing", accept="text/html").document["error"]
