"""
Those who look at a node all the time, in one program: a browser that shows the overview and the members and listens to
events, a Prometheus, somebody who asks for a name, and C{wand top}::

    python visitors.py LINK METRICS RESOLVER NAME CONTROL

It prints C{ready} once each had an answer.  Then it asks between each signal L{GO} and the next L{REST}; only that time
counts, so all ask as often in many short times as in a long one.  It goes on until it is killed, and ends with an error
if one has no answer.  It is run by its path.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from heapq import heapify, heapreplace
from http.client import HTTPConnection, HTTPResponse
from random import random, uniform
from threading import Thread
from urllib.parse import urlencode, urlsplit

from twisted.protocols import amp

GO, REST = signal.SIGUSR1, signal.SIGUSR2

#: Seconds between two questions of each kind, on average.  The pages wait as long, and C{wand top}; a Prometheus waits
#: for 15 s.
OVERVIEW, MEMBERS, SCRAPE, NAMES, TOP = 2.0, 4.0, 5.0, 1.0, 1.0

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


class Top:
    """
    C{wand top}, which reads this at the control socket each second.
    """

    def __init__(self, control: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(PATIENCE)
        self._connection.connect(control)

    def read(self) -> None:
        """
        Read once.
        """
        for name in (b"Status", b"Peers", b"CounterList"):
            self._connection.sendall(amp.AmpBox(_ask=b"1", _command=name).serialize())
            answer = b""
            while not answer.endswith(b"\0\0"):  # a key without length ends a box
                piece = self._connection.recv(1 << 16)
                if not piece:
                    raise OSError("the control socket was closed")
                answer += piece
            if not amp.parseString(answer)[0].get(b"_answer"):
                raise OSError(f"{name!r}: {answer!r}")


class Visits:
    """
    What is asked, and when.
    """

    def __init__(self, asks: Sequence[tuple[float, Callable[[], object]]]) -> None:
        """
        @param asks: each with the seconds between two of its kind.
        """
        self._asks = asks
        self._passed = 0.0
        # Not all at once, and not in step with who measures.
        self._due = [(random() * seconds, number) for number, (seconds, _) in enumerate(asks)]
        heapify(self._due)

    def go(self) -> None:
        """
        Ask whenever it is time, until L{REST}.  The time before counts as if it had passed just now.
        """
        began = time.monotonic() - self._passed
        while True:
            at, number = self._due[0]
            if signal.sigtimedwait([REST], max(0.0, began + at - time.monotonic())):
                break
            seconds, ask = self._asks[number]
            heapreplace(self._due, (at + uniform(0.5, 1.5) * seconds, number))
            ask()
        self._passed = time.monotonic() - began


def main() -> None:
    """
    Look until the end.
    """
    link, metrics, resolver, name, control = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, [GO, REST])
    browser, top = Browser(link), Top(control)
    events = browser.listen()
    asks: list[tuple[float, Callable[[], object]]] = [
        (OVERVIEW, lambda: browser.read(*OVERVIEW_ASKS)),
        (MEMBERS, lambda: browser.read(*MEMBERS_ASKS)),
        (SCRAPE, lambda: scrape(metrics)),
        (NAMES, lambda: lookUp(resolver, name)),
        (TOP, top.read),
    ]
    for _, ask in asks:
        ask()
    Thread(target=_listen, args=(events,), daemon=True).start()
    print("ready", flush=True)
    visits = Visits(asks)
    while signal.sigwait([GO]):
        visits.go()


def _listen(events: HTTPResponse) -> None:
    with suppress(OSError):
        for _ in events:
            pass
    print("there are no more events", flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()
