"""
The monitor: what would only be counted, or only seen by whoever asks, becomes a note when it lasts.

It looks at the counters and at the state now and then, so the places where things happen pay nothing for it.  What
strangers can cause is a hint at most, one for each kind, however many they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import attrs
from twisted.application.service import Service

from wand.interfaces import Context
from wand.timing.repeating import Repeating

#: Seconds between two looks.
LOOK_INTERVAL: Final = 10.0

#: Seconds for which what was counted is said, after it was counted last.
NOTE_LIFETIME: Final = 600.0


@attrs.frozen
class Rule:
    """
    A counter that shows something that somebody should know.

    @ivar counter: its name.
    @ivar least: how much it has to grow from one look to the next.
    @ivar text: what is wrong and what to do.
    @ivar isHint: does nobody have to act, or can strangers bring it about?
    """

    counter: str
    least: int
    text: str
    isHint: bool = True


class Monitor(Service):
    """
    Looks, and says what it sees.
    """

    name = "monitor"

    def __init__(self, context: Context, rules: Sequence[Rule], looks: Sequence[Callable[[], object]] = ()) -> None:
        """
        @param looks: called at every look; they say and clear notes of their own.
        """
        self._context = context
        self._rules = rules
        self._looks = looks
        self._seen: dict[str, int] = {}
        self._loop = Repeating("the monitor", self._look, context.clock, context.failures)

    def privilegedStartService(self) -> None:
        """
        Nothing needs privileges.
        """

    def startService(self) -> None:
        """
        Start looking; not at once, since everything is just starting.
        """
        super().startService()
        self._seen = {rule.counter: self._context.counters.get(rule.counter, 0) for rule in self._rules}
        self._loop.start(LOOK_INTERVAL, now=False)

    def stopService(self) -> None:
        """
        Stop looking; leaves no timer behind.
        """
        super().stopService()
        self._loop.stop()

    def _look(self) -> None:
        for rule in self._rules:
            count = self._context.counters.get(rule.counter, 0)
            before = self._seen[rule.counter]
            self._seen[rule.counter] = count
            if count - before >= rule.least:
                key = rule.counter.removeprefix("drop-")
                self._context.notes.say(key, rule.text, isHint=rule.isHint, lifetime=NOTE_LIFETIME)
        for look in self._looks:
            try:
                look()
            except Exception:
                self._context.failures.caught("the monitor")


_COMMON: Final = (
    Rule(
        "drop-udp-full",
        1000,
        "the UDP queue was full and datagrams were not sent: what the host sends is more than its link takes",
    ),
    Rule(
        "drop-udp-unreachable",
        20,
        "datagrams could not be sent: there is no route, or a firewall of this host forbids it "
        "(ip route; nft list ruleset)",
    ),
    Rule(
        "drop-control-crowded",
        1,
        "there were more connections to the control socket than are taken: a program opens many and closes none",
    ),
)

#: What programs that speak the sealed protocol tell.
SEALED: Final = (
    *_COMMON,
    Rule(
        "drop-relay-quota",
        1000,
        "a member sent more over this relay than is passed on for one, and lost what was too much: if its link carries "
        "more, raise relay-megabits",
    ),
    Rule(
        "drop-sealed-mac",
        5,
        "handshakes arrived for another key than this program's: a node with an invitation of another server, or of "
        "one that was here before, or strangers; that node needs an invitation of this network",
    ),
    Rule(
        "drop-sealed-version",
        1,
        "handshakes arrived that need a later version of the sealed protocol: update this program",
    ),
    Rule(
        "drop-sealed-handshake",
        3,
        "handshakes arrived that cannot be opened: a node of another network, or one with another cipher or network "
        "secret",
    ),
    Rule(
        "drop-sealed-refused",
        20,
        "handshakes were refused: a certificate has expired or is revoked, a clock is wrong, or an invitation was "
        "withdrawn; wand members and wand invitations at the server say more",
    ),
    Rule(
        "drop-sealed-full",
        1,
        "there are as many conversations as this program keeps, and a new one was refused: 1,000,000 members, or 256 "
        "nodes that join at one moment",
        isHint=False,
    ),
    Rule(
        "sealed-cookies-demanded",
        500,
        "handshakes arrive so fast that cookies are demanded: a flood of strangers, or everybody was started at once; "
        "members still get in",
    ),
    Rule(
        "drop-directory-full",
        1,
        "there are as many members as a server or a node keeps, and one was not taken",
        isHint=False,
    ),
    Rule(
        "drop-directory-throttled",
        10,
        "a member announces changes faster than they are taken: is it started again and again, or run twice?",
    ),
)

#: What a node tells besides.
NODE: Final = (
    Rule(
        "drop-claim-full",
        1,
        "more members announce themselves than this node keeps, and some are not reached",
        isHint=False,
    ),
    Rule(
        "drop-claim-table",
        1,
        "the table did not take the address of a member: it is full, or the operator's own entry stands against it "
        "(wand table)",
        isHint=False,
    ),
    Rule(
        "drop-tap-full",
        1000,
        "the host does not take frames from its tap as fast as they come: a program or the processor is too slow",
    ),
    Rule(
        "drop-sealed-queue",
        200,
        "frames were not sent because no session could be made: a member is off, or a firewall or a NAT in between "
        "lets nothing pass (wand peers)",
    ),
)

#: What the programs of a REL2 network tell.
REL2: Final = (
    *_COMMON,
    Rule(
        "drop-rel2-server-full",
        1,
        "the directory has more nodes than fit into one listing, and another one was refused",
        isHint=False,
    ),
    Rule("drop-rel2-server-refused", 1, "a hook or the operator refuses nodes that want to register"),
    Rule(
        "drop-rel2-unknown-sender",
        100,
        'datagrams arrived from senders that are not in the table (senders = "known"): strangers, or nodes that no '
        "directory names",
    ),
)
