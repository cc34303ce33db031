"""
What tests of the console share: a program in memory, its console, and browsers and scripts that ask it over
connections in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import attrs
from simulated.program import MemoryProgram, connectInMemory
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.test.iosim import IOPump

from wand.console.console_service import ConsoleService, ConsoleSettings
from wand.control.client import ControlClient
from wand.errors import NotRunning
from wand.testing.context import simulatedContext
from wand.testing.network import Network

PLACE = "127.0.0.1:8080"


@attrs.frozen
class Answer:
    """
    What the console answers.

    @ivar headers: by their names in lower case; of one that is there twice, the last.
    @ivar isWhole: did it end as it should?
    """

    status: int
    headers: dict[str, str]
    body: bytes
    isWhole: bool

    @property
    def document(self) -> Any:
        """
        The body as JSON.
        """
        return json.loads(self.body)


class Line(StringTransport):
    """
    A connection to the console.
    """

    aborted = False

    def abortConnection(self) -> None:
        """
        End it at once.
        """
        self.aborted = self.disconnecting = True

    def say(self, octets: bytes) -> None:
        """
        Send something.
        """
        self.protocol.dataReceived(octets)

    def hangUp(self) -> None:
        """
        Go away.
        """
        self.protocol.connectionLost()

    @property
    def isOver(self) -> bool:
        """
        Has the console ended it?
        """
        return self.disconnecting

    @property
    def answer(self) -> Answer:
        """
        What came.
        """
        return parsed(self.value(), self.aborted)


class Console:
    """
    A console.

    @ivar program: what it shows.
    @ivar isRunning: does the program answer at its control socket?
    """

    def __init__(self, place: str = PLACE, certificate: str = "", names: tuple[str, ...] = ()) -> None:
        self.reactor = MemoryReactorClock()
        self.reactor.advance(1_000_000)
        context = simulatedContext(self.reactor, Network(self.reactor, Random(0)), "192.0.2.1")
        self.program = MemoryProgram(self.reactor)
        self.program.counters = context.counters
        self.program.enter("member")
        self.isRunning = True
        self.pumps: list[IOPump] = []
        self.clients: list[ControlClient] = []
        self.service = ConsoleService(self.reactor, ConsoleSettings(place, certificate, names), context, self._dial)
        self.program.access = self.service.access
        self.service.startService()
        self.host = place

    @property
    def counters(self) -> dict[str, int]:
        """
        What the program counts.
        """
        return self.program.counters

    async def _dial(self) -> ControlClient:
        if not self.isRunning:
            raise NotRunning("nothing runs here")
        client, pump = connectInMemory(self.program, self.reactor)
        self.pumps.append(pump)
        self.clients.append(client)
        return client

    def settle(self) -> None:
        """
        Let the program and the console talk until nothing is left to say.
        """
        while any(pump.pump() for pump in tuple(self.pumps)):
            pass

    def connect(self) -> Line:
        """
        Connect to it.
        """
        local, peer = IPv4Address("TCP", "127.0.0.1", 8080), IPv4Address("TCP", "127.0.0.1", 50_000)
        line = Line(local, peer)
        line.protocol = self.reactor.tcpServers[0][1].buildProtocol(peer)
        if line.protocol is None:
            line.abortConnection()
        else:
            line.protocol.makeConnection(line)
        return line

    def begin(self, method: str, path: str, body: bytes = b"", **headers: str) -> Line:
        """
        Ask something; for C{_} in the name of a header there is a dash.
        """
        told = {"host": self.host, **headers}
        if body or method == "POST":
            told.setdefault("content-length", str(len(body)))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {text}" for name, text in told.items())]
        line = self.connect()
        line.say("\r\n".join([*lines, "", ""]).encode() + body)
        self.settle()
        return line

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """
        Ask something, read the answer and go away.
        """
        line = self.begin(method, path, body, **headers)
        line.hangUp()
        return line.answer

    def script(self, *, readOnly: bool = False) -> Caller:
        """
        A script with a token.
        """
        token = self.service.access.token(3600.0, readOnly=readOnly).secret
        return Caller(self, {"authorization": f"Bearer {token}"})

    def login(self, *, readOnly: bool = False) -> Caller:
        """
        A browser that was let in, on a page of the console.
        """
        answer = self.redeem(self.service.access.link(readOnly=readOnly).secret)
        cookie = answer.headers["set-cookie"].partition(";")[0]
        page = self.ask("GET", "/", cookie=cookie).body.decode()
        proof = page.partition('name="wand-csrf" content="')[2].partition('"')[0]
        own = {"origin": f"http://{self.host}", "sec-fetch-site": "same-origin"}
        return Caller(self, {"cookie": cookie, "x-wand-csrf": proof, **own})

    def redeem(self, link: str, **headers: str) -> Answer:
        """
        Log in.
        """
        body = urlencode({"link": link}).encode()
        return self.ask("POST", "/login", body, content_type="application/x-www-form-urlencoded", **headers)


@attrs.frozen
class Caller:
    """
    Somebody who was let in.

    @ivar headers: what they say each time.
    """

    console: Console
    headers: dict[str, str]

    def get(self, name: str, **more: str) -> Answer:
        """
        Ask the API.
        """
        return self.console.ask("GET", f"/api/v1/{name}", **{**self.headers, **more})

    def post(self, name: str, document: object = None, **more: str) -> Answer:
        """
        Have the API do something.
        """
        body = b"" if document is None else json.dumps(document).encode()
        told = {"content-type": "application/json", **self.headers, **more}
        return self.console.ask("POST", f"/api/v1/{name}", body, **told)

    def listen(self, **more: str) -> Line:
        """
        Listen to events.
        """
        return self.console.begin("GET", "/api/v1/events", **{**self.headers, **more})

    def without(self, *names: str) -> Caller:
        """
        The same without some headers.
        """
        return Caller(self.console, {name: text for name, text in self.headers.items() if name not in names})


def parsed(octets: bytes, aborted: bool = False) -> Answer:
    """
    Read an answer.
    """
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
    isWhole = not aborted
    if headers.get("transfer-encoding") == "chunked":
        pieces = list(_chunks(body))
        isWhole = isWhole and pieces[-1:] == [b""]
        body = b"".join(pieces)
    return Answer(int(first.split()[1]), headers, body, isWhole)


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        yield rest[:length]
        body = rest[length + 2 :]
