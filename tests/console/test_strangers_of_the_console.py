"""
What strangers' pages, programs and members try at the console.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from console_case import Caller, Console
from simulated.memory_members import memberNamed

from wand.console.actions import ACTIONS
from wand.console.catalogue import withCatalogue
from wand.console.console_request import BODY_MAXIMUM, SECURITY_HEADERS
from wand.console.readings import READINGS

#: What a member of a network may call itself, as far as the console knows.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b]0;owned\x07\x1b[2J",
    "a\r\nSet-Cookie: b=c",
)


@pytest.fixture
def console() -> Console:
    """
    A console of a program with two members, one of whom waits.
    """
    console = Console()
    console.program.enlist(memberNamed("bob"), memberNamed("carol", "pending"))
    return console


@pytest.fixture
def browser(console: Console) -> Caller:
    """
    An operator's browser.
    """
    return console.login()


# Other pages in the same browser.


STRANGE_HOSTS = (
    *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil", "", "evil.example, 127.0.0.1"),
    *("127.0.0.1:8080@evil.example", "[::1]evil.example", "[::1%evil.example]:8080", "127.1", "2130706433"),
)


@pytest.mark.parametrize("host", STRANGE_HOSTS)
@pytest.mark.parametrize("path", ["/", "/login", "/static/dom.js", "/api/v1/status"])
def test_strangersNamesAreRefused(console: Console, browser: Caller, host: str, path: str) -> None:
    """
    A stranger's page that gave its own name our address (DNS rebinding) gets nothing, not even with the cookie.
    """
    answer = console.ask("GET", path, host=host, cookie=browser.headers["cookie"])
    assert answer.status == 421
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("hosts", [("evil.example", "127.0.0.1"), ("127.0.0.1", "evil.example"), ()])
def test_aRequestNamesItsHostOnce(console: Console, hosts: tuple[str, ...]) -> None:
    """
    A request with two hosts, or none, is refused: a proxy may believe another one than we do (RFC 9112, section 3.2).
    """
    line = console.connect()
    line.say("\r\n".join(["GET /login HTTP/1.1", *(f"Host: {each}" for each in hosts), "", ""]).encode())
    assert line.answer.status == 421


@pytest.mark.parametrize("path", ["evil.example:8080", "http:", "x"])
def test_aPathBeginsWithASlash(console: Console, browser: Caller, path: str) -> None:
    """
    Nothing else is taken for one.
    """
    assert console.ask("GET", path, cookie=browser.headers["cookie"]).status == 400


@pytest.mark.parametrize("target", ["http://127.0.0.1:8080/api/v1/status", "HTTP://localhost:8080/api/v1/status?x=1"])
def test_aWholeAddressIsAPath(console: Console, browser: Caller, target: str) -> None:
    """
    Whoever asks the console as they would ask a proxy gets the same answer (RFC 9112, section 3.2.2).
    """
    cookie = browser.headers["cookie"]
    plain = console.ask("GET", "/api/v1/status", cookie=cookie)
    assert console.ask("GET", target, cookie=cookie).body == plain.body
    overview = console.ask("GET", "/", cookie=cookie)
    assert console.ask("GET", "http://127.0.0.1:8080", cookie=cookie).body == overview.body
    assert console.ask("GET", "http://127.0.0.1:8080/login?x=http://a/b").status == 200


@pytest.mark.parametrize("host", [each for each in STRANGE_HOSTS if " " not in each])
def test_aWholeAddressNamesTheHost(console: Console, browser: Caller, host: str) -> None:
    """
    Then the host is the one in the address, whatever the header says; with another scheme it is nobody here, and a page
    is at home where the address is.
    """
    cookie = browser.headers["cookie"]
    assert console.ask("GET", f"http://{host}/api/v1/status", cookie=cookie).status == 421
    assert console.ask("GET", "https://127.0.0.1:8080/api/v1/status", cookie=cookie).status == 421
    foreign = console.ask("GET", "http://localhost/api/v1/status", cookie=cookie, origin="http://127.0.0.1:8080")
    assert foreign.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:9000", "[::1]:8080", "127.0.0.1"])
def test_ownNamesAreTaken(console: Console, host: str) -> None:
    """
    The console is called by its address or as localhost; the port is another one behind ssh -L.
    """
    assert console.ask("GET", "/login", host=host).status == 200


@pytest.mark.parametrize(
    "told",
    [
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://127.0.0.1:6666", "sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:6666"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_otherPagesDoNothing(console: Console, browser: Caller, told: dict[str, str]) -> None:
    """
    A page of another site, or of another port of this machine, neither acts nor reads nor logs in, though the browser
    sends the cookie along.
    """
    foreign = browser.without("origin", "sec-fetch-site")
    assert foreign.post("members/carol/approve", {}, **told).status == 403
    assert foreign.get("members", **told).status == 403
    link = console.service.access.link(readOnly=False).secret
    assert console.redeem(link, **told).status == 403
    assert console.ask("POST", "/logout", b"", cookie=browser.headers["cookie"], **told).status == 403
    assert console.program.listed[memberNamed("carol").key].state == "pending"
    assert console.counters["drop-console-foreign"] == 4
    assert console.redeem(link).status == 303


@pytest.mark.parametrize("proof", ["", "guessed", "\N{SNOWMAN}"])
def test_anActionNeedsTheProof(console: Console, browser: Caller, proof: str) -> None:
    """
    An action is one of a page of ours, which knows what stands in it.
    """
    assert browser.post("members/carol/approve", {}, **{"x-wand-csrf": proof}).status == 403
    assert browser.without("x-wand-csrf").post("members/carol/approve", {}).status == 403
    other = console.login()
    assert browser.post("members/carol/approve", {}, **{"x-wand-csrf": other.headers["x-wand-csrf"]}).status == 403
    assert console.program.listed[memberNamed("carol").key].state == "pending"
    assert browser.post("members/carol/approve", {}).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_formsDoNothing(console: Console, browser: Caller, kind: str) -> None:
    """
    What a form can send without asking is no action.
    """
    answer = browser.post("members/carol/approve", {}, **{"content-type": kind})
    assert answer.status == 415
    assert console.program.listed[memberNamed("carol").key].state == "pending"


@pytest.mark.parametrize(
    "path", ["/", "/login", "/static/dom.js", "/api/v1/status", "/api/v1/nothing", "/nothing", "/logout", "/%ff"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE"])
def test_everyAnswerSaysWhatBrowsersMayDo(console: Console, browser: Caller, path: str, method: str) -> None:
    """
    Whatever is asked, no other page frames the answer, reads it or takes it for something else, and it does not tell
    what software made it.
    """
    for told in ({}, browser.headers):
        answer = console.ask(method, path, **told)
        assert answer.headers.items() >= SECURITY_HEADERS.items()
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status < 500
        assert not answer.body if method == "HEAD" else answer.body or answer.status == 303


# Those who may only look.


def test_whoMayOnlyLookChangesNothing(console: Console) -> None:
    """
    Of all that the API offers, whoever has a read-only link or token may ask for readings, and do nothing else.
    """
    for caller in (console.login(readOnly=True), console.script(readOnly=True)):
        for route in withCatalogue((*READINGS, *ACTIONS)):
            path = route.path.format(member="carol", invitation="x", peer="bob")
            if route.method == "GET":
                assert caller.get(path).status != 403
            else:
                assert caller.post(path, {}).status == 403
    offered = json.loads(console.script().get("").body)
    assert {each["method"] for each in offered} == {"GET", "POST"}
    assert console.counters["drop-console-forbidden"] == 2 * len(ACTIONS)
    assert console.program.listed[memberNamed("carol").key].state == "pending"
    assert not console.program.invited


def test_nothingForWhoIsNotLoggedIn(console: Console) -> None:
    """
    Without a login there is the page to log in, and what it needs; everything else says what to do.
    """
    for route in withCatalogue((*READINGS, *ACTIONS)):
        answer = console.ask(route.method, f"/api/v1/{route.path.format(member='carol', invitation='x', peer='bob')}")
        assert answer.status == 401
        assert "wand console" in answer.document["hint"]
    assert console.ask("GET", "/api/v1/events").status == 401
    for path in ("/", "/members", "/table", "/events", "/reach", "/doctor"):
        assert console.ask("GET", path).status == 303
    assert console.pumps == []  # so the program was not asked anything


# Names of members.


@pytest.mark.parametrize("name", HOSTILE)
def test_hostileNamesAreText(console: Console, browser: Caller, name: str) -> None:
    """
    What members call themselves is text in every answer, and adds no header.
    """
    console.program.enlist(memberNamed(name, "pending"))
    answer = browser.get("members?limit=1")
    assert "b" not in answer.headers.get("set-cookie", "")
    listed = browser.get("members")
    assert name in [each["name"] for each in listed.document]
    assert listed.headers["content-type"] == "application/json"
    assert b"\x1b" not in listed.body
    assert browser.post(f"members/{quote(name, safe='')}/approve", {}).document["name"] == name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostileNetworksAreText(console: Console, browser: Caller, name: str) -> None:
    """
    So is what the network is called, in the pages.
    """
    import msgspec

    assert console.program.own is not None
    console.program.own = msgspec.structs.replace(console.program.own, network=name)
    page = console.ask("GET", "/", cookie=browser.headers["cookie"])
    assert page.status == 200
    assert b"<script>alert" not in page.body
    assert b"<img src=x" not in page.body


# Paths and bodies.


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages.py",
        "/static/%2e%2e/pages.py",
        "/static/..%2fpages.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/dom.js%00",
        "/static/",
        "/static",
        "/static/....//pages.py",
        "/templates/base.html",
        "/static/dom.js/x",
        "/../../etc/passwd",
    ],
)
def test_noPathLeadsOut(console: Console, browser: Caller, path: str) -> None:
    """
    There is nothing but the files of the pages.
    """
    assert console.ask("GET", path, **browser.headers).status == 404


def test_longBodiesAreRefused(console: Console, browser: Caller) -> None:
    """
    A body that says that it is too long is refused before it comes, and nothing of it is kept.
    """
    line = console.begin("POST", "/login", **{"content-length": str(BODY_MAXIMUM + 1)})
    assert line.answer.status == 413
    assert line.isOver
    line = console.connect()
    line.say(b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert line.answer.status == 413
    assert browser.post("invitations", {"name": "x" * BODY_MAXIMUM}).status == 413


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"nam": "x"}', b'{"name": 1}', b"\xff", b"[" * 10_000, b'{"name":""}x']
)
def test_bodiesThatAreNotUnderstood(console: Console, body: bytes) -> None:
    """
    What cannot be understood is refused with a reason.
    """
    told = {**console.script().headers, "content-type": "application/json"}
    answer = console.ask("POST", "/api/v1/members/bob/rename", body, **told)
    assert answer.status == 400
    assert "cannot be understood" in answer.document["error"]


PARTS = (
    b"--x\r\nContent-Disposition: form-data; name*=utf-8''link\r\n\r\nq\r\n--x--",  # which Twisted fails at
    b"--x\r\nContent-Disposition: form-data; name=link\r\n\r\nq\r\n--x--",
    b"--x",
    b"",
)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "MULTIPART/form-data", " multipart/form-data;;="])
@pytest.mark.parametrize("body", PARTS)
@pytest.mark.parametrize("path", ["/login", "/logout", "/api/v1/invitations", "/"])
def test_formsWithParts(console: Console, path: str, kind: str, body: bytes) -> None:
    """
    No page takes a form that comes in parts, so none is read.
    """
    assert console.ask("POST", path, body, content_type=kind).status in (303, 401, 403, 405)


@pytest.mark.parametrize(
    "name",
    ["Host", "Origin", "Sec-Fetch-Site", "Authorization", "Cookie", "Content-Type", "X-Wand-CSRF", "Last-Event-ID"],
)
@pytest.mark.parametrize("start", ["GET /", "POST /login", "GET /api/v1/status", "POST /api/v1/invitations"])
def test_headersThatAreNoText(console: Console, browser: Caller, name: str, start: str) -> None:
    """
    Any octets may stand in a header: that is no fault of the program.
    """
    told = {"Host": console.host, "Content-Length": "2", "Content-Type": "application/json", **browser.headers}
    told = {each: text for each, text in told.items() if each.lower() != name.lower()}
    line = console.connect()
    head = [f"{start} HTTP/1.1", *(f"{each}: {text}" for each, text in told.items()), ""]
    line.say("\r\n".join(head).encode() + name.encode() + b": \xff\xfe\r\n\r\n{}")
    console.settle()
    assert line.answer.status < 500


def test_longHeadersAreRefused(console: Console) -> None:
    """
    So are headers that do not end.
    """
    line = console.connect()
    line.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    for number in range(10_000):
        if line.isOver:
            break
        line.say(b"X-%d: %s\r\n" % (number, b"x" * 100))
    assert line.isOver
    assert number < 500


def test_oneRequestForEachConnection(console: Console) -> None:
    """
    Who sends a thousand requests at once gets one answer.
    """
    line = console.connect()
    line.say(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
    assert line.value().count(b"HTTP/1.1 ") == 1
    assert line.isOver
