"""
The pages of the console in a real browser, on a real node and a real server.
"""

from __future__ import annotations

import pytest
from axe import violations
from console_browser import Browser
from consoles import ADDRESS, LOOKS, Browse, consoleNetwork, press
from selenium.webdriver.common.keys import Keys

from wand.lab import Lab
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop

#: What each page says of a network of a server and two nodes, seen from the first of them and from the server.
ON_NODE = {
    "": "node-2",
    "members": "3 members of wand, as this host knows them",
    "table": "02:00:00:00:00:02",
    "events": "What happens from now on",
    "reach?peer=node-2": "The way is direct",
    "doctor": "checks were made",
}

ON_SERVER = {
    "": "node-2",
    "members": "waits for approval",
    "table": "02:00:00:00:00:02",
    "events": "What happens from now on",
    "doctor": "found a problem",
}


@pytest.fixture(scope="module")
def network(lab: Lab, loop: Loop) -> Deployment:
    """
    A server and two members with consoles, a node that waits for an approval, and one that nobody invited.
    """
    return consoleNetwork(lab, loop)


@pytest.fixture
def onNode(browse: Browse, network: Deployment) -> Browser:
    """
    A browser at the console of the first node.
    """
    return browse(network, network.topology.nodes[0])


@pytest.fixture
def onServer(browse: Browse, network: Deployment) -> Browser:
    """
    A browser at the console of the server.
    """
    return browse(network, network.topology.server)


def _lookAtAll(browser: Browser, pages: dict[str, str]) -> None:
    for dark, size in LOOKS:
        browser.look(dark=dark, size=size)
        for page, said in pages.items():
            browser.open(f"{ADDRESS}/{page}")
            browser.shows(said, "main")
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), (page, size)
            assert violations(browser) == [], (page, dark, size)
    assert browser.complaints() == []


def test_everyPageOfANodeShowsTheNetwork(onNode: Browser) -> None:
    """
    Each page shows what the program says, in light and in dark, on a desk and on a telephone; nothing is wider than the
    window, axe-core finds nothing, and the browser complains of nothing.
    """
    _lookAtAll(onNode, ON_NODE)


def test_everyPageOfAServerShowsTheNetwork(onServer: Browser) -> None:
    """
    The same on a server.
    """
    _lookAtAll(onServer, ON_SERVER)


def test_theLoginSaysHowToGetIn(browse: Browse, network: Deployment) -> None:
    """
    Whoever is not logged in is told how to get in, and sees nothing else.
    """
    browser = browse(network, network.topology.nodes[0], login=False)
    for dark, size in LOOKS:
        browser.look(dark=dark, size=size)
        for page in ("", "members", "login"):
            browser.open(f"{ADDRESS}/{page}")
            browser.shows("wand console")
            assert "node-2" not in browser.driver.page_source
            assert violations(browser) == []
    browser.open(f"{ADDRESS}/login#guessed")
    browser.shows("used already, or it is too old", "[role=alert]")


def test_theNetworkIsDrawn(onNode: Browser, network: Deployment) -> None:
    """
    The picture has this host, the others and the ways to them, with text as well; what is sent runs along them, unless
    the reader wants nothing to move.
    """
    first, second, *_ = network.topology.nodes
    network.hosts[first.name].start("ping", "ping", "-q", "-i", "0.02", "-s", "1000", second.inside)
    onNode.soon(lambda: "B/s" in onNode.text(".picture"), "a rate in the picture")
    assert {"node-1", "this host", "node-2", "server"} <= set(onNode.text(".picture").splitlines())
    direct = "return document.querySelectorAll('.picture .way.direct .line').length"
    onNode.soon(lambda: onNode.run(direct) == 2, "two direct ways")
    assert "direct" in onNode.text("#legend")
    title = onNode.run("return document.querySelector('.picture svg > title').textContent")
    assert title.startswith("node-1 and 2 other members, 2 online")
    moving = "return document.getAnimations().filter((each) => each.playState === 'running').length"
    onNode.soon(lambda: onNode.run(moving), "something that moves")
    onNode.click("#motion")
    onNode.soon(lambda: not onNode.run(moving), "that nothing moves")
    onNode.click("#motion")
    onNode.soon(lambda: onNode.run(moving), "something that moves again")
    onNode.look(still=True)
    onNode.open(ADDRESS)
    onNode.soon(lambda: "B/s" in onNode.text(".picture"), "a rate in the picture that does not move")
    assert onNode.run(moving) == 0
    assert not onNode.run("return document.getElementById('motion').checkVisibility()")


def test_countersAreLines(onNode: Browser) -> None:
    """
    What the program counts is shown as lines with figures, and as a list of all counters.
    """
    onNode.soon(
        lambda: onNode.run("return document.querySelectorAll('.sparkline .line[d]:not([d=\"\"])').length >= 5"), "lines"
    )
    assert "Dropped" in onNode.text("#figures")
    onNode.click(".counters summary")
    onNode.shows("udp-sent-datagrams", "#counters")


def test_whatNeedsAPersonIsSaid(onServer: Browser) -> None:
    """
    The notes of C{wand status} that need attention stand on top of the overview.
    """
    onServer.shows("node-3 waits for an approval", "#attention")


def test_thePageSaysWhyAWayIsAsItIs(onNode: Browser) -> None:
    """
    Reach says of a member how it is reached, and of one that nobody knows that there is none; whoever names none is
    told what the network around this host allows.
    """
    onNode.open(f"{ADDRESS}/reach")
    onNode.shows("UDP", "#network")
    onNode.find("input[name=peer]").send_keys("node-2", Keys.ENTER)
    onNode.shows("The way is direct", "#why")
    assert onNode.driver.current_url.endswith("?peer=node-2")
    assert "in use" in onNode.text("#why")
    field = onNode.find("input[name=peer]")
    field.clear()
    field.send_keys("nobody", Keys.ENTER)
    onNode.shows("nobody", "#why .note.bad")


def test_theDoctorLooksAgain(onNode: Browser) -> None:
    """
    The doctor shows verdicts and what repairs something, and looks again when asked.
    """
    onNode.open(f"{ADDRESS}/doctor")
    onNode.shows("As it should be", "#findings")
    onNode.run("document.getElementById('findings').replaceChildren()")
    onNode.click("#again")
    onNode.shows("As it should be", "#findings")


def test_listsAreSortedAndRestricted(onServer: Browser) -> None:
    """
    Members are sorted by any column, either way, and restricted to those whose name, address or key contains what
    somebody types, or who are in one state.
    """
    onServer.open(f"{ADDRESS}/members")
    names = "return [...document.querySelectorAll('.grid tbody .name')].map((each) => each.textContent)"
    onServer.soon(lambda: onServer.run(names) == ["node-1", "node-2", "node-3", "server"], "members by their names")
    onServer.click(".grid th button")
    assert onServer.run(names) == ["server", "node-3", "node-2", "node-1"]
    assert onServer.find(".grid th").get_attribute("aria-sort") == "descending"
    onServer.find("input[name=needle]").send_keys("10.77.0.2")
    assert onServer.run(names) == ["node-2"]
    onServer.find("input[name=needle]").clear()
    onServer.find("select[name=state]").send_keys("Waiting")
    onServer.soon(lambda: onServer.run(names) == ["node-3"], "those who wait")
    onServer.find("input[name=needle]").send_keys("nobody")
    onServer.shows("Nothing fits what you look for.", "main")


def test_whereNoPageIsThereIsAWayBack(onServer: Browser) -> None:
    """
    An address that is no page of the console says so, and leads back.
    """
    for dark, size in LOOKS:
        onServer.look(dark=dark, size=size)
        onServer.open(f"{ADDRESS}/nothing")
        onServer.shows("There is no such page", "h1")
        assert violations(onServer) == []
    onServer.click("main a")
    onServer.shows("Overview", "h1")
    onServer.look()


def test_aServerSaysWhoKnowsWays(onServer: Browser) -> None:
    """
    A server reaches nobody itself: the names of members lead to a page that says so, and this is no fault.
    """
    onServer.open(f"{ADDRESS}/reach?peer=node-1")
    onServer.shows("the console of a node says", "#why .hint")


def test_theThemeCanBeChosen(onNode: Browser) -> None:
    """
    Whoever wants another theme than the system's switches it, and it stays.
    """
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = onNode.run(colour)
    onNode.click("#theme")
    dark = onNode.run(colour)
    assert dark != light
    onNode.open(f"{ADDRESS}/table")
    assert onNode.run(colour) == dark
    onNode.click("#theme")
    assert onNode.run(colour) == light


def test_theKeyboardIsEnough(onServer: Browser) -> None:
    """
    Everything is reached with the Tab key, in sight; Escape closes a dialog, and the focus is where it was.
    """
    onServer.open(f"{ADDRESS}/members")
    onServer.shows("node-1", ".grid")
    onServer.run("document.activeElement.blur()")
    wanted = {"Skip to the content", "Members", "Log out", "Invite…", "Name", "Rename", "Revoke", "Approve"}
    seen = set()
    for _ in range(60):
        press(onServer, Keys.TAB)
        seen.add(onServer.run("return document.activeElement.innerText ?? ''").strip())
        outline = onServer.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or onServer.run("return document.activeElement === document.body")
        if wanted <= seen:
            break
    assert wanted <= seen
    onServer.run("document.getElementById('invite').focus()")
    press(onServer, Keys.ENTER)
    onServer.find("dialog[open]")
    assert violations(onServer) == []
    press(onServer, Keys.ESCAPE)
    onServer.soon(lambda: not onServer.run("return document.querySelector('dialog[open]')"), "a closed dialog")
    assert onServer.run("return document.activeElement.id") == "invite"
