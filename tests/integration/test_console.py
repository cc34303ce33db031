"""
The console in a real browser: every page and every action, on a real node and a real server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from axe import fetch, violations
from console_browser import NARROW, WIDE, Browser
from selenium.webdriver.common.keys import Keys

from wand.lab import Lab
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Site, topology

PLACE = "127.0.0.1:8080"
ADDRESS = f"http://{PLACE}"

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
    "doctor": "found what does not work",
}

LOOKS = [(dark, size) for dark in (False, True) for size in (WIDE, NARROW)]

#: Begins to browse at a site.
Browse = Callable[..., Browser]


@pytest.fixture(scope="session", autouse=True)
def axeIsThere() -> None:
    """
    What the tests need from outside is fetched before they stand in a lab.
    """
    fetch()


@pytest.fixture(scope="module")
def network(lab: Lab, loop: Loop) -> Deployment:
    """
    A server and two members with consoles, a node that waits for an approval, and one that nobody invited.
    """
    return _network(lab, loop)


def _network(lab: Lab, loop: Loop) -> Deployment:
    network = Deployment(lab, topology(count=4), loop)
    for site in (network.topology.server, *network.topology.nodes):
        file = network.files.configuration(site)
        file.write_text(f'console = "{PLACE}"\n{file.read_text()}')
    network.startAll()
    *members, waiting, _ = network.topology.nodes
    for node in members:
        network.admit(node)
    network.awaitTables(members)
    token = network.invite(waiting, approval=True).read_text()
    network.ask(waiting, lambda node: node.join(token))
    return network


@pytest.fixture
def browse() -> Iterator[Browse]:
    """
    Begins to browse the console of a site: called with the network, the site, and options for C{wand console}; without
    C{login}, nobody is logged in.
    """
    with ExitStack() as stack:

        def begin(network: Deployment, site: Site, *options: str, login: bool = True) -> Browser:
            browser = Browser(network.hosts[site.name], STRANGER)
            stack.callback(browser.close)
            if login:
                logIn(browser, network, site, *options)
            return browser

        yield begin


def logIn(browser: Browser, network: Deployment, site: Site, *options: str) -> None:
    """
    Open the link that C{wand console} prints.
    """
    browser.open(network.command(site, "console", *options).strip())
    browser.shows("Overview", "h1")


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


# Pages.


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
    assert onNode.run("return document.querySelectorAll('.picture .way.direct .line').length") == 2
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
    wanted = {"Skip to the page", "Members", "Log out", "Invite…", "Name", "Rename", "Revoke", "Approve"}
    seen = set()
    for _ in range(60):
        _press(onServer, Keys.TAB)
        seen.add(onServer.run("return document.activeElement.innerText ?? ''").strip())
        outline = onServer.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or onServer.run("return document.activeElement === document.body")
        if wanted <= seen:
            break
    assert wanted <= seen
    onServer.run("document.getElementById('invite').focus()")
    _press(onServer, Keys.ENTER)
    onServer.find("dialog[open]")
    assert violations(onServer) == []
    _press(onServer, Keys.ESCAPE)
    onServer.soon(lambda: not onServer.run("return document.querySelector('dialog[open]')"), "a closed dialog")
    assert onServer.run("return document.activeElement.id") == "invite"


def _press(browser: Browser, key: str) -> None:
    browser.driver.switch_to.active_element.send_keys(key)


def test_whoMayOnlyLookChangesNothing(browse: Browse, network: Deployment) -> None:
    """
    With C{wand console --read-only} there is nothing to change anything with, and the program refuses what a script
    tries all the same.
    """
    browser = browse(network, network.topology.server, "--read-only")
    browser.open(f"{ADDRESS}/members")
    browser.shows("node-1", ".grid")
    shown = "return [...document.querySelectorAll('main button')].filter((each) => each.checkVisibility()).length"
    assert browser.run(shown) == browser.run("return document.querySelectorAll('main th button').length")
    browser.shows("Read-only")
    refused = """
        const [done] = arguments;
        const token = document.querySelector("meta[name=wand-csrf]").content;
        fetch("/api/v1/members/node-1/revoke", {method: "POST", body: "{}",
          headers: {"Content-Type": "application/json", "X-Wand-CSRF": token}}).then((answer) => done(answer.status));
    """
    assert browser.driver.execute_async_script(refused) == 403
    assert "revoked" not in network.command(network.topology.server, "members")


def test_whoLogsOutIsOut(onNode: Browser) -> None:
    """
    After logging out the pages ask for a login again.
    """
    onNode.click(".foot form button")
    onNode.shows("wand console")
    onNode.open(f"{ADDRESS}/members")
    onNode.shows("wand console")


# Events.


def test_eventsArriveAsTheyHappen(onNode: Browser, network: Deployment) -> None:
    """
    Events come by themselves; they can be held, restricted to some, and to those about one member.
    """
    onNode.open(f"{ADDRESS}/events")
    node = network.topology.nodes[0]

    def happen(mac: str) -> None:
        network.command(node, "add", mac, "node-2")

    onNode.soon(lambda: _isListening(onNode), "that the page listens")
    happen("02:00:00:00:0e:01")
    onNode.shows("02:00:00:00:0e:01", "#list")
    assert "entry-added" in onNode.text("#list")
    onNode.click("#pause")
    happen("02:00:00:00:0e:02")
    onNode.soon(lambda: re.search("Paused: [1-9]", onNode.text("#summary")), "that events wait")
    assert "02:00:00:00:0e:02" not in onNode.text("#list")
    onNode.click("#pause")
    onNode.shows("02:00:00:00:0e:02", "#list")
    onNode.find("input[name=needle]").send_keys("0e:02")
    assert "02:00:00:00:0e:01" not in onNode.text("#list")
    onNode.find("input[name=needle]").clear()
    onNode.find("input[name=needle]").send_keys(" ")
    onNode.shows("02:00:00:00:0e:01", "#list")
    onNode.click("#list li:last-child button")
    assert "02:00:00:00:0e:02" not in onNode.text("#list")
    onNode.shows("Only events about 02:00:00:00:0e:01", "#trace")
    onNode.click("#trace button")
    onNode.shows("02:00:00:00:0e:02", "#list")
    onNode.find("select[name=kind]").send_keys("entry-added")
    onNode.shows("02:00:00:00:0e:02", "#list")


def _isListening(browser: Browser) -> bool:
    found = "return performance.getEntriesByType('resource').some((each) => each.name.endsWith('/events.js'))"
    return bool(browser.run(found))


# Actions.


def _act(browser: Browser, what: str, name: str) -> None:
    browser.open(f"{ADDRESS}/members")
    browser.click(f"[aria-label='{what} {name}']")
    browser.find("dialog[open]")


@pytest.fixture
def changing(loop: Loop) -> Iterator[Deployment]:
    """
    A network like L{network} whose members a test changes.
    """
    with Lab() as lab:
        yield _network(lab, loop)


def test_membersAreApprovedRenamedAndRevoked(changing: Deployment, browse: Browse) -> None:
    """
    Each is asked for first, is done when confirmed, and is not done when not.
    """
    server = changing.topology.server
    browser = browse(changing, server)
    _act(browser, "Approve", "node-3")
    assert violations(browser) == []
    browser.click("dialog button.main")
    browser.shows("node-3 is approved", "#told")
    browser.find("[aria-label='Rename node-3']")
    changing.awaitTables(changing.topology.nodes[:3])

    _act(browser, "Rename", "node-3")
    browser.find("dialog input").send_keys("Not A Name", Keys.ENTER)
    browser.find("dialog [role=alert]")
    assert violations(browser) == []
    browser.find("dialog input").clear()
    browser.find("dialog input").send_keys("athens", Keys.ENTER)
    browser.shows("athens", ".grid")

    _act(browser, "Revoke", "athens")
    assert violations(browser) == []
    assert browser.run("return document.activeElement.textContent") == "Cancel"
    _press(browser, Keys.ENTER)
    assert "revoked" not in changing.command(server, "members")
    browser.click("[aria-label='Revoke athens']")
    browser.click("dialog button.main.grave")
    browser.shows("revoked", ".grid")
    assert "revoked" in changing.command(server, "members")
    assert browser.complaints() == [] or all("409" in each or "400" in each for each in browser.complaints())


def test_anInvitationLetsANodeIn(changing: Deployment, browse: Browse) -> None:
    """
    An invitation is shown once, as text and as a QR code, and lets a node in.
    """
    outside = changing.topology.nodes[-1]
    browser = browse(changing, changing.topology.server)
    browser.open(f"{ADDRESS}/members")
    browser.click("#invite")
    browser.find("dialog input[name=name]").send_keys("lisbon")
    browser.click("dialog form button.main")
    browser.find("dialog img.qr")
    assert browser.run("const code = document.querySelector('img.qr'); return code.complete && code.naturalWidth > 20")
    assert violations(browser) == []
    token = browser.run("return document.querySelector('dialog textarea').value")
    browser.click("dialog .end button")
    assert token not in browser.driver.page_source
    changing.ask(outside, lambda node: node.join(token))
    browser.shows("lisbon", ".grid")
    browser.shows("online", ".grid")


# The connection.


def test_thePageSaysThatTheProgramIsGoneAndComesBack(onNode: Browser, network: Deployment) -> None:
    """
    If nobody answers any more the page says so, and since when; once somebody does it goes on by itself.
    """
    host = network.hosts[network.topology.nodes[0].name]
    onNode.shows("node-2", "#there")
    rule = (
        "table inet away { chain away { type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }; }"
    )
    host.run("nft", "-f", "-", sent=rule)
    onNode.shows("No answer since", "#connection")
    assert "node-2" in onNode.text("#there")
    host.run("nft", "delete", "table", "inet", "away")
    onNode.shows("Connected again", "#connection")
    onNode.soon(lambda: not onNode.text("#connection"), "that all is as before")


def test_afterAStartSomebodyLogsInAgain(changing: Deployment, browse: Browse) -> None:
    """
    A login ends with the program: the page says that, and a new link leads back.
    """
    node = changing.topology.nodes[0]
    browser = browse(changing, node)
    changing.kill(node)
    browser.shows("No answer since", "#connection")
    changing.start(node)
    browser.shows("Your session is over")
    logIn(browser, changing, node)
