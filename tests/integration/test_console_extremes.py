"""
The pages of the console with what no network in a lab says: ten thousand members, and texts that are an attack.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from axe import fetch, violations
from console_browser import NARROW, WIDE, Browser
from consoles import LOOKS, press
from false_program import FalseProgram
from selenium.webdriver.common.keys import Keys

HOSTILE = "<img src=x onerror=document.title='lost'><script>document.title='lost'</script>\"' onload=alert(1) \u202e"

#: Follows events where they are refused, though asking whether they are is not: what it waits before each of the next
#: attempts, in milliseconds.
REFUSED = """
const [done] = arguments, pauses = [], later = setTimeout;
window.fetch = async () => new Response();
window.setTimeout = (call, pause, ...told) => {
  if (call.name !== "begin") return later(call, pause, ...told);
  pauses.push(pause);
  return pauses.length < 9 ? later(call, 0, ...told) : done(pauses);
};
window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  readyState = 2;
  constructor() {
    super();
    later(() => this.dispatchEvent(new Event("error")));
  }
};
import("/static/events.js").then(({ follow }) => follow(() => {}, () => {}));
"""

STATUS: dict[str, Any] = {
    "role": "server",
    "version": HOSTILE,
    "started": 1.7e9,
    "notes": [HOSTILE, HOSTILE],
    "attention": 1,
    "own": {"name": HOSTILE, "network": HOSTILE, "addresses": [HOSTILE]},
    "tap": None,
}


def _member(number: int, name: str = "") -> dict[str, Any]:
    return {
        "name": name or f"host-{number}",
        "key": f"{number:064x}",
        "short": "",
        "state": "pending" if number == 4321 else "member",
        "server": number == 0,
        "addresses": [f"10.77.{number >> 8}.{number & 255}/16"],
        "macs": [f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"],
        "bridge": number == 1,
        "relay": False,
        "admission": False,
        "online": number % 3 != 0,
        "seen": 1.7e9 + number,
        "expires": 1.9e9,
    }


def _drawn(number: int, name: str = "") -> dict[str, Any]:
    way = ("direct", "stream", "relay", "")[number % 4]
    named = name or f"host-{number}"
    told = {"online": bool(way), "server": number == 0, "way": way, "relay": "host-0" if way == "relay" else ""}
    return {"key": f"{number:064x}", "name": named, **told, "roundTrip": 0.012 if way else None}


def _documents(count: int, name: str = "") -> dict[str, Any]:
    graph = {"here": name or "here", "nodes": [_drawn(number, name) for number in range(min(count, 500))]}
    entry = {"mac": "02:00:00:00:00:01", "peer": HOSTILE, "source": HOSTILE, "since": 1.7e9, "expires": None}
    return {
        "status": STATUS,
        "members": [_member(number, name) for number in range(count)],
        "counters": [{"name": "drop-" + HOSTILE, "value": 7, "description": HOSTILE}],
        "graph": {**graph, "left": max(0, count - 500), "online": count - count // 4},
        "top": {"peers": [{"peer": f"host-{number}", "bytesIn": 10.0**6, "bytesOut": 999.0} for number in range(90)]},
        "table": [entry, *({**entry, "mac": f"02:00:00:00:00:{last}"} for last in ("1a", "0a", "09"))],
        "events": [{"kind": HOSTILE, "time": 1.7e9, "fields": {"name": HOSTILE, "key": HOSTILE, HOSTILE: 1}}],
        "doctor": [{"check": HOSTILE, "verdict": "bad", "text": HOSTILE, "repair": HOSTILE}],
        "netcheck": {"checks": [{"name": HOSTILE, "isGood": None, "value": HOSTILE, "about": HOSTILE}], "verdict": ""},
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """
    A browser on this host.
    """
    fetch()
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def large() -> Iterator[FalseProgram]:
    """
    A program that has ten thousand members.
    """
    with FalseProgram(_documents(10_000)) as program:
        yield program


def test_tenThousandMembersAreListed(browser: Browser, large: FalseProgram) -> None:
    """
    Ten thousand members are shown fifty at a time, sorted as numbers are, and found as somebody types.
    """
    browser.open(f"{large.address}/members")
    browser.shows("1 to 50 of 10,000", ".pager")
    names = "return [...document.querySelectorAll('.grid tbody .name')].map((each) => each.textContent)"
    assert browser.run(names) == [f"host-{number}" for number in range(50)]
    browser.click(".pager [data-what=Next]")
    assert browser.run(names)[0] == "host-50"
    browser.click(".grid th button")
    assert browser.run(names)[0] == "host-9999"
    browser.find("input[name=needle]").send_keys("host-4321")
    assert browser.run(names) == ["host-4321"]
    browser.find("input[name=needle]").clear()
    browser.find("select[name=state]").send_keys("Waiting")
    browser.soon(lambda: browser.run(names) == ["host-4321"], "the one that waits")
    browser.look(size=NARROW)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.look()


def test_addressesAreSortedByTheirDigits(browser: Browser, large: FalseProgram) -> None:
    """
    A MAC address is no text with numbers in it: 09 comes before 0a, and that before 1a.
    """
    browser.open(f"{large.address}/table")
    browser.shows("02:00:00:00:00:1a", ".grid")
    shown = browser.run("return [...document.querySelectorAll('.grid tbody .fixed')].map((each) => each.textContent)")
    assert [each[-2:] for each in shown] == ["01", "09", "0a", "1a"]


def test_fiveHundredMembersAreDrawn(browser: Browser, large: FalseProgram) -> None:
    """
    Of ten thousand members five hundred are drawn, and the number of the others is said; of the ways that carry
    something, the sixty busiest move.
    """
    browser.open(large.address)
    browser.soon(lambda: browser.run("return document.querySelectorAll('.dot.member').length") == 500, "500 members")
    browser.shows("7,500\nonline", "#there")
    browser.shows("9,500\nnot drawn", "#there")
    moving = "return document.querySelectorAll('.flow:not([hidden])').length"
    browser.soon(lambda: browser.run(moving), "something that moves")
    assert browser.run(moving) <= 120
    outside = """
        const box = document.querySelector(".picture").getBoundingClientRect();
        return [...document.querySelectorAll(".dot")].map((each) => each.getBoundingClientRect())
          .filter((each) => each.left < box.left - 30 || each.right > box.right + 30).length;
    """
    for size in (WIDE, NARROW):
        browser.look(size=size)
        browser.soon(lambda: not browser.run(outside), "everybody inside")
        assert violations(browser) == []
    browser.look()


def test_whatTheNetworkSaysIsText(browser: Browser) -> None:
    """
    Whatever names, notes and events contain is shown as it is, on every page, and never becomes a part of it.
    """
    with FalseProgram(_documents(3, HOSTILE)) as program:
        for page in ("", "members", "table", "events", "reach", "doctor"):
            browser.open(f"{program.address}/{page}")
            browser.shows("<script>document.title", "main")
            assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
            assert "\u202e" not in browser.text()  # which would turn the text beside it around
            assert "lost" not in browser.driver.title
        assert not [each for each in browser.complaints() if "Content Security Policy" in each]


def test_whoIsRefusedEventsAsksLessAndLessOften(browser: Browser, large: FalseProgram) -> None:
    """
    If events are refused again and again, a page asks at once, after 1 s, and then less and less often.
    """
    browser.open(f"{large.address}/table")
    pauses = browser.driver.execute_async_script(REFUSED)
    assert pauses == [0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]


def test_longNamesFit(browser: Browser) -> None:
    """
    Names without a place to break them make no page wider than the window, in light and in dark.
    """
    documents = _documents(3, "x" * 64)
    documents["status"] = {**STATUS, "own": {"name": "x" * 64, "network": "n" * 64, "addresses": []}}
    with FalseProgram(documents) as program:
        for dark, size in LOOKS:
            browser.look(dark=dark, size=size)
            for page in ("", "members", "table", "reach"):
                browser.open(f"{program.address}/{page}")
                browser.shows("x" * 20, "#here")
                assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), (page, size)
    browser.look()


def test_theClockOfTheBrowserMayBeWrong(browser: Browser) -> None:
    """
    How long ago something was is told by the clock of the program.
    """
    documents = _documents(1)
    documents["table"] = [{**documents["table"][0], "since": time.time() - 600, "expires": time.time() + 7300}]
    hurrying = {"source": "const right = Date.now; Date.now = () => right() + 86_400_000;"}
    hasty = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", hurrying)
    with FalseProgram(documents) as program:
        browser.open(f"{program.address}/table")
        browser.shows("10 min ago", ".grid")
        assert "in 2 h" in browser.text(".grid")
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hasty)


def test_theFocusComesBackAfterADialog(browser: Browser, large: FalseProgram) -> None:
    """
    Whoever opens a dialog with the keyboard goes on where they were, even if the list was renewed meanwhile.
    """
    browser.open(f"{large.address}/members")
    browser.find("[aria-label='Rename host-7']").send_keys(Keys.ENTER)
    browser.find("dialog[open]")
    browser.run("document.getElementById('tools').dispatchEvent(new Event('input'))")
    press(browser, Keys.ESCAPE)
    focused = "return document.activeElement.getAttribute('aria-label')"
    browser.soon(lambda: browser.run(focused) == "Rename host-7", "the focus")
