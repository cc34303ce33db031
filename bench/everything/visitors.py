"""
Those who look at a node all the time, in one program: a browser that shows the overview and the members and listens to
events, a Prometheus, and somebody who asks for a name::

    python visitors.py LINK METRICS RESOLVER NAME

It prints C{ready} once each had an answer, goes on until it is killed, and ends with an error if one has none.  It is
run by its path, and so needs nothing but Python.
"""

import os
import socket
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from threading import Barrier, Thread
from urllib.parse import urlencode, urlsplit

#: Seconds between two questions of each kind.  The pages wait as long; a Prometheus waits for 15 s.
OVERVIEW, MEMBERS, SCRAPE, NAMES = 2.0, 4.0, 5.0, 1.0

#: What the overview asks for, and the list of members.
OVERVIEW_ASKS = ("status", "counters?limit=1000", "graph?most=500", "top")
MEMBERS_ASKS = ("members?limit=1000",)

#: Seconds within which there must be an answer.
PATIENCE = 30.0

#: Events are listened to without an end; there is a sign of life every 15 s.
SILENCE = 40.0


class Browser:
    """
    Somebody who is logged in.
    """

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self._place = parts.netloc
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{parts.netloc}"}
        answer = self._ask("POST", "/login", urlencode({"link": parts.fragment}), headers)
        self._cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        if answer.status != 303 or not self._cookie:
            raise OSError(f"the console let nobody in: {answer.status}")

    def read(self, *paths: str) -> None:
        """
        Read some documents.
        """
        for path in paths:
            answer = self._ask("GET", f"/api/v1/{path}", None, {"Cookie": self._cookie})
            if answer.status != 200 or not answer.read():
                raise OSError(f"{path}: {answer.status}")

    def listen(self) -> HTTPResponse:
        """
        Begin to listen to events.
        """
        answer = self._ask("GET", "/api/v1/events", None, {"Cookie": self._cookie}, SILENCE)
        if answer.status != 200:
            raise OSError(f"events: {answer.status}")
        return answer

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str], patience: float = PATIENCE
    ) -> HTTPResponse:
        connection = HTTPConnection(self._place, timeout=patience)
        connection.request(method, path, body, headers)
        return connection.getresponse()


def scrape(place: str) -> None:
    """
    Read the metrics once.
    """
    connection = HTTPConnection(place, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    if answer.status != 200 or b"wand_entries" not in answer.read():
        raise OSError(f"metrics: {answer.status}")


def lookUp(resolver: str, name: str) -> None:
    """
    Ask for the address of a name once (RFC 1035, section 4.1).
    """
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE)
        asking.sendto(question, (resolver, 53))
        answer = asking.recv(512)
    if answer[3] & 15 or not answer[7]:
        raise OSError(f"{name} has no address: {answer.hex()}")


def main() -> None:
    """
    Look until the end.
    """
    link, metrics, resolver, name = sys.argv[1:]
    browser = Browser(link)
    events = browser.listen()
    regular: list[tuple[float, Callable[[], object]]] = [
        (OVERVIEW, lambda: browser.read(*OVERVIEW_ASKS)),
        (MEMBERS, lambda: browser.read(*MEMBERS_ASKS)),
        (SCRAPE, lambda: scrape(metrics)),
        (NAMES, lambda: lookUp(resolver, name)),
    ]
    answered = Barrier(len(regular), lambda: print("ready", flush=True))
    for seconds, ask in regular:
        Thread(target=_repeat, args=(ask, seconds, answered)).start()
    _orEnd(lambda: [None for _ in events])
    os._exit(1)  # they are without an end


def _repeat(ask: Callable[[], object], seconds: float, answered: Barrier) -> None:
    _orEnd(ask)
    answered.wait()
    while True:
        time.sleep(seconds)
        _orEnd(ask)


def _orEnd(ask: Callable[[], object]) -> None:
    try:
        ask()
    except Exception as error:
        print(f"{error!r}", flush=True)
        os._exit(1)


if __name__ == "__main__":
    main()
