"""
Who gets into the console, and who does not.
"""

from __future__ import annotations

import pytest
from console_case import PLACE, Console

from wand.console.access import (
    ATTEMPTS_BURST,
    LINK_LIFETIME,
    LINKS_MAXIMUM,
    SESSION_LIFETIME,
    SESSIONS_MAXIMUM,
    TOKENS_MAXIMUM,
)
from wand.errors import NotSupported


@pytest.fixture
def console() -> Console:
    """
    A console that nobody is logged in to.
    """
    return Console()


def link(console: Console) -> str:
    """
    A link that was just given.
    """
    return console.service.access.link(readOnly=False).secret


def test_aLinkLeadsToTheLogin(console: Console) -> None:
    """
    The secret of a link stands behind the #, which no browser sends to anybody by itself.
    """
    grant = console.service.access.link(readOnly=True)
    assert grant.url == f"http://{PLACE}/login#{grant.secret}"
    assert grant.role == "read-only"
    assert grant.expires == console.reactor.seconds() + LINK_LIFETIME


def test_aLinkLetsInOnce(console: Console) -> None:
    """
    Whoever finds a link that was used has nothing.
    """
    secret = link(console)
    assert console.redeem(secret).status == 303
    again = console.redeem(secret)
    assert again.status == 403
    assert "set-cookie" not in again.headers
    assert console.counters["drop-console-login"] == 1


def test_aLinkExpires(console: Console) -> None:
    """
    A link that nobody used in time lets nobody in.
    """
    secret = link(console)
    console.reactor.advance(LINK_LIFETIME)
    assert console.redeem(secret).status == 403


def test_onlyTheLatestLinksAreGood(console: Console) -> None:
    """
    There are a few links at a time; the oldest goes for another.
    """
    first, *others = [link(console) for _ in range(LINKS_MAXIMUM + 1)]
    assert console.redeem(first).status == 403
    assert all(console.redeem(each).status == 303 for each in others)


@pytest.mark.parametrize("page", ["/members", "/reach?peer=bob&x=%3C%0d%0aSet-Cookie:%20a=b", "/"])
def test_aLoginLeadsToThePageThatWasAskedFor(console: Console, page: str) -> None:
    """
    Whoever has to log in on the way to a page is there afterwards, with what was asked there; once.
    """
    asked = console.ask("GET", page)
    assert (asked.status, asked.headers["location"]) == (303, "/login")
    wanted = asked.headers["set-cookie"].partition(";")[0]
    answer = console.redeem(link(console), cookie=wanted)
    assert answer.headers["location"] == page.replace(":", "%3A")
    assert answer.headers["set-cookie"].startswith("wand-console-8080=")
    assert console.redeem(link(console)).headers["location"] == "/"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "http://evil.example/", "/login", "/api/v1", "\\evil", "", "%2F%2Fevil"]
)
def test_aLoginLeadsToNoOtherPlace(console: Console, wanted: str) -> None:
    """
    Whatever another program on this host makes the browser remember, it leads to a page of the console.
    """
    answer = console.redeem(link(console), cookie=f"wand-console-8080-page={wanted}")
    assert answer.headers["location"] == "/"


def test_theCookieIsForTheConsoleAlone(console: Console) -> None:
    """
    No script reads the cookie, and no other site has it sent.
    """
    cookie = console.redeem(link(console)).headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("wand-console-8080=")
    assert len(name.partition("=")[2]) == 43  # 256 bits
    assert {each.lower() for each in attributes} == {"httponly", "samesite=strict", "path=/", "max-age=28800"}


def test_aBrowserThatBringsItsOwnCookieGetsAnother(console: Console) -> None:
    """
    Nobody can give a browser a cookie beforehand and use it after the login.
    """
    planted = "wand-console-8080=planted-by-a-stranger"
    answer = console.redeem(link(console), cookie=planted)
    assert answer.status == 303
    assert "planted" not in answer.headers["set-cookie"]
    assert console.ask("GET", "/", cookie=planted).status == 303


def test_aNewLoginEndsTheOldOne(console: Console) -> None:
    """
    A browser has one login at a time.
    """
    browser = console.login()
    console.redeem(link(console), cookie=browser.headers["cookie"])
    assert browser.get("status").status == 401


def test_aLoginEnds(console: Console) -> None:
    """
    After some hours a browser has to log in again, however much it asks.
    """
    browser = console.login()
    console.reactor.advance(SESSION_LIFETIME - 1)
    assert browser.get("status").status == 200
    console.reactor.advance(1)
    assert browser.get("status").status == 401
    page = console.ask("GET", "/members", cookie=browser.headers["cookie"])
    assert (page.status, page.headers["location"]) == (303, "/login")


def test_loginsAreBounded(console: Console) -> None:
    """
    The oldest login goes for another.
    """
    first = console.login()
    others = [console.login() for _ in range(SESSIONS_MAXIMUM)]
    assert first.get("status").status == 401
    assert others[0].get("status").status == 200


def test_aBrowserLogsOut(console: Console) -> None:
    """
    After that its cookie is nothing; a page that is not ours cannot do it.
    """
    browser = console.login()
    form = {"content_type": "application/x-www-form-urlencoded", "cookie": browser.headers["cookie"]}
    assert console.ask("POST", "/logout", b"csrf=guessed", **form).status == 403
    assert browser.get("status").status == 200
    answer = console.ask("POST", "/logout", b"csrf=" + browser.headers["x-wand-csrf"].encode(), **form)
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert browser.get("status").status == 401


def test_whoGuessesIsSlowedDown(console: Console) -> None:
    """
    Wrong attempts become rarer; meanwhile whoever has a link gets in.
    """
    statuses = [console.redeem(f"guess-{number}").status for number in range(ATTEMPTS_BURST + 5)]
    assert statuses == [403] * ATTEMPTS_BURST + [429] * 5
    assert console.redeem("guess").headers["retry-after"] == "5"
    assert console.ask("GET", "/api/v1/status", authorization="Bearer guess").status == 401
    assert console.redeem(link(console)).status == 303
    assert console.script().get("status").status == 200
    assert console.counters["drop-console-login"] == ATTEMPTS_BURST + 7


def test_tokensAreForScripts(console: Console) -> None:
    """
    A token is a bearer's (RFC 6750), lasts as long as was asked for, and is no link.
    """
    grant = console.service.access.token(60.0, readOnly=False)
    assert grant.url == f"http://{PLACE}/api/v1"
    told = {"authorization": f"bearer  {grant.secret} "}
    assert console.ask("GET", "/api/v1/status", **told).status == 200
    assert console.redeem(grant.secret).status == 403
    console.reactor.advance(60)
    answer = console.ask("GET", "/api/v1/status", **told)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_tooManyTokensAreRefused(console: Console) -> None:
    """
    A token that works is not taken away for another one: whoever asks is told what to do.
    """
    for _ in range(TOKENS_MAXIMUM):
        console.service.access.token(60.0, readOnly=True)
    with pytest.raises(NotSupported, match="wand console --end"):
        console.service.access.token(60.0, readOnly=True)
    console.reactor.advance(60)
    console.service.access.token(60.0, readOnly=True)


def test_allOfItEnds(console: Console) -> None:
    """
    An operator can end whatever lets somebody in.
    """
    browser, script, secret = console.login(), console.script(), link(console)
    assert console.service.access.end() == 3
    assert browser.get("status").status == 401
    assert script.get("status").status == 401
    assert console.redeem(secret).status == 403


def test_theCookieIsNoTokenAndTheTokenNoCookie(console: Console) -> None:
    """
    Whoever shows a token is a script, whatever cookie comes along.
    """
    browser = console.login()
    secret = browser.headers["cookie"].partition("=")[2]
    assert console.ask("GET", "/api/v1/status", authorization=f"Bearer {secret}").status == 401
    assert browser.get("status", authorization="Basic d2FuZDp3YW5k").status == 401
