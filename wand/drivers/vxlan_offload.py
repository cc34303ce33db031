"""
Which frames the kernel moves by itself, as VXLAN, and which go through the node.

The node asks the owner of each address that its host sends to, through the network: it alone knows who that is, and
answers for nobody else.  If VXLAN is there too, the answer has its place.  The node asks once more, directly, and when
that is answered too it gives the way to the kernel, and goes on to ask now and then.  Whenever answers stay away, or
the table has the address elsewhere, frames go through the node again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import attrs

from wand.drivers.vxlan_messages import NONCE_SIZE, Message, Place, messageIn
from wand.errors import AddressInvalid
from wand.ethernet import HEADER_SIZE, MAC, Frame
from wand.events import Event
from wand.interfaces import Context
from wand.timing.deadlines import Deadlines
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "vxlan-questions": "questions answered whether frames for this host can come as VXLAN",
    "drop-vxlan-answer": "answers about VXLAN dropped: nobody asked, or no longer",
    "drop-vxlan-flood": "questions about VXLAN dropped: more came directly than are answered",
}

#: Seconds until an owner that said nothing is asked again, if the host still sends to it.
ASK_INTERVAL: Final = 30.0

#: Seconds until a way that the kernel has is asked about again, less up to a fifth.
RENEW_INTERVAL: Final = 10.0

#: Seconds that a direct question has for its answer, and how many in a row may have none.
PATIENCE: Final = 2.0
TRIES: Final = 3

#: Seconds until a way that led nowhere is tried again.
BLOCKED_INTERVAL: Final = 60.0

#: How many questions that came directly are answered in a second, and at once: anybody can send these.
ANSWER_RATE: Final = 200.0
ANSWER_BURST: Final = 500.0

#: The notes.
FULL: Final = "vxlan-full"
BLOCKED: Final = "blocked-"


class Forwarding(Protocol):
    """
    The kernel's table of who is where.
    """

    def put(self, mac: MAC, place: Place) -> None:
        """
        Frames for an address go to a place from now on.
        """

    def remove(self, mac: MAC) -> None:
        """
        They go to the node again.
        """


class Paths(Protocol):
    """
    How a message travels, and who we are.
    """

    @property
    def mac(self) -> MAC:
        """
        The MAC address of the host.
        """

    @property
    def mtu(self) -> int:
        """
        The largest payload of a frame.
        """

    def throughNetwork(self, frame: bytes) -> None:
        """
        Send a frame as if the host had.
        """

    def directly(self, frame: bytes, place: Place) -> None:
        """
        Send a frame as VXLAN.
        """

    def ownPlace(self, towards: str | None) -> Place | None:
        """
        Where our host is reached; C{None} if that is unknown.

        @param towards: the address of who asks.
        """


@attrs.define
class _Way:
    """
    What is known about one address.

    @ivar tries: direct questions without an answer, in a row.
    @ivar isMoved: does the kernel move the frames?
    """

    nonce: bytes
    place: Place | None = None
    tries: int = 0
    isMoved: bool = False


class Offload:
    """
    Asks, answers, and tells the kernel.
    """

    def __init__(self, context: Context, forwarding: Forwarding, paths: Paths, most: int) -> None:
        """
        @param most: how many addresses are asked about at most.
        """
        self._clock = context.clock
        self._random = context.random
        self._events = context.events
        self._notes = context.notes
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._forwarding = forwarding
        self._paths = paths
        self._most = most
        self._ways: dict[bytes, _Way] = {}
        self._deadlines: Deadlines[MAC] = Deadlines(context.clock, self._expired)
        self._answers = TokenBuckets(context.clock, ANSWER_RATE, ANSWER_BURST)
        self._unsubscribe: Callable[[], None] = context.events.subscribe(self._told)

    def stop(self) -> None:
        """
        Ask nobody any more, and leave no timer behind.
        """
        self._unsubscribe()
        self._deadlines.stop()
        self._ways.clear()

    # HOT PATH, for what the kernel does not move.

    def noticed(self, frame: Frame) -> None:
        """
        The host sent a frame through the node.
        """
        if len(frame) >= HEADER_SIZE and not frame[0] & 1 and bytes(frame[:6]) not in self._ways:
            self._ask(MAC(bytes(frame[:6])))

    # COLD PATH

    def arrived(self, frame: Frame, *, isDirect: bool = False) -> bool:
        """
        A frame of this EtherType arrived.

        @param isDirect: as VXLAN, and not through the network?
        @return: whether it was a message.
        """
        message = messageIn(frame)
        if message is None:
            return False
        if not message.isAnswer:
            self._answer(message, bytes(frame[6:12]), isDirect)
        elif not isDirect:
            self._answered(message)
        return True

    def _ask(self, mac: MAC) -> None:
        if len(self._ways) >= self._most:
            self._notes.say(
                FULL,
                f"the host sends to more than {self._most} addresses, and frames for some are not moved by the kernel: "
                "raise the driver setting 'most'",
                isHint=True,
                lifetime=ASK_INTERVAL * 2,
            )
            return
        self._ways[mac] = way = _Way(self._random.randbytes(NONCE_SIZE))
        self._after(mac, ASK_INTERVAL)
        question = self._question(mac, way, isDirect=False)
        if question is not None:
            self._paths.throughNetwork(question)

    def _question(self, mac: MAC, way: _Way, *, isDirect: bool) -> bytes | None:
        place = self._paths.ownPlace(None)
        if place is None:
            return None
        return Message(False, isDirect, way.nonce, mac, place).frame(mac, self._paths.mac, self._paths.mtu)

    def _answer(self, question: Message, asker: bytes, isDirect: bool) -> None:
        if question.asked != self._paths.mac:
            return  # that of a host behind a bridge: the network may have asked several members who it is with
        if isDirect and not self._answers.take(""):
            self._counters["drop-vxlan-flood"] += 1
            return
        place = self._paths.ownPlace(question.place.host)
        if place is None or asker[0] & 1 or asker == self._paths.mac:
            return
        self._counters["vxlan-questions"] += 1
        answer = Message(True, isDirect, question.nonce, question.asked, place)
        self._paths.throughNetwork(answer.frame(asker, self._paths.mac, self._paths.mtu))

    def _answered(self, answer: Message) -> None:
        mac, way = answer.asked, self._ways.get(answer.asked)
        if way is None or way.nonce != answer.nonce:
            self._counters["drop-vxlan-answer"] += 1
        elif answer.isDirect and way.place is not None:
            self._confirmed(mac, way, way.place)
        elif way.place is None and not answer.isDirect:
            way.place = answer.place
            self._try(mac, way, way.place)

    def _confirmed(self, mac: MAC, way: _Way, place: Place) -> None:
        way.tries = 0
        self._after(mac, RENEW_INTERVAL * (1 - self._random.random() / 5))
        self._forwarding.put(mac, place)  # again and again, in case somebody else took it out
        if not way.isMoved:
            way.isMoved = True
            self._notes.clear(f"{BLOCKED}{mac}")
            self._events.publish("offload-began", mac=str(mac), host=place.host)

    def _try(self, mac: MAC, way: _Way, place: Place) -> None:
        way.tries += 1
        way.nonce = self._random.randbytes(NONCE_SIZE)  # who was told another one is not there for that
        self._after(mac, PATIENCE)
        question = self._question(mac, way, isDirect=True)
        if question is not None:
            self._paths.directly(question, place)

    def _after(self, mac: MAC, seconds: float) -> None:
        self._deadlines.expireAt(mac, self._clock.seconds() + seconds)

    def _expired(self, mac: MAC) -> None:
        way = self._ways[mac]
        if way.place is None:
            del self._ways[mac]
        elif way.tries < TRIES:
            self._try(mac, way, way.place)
        elif way.isMoved:
            self._forget(mac, "nothing gets there as VXLAN any more")
        else:
            self._block(mac, way, way.place)

    def _block(self, mac: MAC, way: _Way, place: Place) -> None:
        self._notes.say(
            f"{BLOCKED}{mac}",
            f"frames for {mac} go through this node and not as VXLAN: of datagrams with {self._paths.mtu + 50} octets "
            f"of IP none gets from here to {place.host}, UDP port {place.port}: open that port; if a link in between "
            "has a smaller MTU, set mtu to 50 less on every node",
            isHint=True,
            lifetime=BLOCKED_INTERVAL * 2,
        )
        way.place, way.nonce = None, b""  # an answer that is late changes nothing
        self._after(mac, BLOCKED_INTERVAL)

    def _told(self, event: Event) -> None:
        """
        The table changed: whatever was agreed was with somebody else.
        """
        if event.kind in ("entry-removed", "entry-changed") and self._ways:
            try:
                mac = MAC.parse(str(event.fields.get("mac")))
            except AddressInvalid:
                return
            if mac in self._ways:
                self._forget(mac, "the table changed")

    def _forget(self, mac: MAC, reason: str) -> None:
        way = self._ways.pop(mac)
        self._deadlines.discard(mac)
        if way.isMoved and way.place is not None:
            self._forwarding.remove(mac)
            self._events.publish("offload-ended", mac=str(mac), host=way.place.host, reason=reason)
