"""
What the page of a stranger can do to somebody who is logged in to the console: nothing.

The stranger's page is on the same host at another port, which browsers take for the same site, so they send the cookie
of the console with what it asks; and under a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from console_browser import STRANGER, Browser
from consoles import ADDRESS, consoleNetwork, logIn
from selenium.common.exceptions import WebDriverException

from wand.lab import Lab
from wand.lab.commands import PYTHON
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Site

#: Where the stranger's page is.
PLACES = ("http://127.0.0.1:8081", f"http://{STRANGER}:8081")

REVOKE = f"{ADDRESS}/api/v1/members/node-2/revoke"

#: Posts a form in the window: where to, how its fields are encoded, and what they are.
POST_FORM = """
const [address, encoding, fields] = arguments;
const form = document.body.appendChild(document.createElement("form"));
Object.assign(form, {method: "post", action: address, enctype: encoding});
for (const [name, value] of Object.entries(fields)) {
  form.appendChild(Object.assign(document.createElement("input"), {name, value}));
}
form.submit();
"""

#: Asks for something as scripts do; what the page may know of the answer.
FETCH = """
const [address, options, done] = arguments;
fetch(address, {credentials: "include", ...options}).then(
  async (answer) => done([answer.type, answer.status, await answer.text()]), (error) => done(["refused", 0, ""]));
"""

#: Takes something into the page: whether that worked.
INCLUDE = """
const [kind, address, done] = arguments;
const element = Object.assign(document.createElement(kind), {src: address});
element.addEventListener("load", () => done(true));
element.addEventListener("error", () => done(false));
document.body.append(element);
"""


@pytest.fixture(scope="module")
def network(lab: Lab, loop: Loop) -> Deployment:
    """
    A network; the server's host has a stranger's page, too.
    """
    network = consoleNetwork(lab, loop)
    pages = lab.directory / "stranger"
    pages.mkdir()
    (pages / "index.html").write_text("<!doctype html><title>Stranger</title><p>Good morning.</p>")
    host = network.hosts[network.topology.server.name]
    host.start("stranger", *PYTHON, "http.server", "--bind", "127.0.0.1", "--directory", str(pages), "8081")
    return network


@pytest.fixture
def server(network: Deployment) -> Site:
    """
    Where the console is that strangers would like to use.
    """
    return network.topology.server


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """
    Where the stranger's page is.
    """
    return str(request.param)


@pytest.fixture(scope="module")
def browser(network: Deployment, place: str) -> Iterator[Browser]:
    """
    The browser of somebody who is logged in to the console.
    """
    server = network.topology.server
    browser = Browser(network.hosts[server.name])
    logIn(browser, network, server)
    yield browser
    browser.close()


@pytest.fixture
def visited(network: Deployment, server: Site, place: str, browser: Browser) -> Iterator[Browser]:
    """
    The same browser at the page of a stranger; afterwards they are still logged in, and nobody is revoked.
    """

    def isThere() -> bool:
        try:
            browser.open(place)
        except WebDriverException:
            return False  # it starts
        return True

    browser.soon(isThere, "the stranger's page")
    yield browser
    browser.open(f"{ADDRESS}/members")
    browser.shows("node-2", ".grid")
    assert "revoked" not in network.command(server, "members")


def _run(browser: Browser, script: str, *arguments: object) -> object:
    return browser.driver.execute_async_script(script, *arguments)


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_aFormOfAStrangerIsRefused(visited: Browser, network: Deployment, server: Site, encoding: str) -> None:
    """
    A form that a stranger's page sends does nothing, and is counted.
    """
    before = network.counters(server)["drop-console-foreign"]
    visited.run(POST_FORM, REVOKE, encoding, {'{"a":"': '"}'})
    visited.shows("page of another site made this request")
    assert network.counters(server)["drop-console-foreign"] > before


def test_aStrangerLogsNobodyOutOrIn(visited: Browser, network: Deployment, server: Site) -> None:
    """
    A stranger's page cannot log somebody out, nor in with a link of the stranger's.
    """
    url = "application/x-www-form-urlencoded"
    visited.run(POST_FORM, f"{ADDRESS}/logout", url, {"csrf": ""})
    visited.shows("page of another site made this request")
    visited.driver.back()
    visited.shows("Good morning.")
    link = network.command(server, "console", "--read-only").strip()
    visited.run(POST_FORM, f"{ADDRESS}/login", url, {"link": link.partition("#")[2]})
    visited.shows("page of another site made this request")
    visited.open(f"{ADDRESS}/members")
    visited.find("#invite")  # which whoever may only look does not have


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_aScriptOfAStrangerChangesNothing(visited: Browser, mode: str) -> None:
    """
    A stranger's script may send requests, but they do nothing, and it reads no answer.
    """
    options = {"method": "POST", "mode": mode, "body": "{}"}
    kind, status, text = _run(visited, FETCH, REVOKE, options)  # type: ignore[misc]
    assert (kind, status, text) in (("opaque", 0, ""), ("refused", 0, ""))
    headers = {"Content-Type": "application/json", "X-Wand-CSRF": "guessed"}
    kind, *_ = _run(visited, FETCH, REVOKE, {**options, "mode": "cors", "headers": headers})  # type: ignore[misc]
    assert kind == "refused"


def test_aScriptOfAStrangerReadsNothing(visited: Browser) -> None:
    """
    A stranger's script reads no document and no page, nor follows events.
    """
    for path in ("/", "/members", "/api/v1/members", "/api/v1/status", "/api/v1/openapi.json"):
        assert _run(visited, FETCH, ADDRESS + path, {}) == ["refused", 0, ""]
    follow = """
        const [address, done] = arguments;
        const source = new EventSource(address, {withCredentials: true});
        source.onopen = () => done("open");
        source.onerror = () => done("refused");
    """
    assert _run(visited, follow, f"{ADDRESS}/api/v1/events") == "refused"


def test_aStrangerIncludesNothing(visited: Browser) -> None:
    """
    Neither documents nor files of the console become part of a stranger's page.
    """
    assert _run(visited, INCLUDE, "script", f"{ADDRESS}/api/v1/status") is False
    assert _run(visited, INCLUDE, "img", f"{ADDRESS}/static/icon.svg") is False


def test_aStrangerFramesNothing(visited: Browser) -> None:
    """
    The console is not shown in a frame, where somebody would click on what they do not see.
    """
    _run(visited, INCLUDE, "iframe", f"{ADDRESS}/members")
    visited.driver.switch_to.frame(0)
    assert "Members" not in visited.driver.page_source
    visited.driver.switch_to.default_content()


def test_aWindowOfTheConsoleIsOutOfReach(visited: Browser) -> None:
    """
    A stranger's page that opens the console in a window has no hold on it.
    """
    own = visited.driver.current_window_handle
    visited.run("window.opened = window.open(arguments[0])", f"{ADDRESS}/members")
    [other] = visited.soon(lambda: [each for each in visited.driver.window_handles if each != own], "the window")
    visited.driver.switch_to.window(other)
    visited.shows("wandaemon")
    assert visited.run("return window.opener") is None
    visited.driver.close()
    visited.driver.switch_to.window(own)


def test_anotherNameForThisHostLeadsNowhere(visited: Browser) -> None:
    """
    If a stranger's name leads to this host (DNS rebinding), the console does not answer to it.
    """
    visited.open(f"http://{STRANGER}:8080/")
    assert "Overview" not in visited.driver.page_source
    assert _run(visited, FETCH, f"http://{STRANGER}:8080/api/v1/status", {})[1:2] != [200]  # type: ignore[index]
    assert "ask for" in visited.text()
