"""
What can be done in the console, in a real browser, with a real node and a real server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe import violations
from console_browser import Browser
from consoles import ADDRESS, Browse, consoleNetwork, press
from selenium.webdriver.common.keys import Keys

from wand.lab import Lab
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop

#: Waits until the program tells events to whoever asks for them now, and so to the page, which asked before.
_LISTEN = """
const [done] = arguments;
const source = new EventSource("/api/v1/events");
source.addEventListener("open", () => { source.close(); done(); });
"""


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
def changing(loop: Loop) -> Iterator[Deployment]:
    """
    A network like L{network} whose members a test changes.
    """
    with Lab() as lab:
        yield consoleNetwork(lab, loop)


def _act(browser: Browser, what: str, name: str) -> None:
    browser.open(f"{ADDRESS}/members")
    browser.click(f"[aria-label='{what} {name}']")
    browser.find("dialog[open]")


def test_membersAreApprovedRenamedAndRevoked(changing: Deployment, browse: Browse) -> None:
    """
    Each is asked for first, is done when confirmed, and is not done when not.
    """
    server = changing.topology.server
    browser = browse(changing, server)
    browser.open(f"{ADDRESS}/members")
    browser.find("[aria-label='Revoke node-1']")
    assert browser.run("return document.querySelector(\"[aria-label='Revoke server']\")") is None
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
    press(browser, Keys.ENTER)
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
    drawn = "const code = document.querySelector('img.qr'); return code.complete && code.naturalWidth > 20"
    browser.soon(lambda: browser.run(drawn), "the QR code")
    assert violations(browser) == []
    token = browser.run("return document.querySelector('dialog textarea').value")
    browser.click("dialog .end button")
    assert token not in browser.driver.page_source
    changing.ask(outside, lambda node: node.join(token))
    browser.shows("lisbon", ".grid")
    browser.shows("online", ".grid")


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


def test_eventsArriveAsTheyHappen(onNode: Browser, network: Deployment) -> None:
    """
    Events come by themselves; they can be held, restricted to some, and to those about one member.
    """
    onNode.open(f"{ADDRESS}/events")
    node = network.topology.nodes[0]

    def happen(mac: str) -> None:
        network.command(node, "add", mac, "node-2")

    onNode.driver.execute_async_script(_LISTEN)
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
    onNode.find("input[name=needle]").send_keys("0e:0")
    onNode.shows("02:00:00:00:0e:01", "#list")
    onNode.click("#list li:last-child button")
    assert "02:00:00:00:0e:02" not in onNode.text("#list")
    onNode.shows("Only events about 02:00:00:00:0e:01", "#trace")
    onNode.click("#trace button")
    onNode.shows("02:00:00:00:0e:02", "#list")
    onNode.find("select[name=kind]").send_keys("entry-added")
    onNode.shows("02:00:00:00:0e:02", "#list")


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
    A login ends with the program: the page says that, and a new link leads back to it.
    """
    node = changing.topology.nodes[0]
    browser = browse(changing, node)
    browser.open(f"{ADDRESS}/members")
    browser.shows("node-2", ".grid")
    changing.kill(node)
    browser.shows("No answer since", "#connection")
    changing.start(node)
    browser.shows("This login is over")
    browser.open(changing.command(node, "console").strip())
    browser.shows("Members", "h1")
