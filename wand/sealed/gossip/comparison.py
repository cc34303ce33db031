"""
Comparison: two members find out what one of them has and the other does not, from the sums of digests in their trees.

Equal trees cost nothing beyond the eight octets that each probe carries.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from random import Random
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.asked import Asked
from wand.sealed.gossip.items import Item
from wand.sealed.gossip.messages import (
    DIGEST,
    LEAVES_MAXIMUM,
    NEWS_ROOM,
    WHOLE,
    Digests,
    Held,
    Leaves,
    Wanted,
    digestsIn,
    octetsOf,
)
from wand.sealed.gossip.tree import WIDTH, MemberTree
from wand.timing.token_buckets import TokenBuckets

#: Seconds for which we took nothing: then a difference is not just news on its way.
QUIET: Final = 1.0

#: How often in a row a member may differ from us before we compare all the same.
PATIENT: Final = 2

#: How often in a row a member tells the same sum, while we have the same, until we compare once more at the latest.
#: What one of both does not take, because it expired or was revoked, would be compared forever; but a message may be
#: lost, so it is tried after 1, 2, 4 and 8 times before.
SAME_MAXIMUM: Final = 16

#: Seconds for which nobody is asked again for what came and is void here, and for how many items that is remembered.
VOID: Final = 60.0
VOID_MAXIMUM: Final = 4096

#: Seconds between two comparisons with one member.
INTERVAL: Final = 2.0

#: How many branches are looked into at a time.
BRANCHES: Final = 16

#: Seconds for which a comparison goes on at most: nobody tells what he has in the leaves without one.
COMPARISON_END: Final = 4 * INTERVAL

#: How many messages of one member that compares are answered: per second in the long run, and at once.  The answers are
#: longer.
ANSWERS_RATE: Final = 8.0
ANSWERS_BURST: Final = 40.0

#: For how many seconds what came last is told again to somebody who differs, and how many items of that.
LATEST: Final = 60.0
LATEST_MAXIMUM: Final = 6

#: With how many members this is remembered.
REMEMBERED: Final = 256

COUNTERS: Final = {"drop-gossip-comparison": "messages with digests dropped: too many of one member, or unasked-for"}


class Comparison:
    """
    Asks for what we do not have, and gives what others do not have.
    """

    def __init__(
        self,
        clock: IReactorTime,
        random: Random,
        counters: Counters,
        tree: Callable[[], MemberTree],
        send: Callable[[bytes, Digests | Held | Wanted], object],
        tell: Callable[[Item, Iterable[bytes]], object],
        isWatched: Callable[[bytes], bool],
    ) -> None:
        """
        @param tree: gives what we have.
        @param send: sends a message to a member.
        @param tell: tells members an item.
        @param isWatched: do we watch a member?
        """
        counters.declare(COUNTERS)
        self._clock = clock
        self._random = random
        self._tree = tree
        self._send = send
        self._tell = tell
        self._isWatched = isWatched
        self._counters = counters
        self._answers = TokenBuckets(clock, ANSWERS_RATE, ANSWERS_BURST, REMEMBERED)
        self._wholes = TokenBuckets(clock, 2 / INTERVAL, 1.0, REMEMBERED)
        self._taken = clock.seconds()
        self._differed: dict[bytes, int] = {}
        self._same: dict[bytes, tuple[tuple[int, int], int]] = {}
        self._begun: dict[bytes, float] = {}
        self._asked = Asked(clock)
        self._void: dict[int, float] = {}
        self._again: dict[bytes, IDelayedCall] = {}
        self._latest: deque[tuple[Item, float]] = deque(maxlen=LATEST_MAXIMUM)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        for timer in self._again.values():
            timer.cancel()
        self._again.clear()

    def taken(self, item: Item) -> None:
        """
        Our own tree changed: an item came into it.
        """
        self._taken = self._clock.seconds()
        self._latest.append((item, self._taken))

    def told(self, peer: bytes, total: int) -> None:
        """
        A member told the sum of all that it has: compare if that is not what we have.
        """
        if total == self._tree().total:
            self._differed.pop(peer, None)
            self._same.pop(peer, None)
            return
        self._differed[peer] = self._differed.get(peer, 0) + 1
        now = self._clock.seconds()
        isDue = now - self._taken >= QUIET or self._differed[peer] >= PATIENT
        if isDue and self._isWorthIt(peer, total):
            self.begin(peer)
        for each in (self._differed, self._same):
            if len(each) > REMEMBERED:
                each.clear()

    def _isWorthIt(self, peer: bytes, total: int) -> bool:
        """
        Might a comparison with a member find something, after those that found nothing?
        """
        sums = total, self._tree().total
        before, count = self._same.get(peer, (sums, 0))
        count = count + 1 if sums == before else 1
        self._same[peer] = sums, count
        return not count % SAME_MAXIMUM or (count < SAME_MAXIMUM and not count & (count - 1))

    def begin(self, peer: bytes) -> None:
        """
        Compare with a member, unless that was done a moment ago.
        """
        now = self._clock.seconds()
        if now - self._begun.get(peer, -INTERVAL) < INTERVAL:
            return
        self._beginning(peer)
        branches = self._tree().branches
        self._send(peer, Digests(WHOLE, b"".join(octetsOf(branch.total) for branch in branches)))
        self._tellLatest(peer)

    def digests(self, peer: bytes, message: Digests) -> None:
        """
        A member says what it has: answer where that is not what we have, one level further down.
        """
        isWhole = message.branch == WHOLE
        if (isWhole and not self._wholes.take(peer.hex())) or not self._answers.take(peer.hex()):
            self._counters["drop-gossip-comparison"] += 1
            return
        tree, theirs = self._tree(), digestsIn(message.totals)
        if isWhole:
            self._beginning(peer)
            self._tellLatest(peer)
            differing = [at for at, branch in enumerate(tree.branches) if branch.total != theirs[at]]
            for at in self._random.sample(differing, min(BRANCHES, len(differing))):
                totals = b"".join(octetsOf(leaf.total) for leaf in tree.branches[at].leaves)
                self._send(peer, Digests(at, totals))
            if len(differing) > BRANCHES:
                self._soon(peer)
            return
        leaves = tree.branches[message.branch].leaves
        first = message.branch * WIDTH
        differing = [first + at for at, leaf in enumerate(leaves) if leaf.total != theirs[at]]
        self._sendLeaves(peer, partial(Held, False), ((number, _held(tree, number)) for number in differing))

    def held(self, peer: bytes, message: Held) -> None:
        """
        A member says what it has in some leaves: ask for what we do not have, and say what it may ask for.
        """
        isOver = self._clock.seconds() - self._begun.get(peer, -inf) >= COMPARISON_END
        if isOver or not (message.isAnswer or self._answers.take(peer.hex())):
            self._counters["drop-gossip-comparison"] += 1
            return
        tree, wanted, more, isLeft, now = self._tree(), [], [], False, self._clock.seconds()
        isWatched = self._isWatched(peer)
        for number, field in message.leaves:
            theirs, ours = set(digestsIn(field)), _itemsOf(tree, number)
            unknown = {each for each in theirs - ours.keys() if self._void.get(each, -inf) < now}
            asked = [each for each in unknown if self._asked.may(peer, each, isWatched=isWatched)]
            if asked:
                wanted.append((number, b"".join(map(octetsOf, asked))))
            isLeft = isLeft or len(asked) < len(unknown)
            if ours.keys() - theirs:
                more.append((number, _held(tree, number)))
        self._sendLeaves(peer, Wanted, wanted)
        if not message.isAnswer:
            self._sendLeaves(peer, partial(Held, True), more)
        if isLeft:
            self._soon(peer)

    def wanted(self, peer: bytes, message: Wanted) -> None:
        """
        A member asks for what it does not have.
        """
        for number, field in message.leaves:
            wanted = set(digestsIn(field))
            for digest, item in _itemsOf(self._tree(), number).items():
                if digest in wanted:
                    self._tell(item, (peer,))

    def refused(self, digest: int) -> None:
        """
        An item came that does not count here.
        """
        self._void.pop(digest, None)  # so that those that came first are forgotten first
        if len(self._void) >= VOID_MAXIMUM:
            del self._void[next(iter(self._void))]
        self._void[digest] = self._clock.seconds() + VOID

    def isToBeTold(self, item: Item) -> bool:
        """
        Is an item that came to be told to others, too?  Not if it is one of many that we asked for.
        """
        return self._asked.isToBeTold(item.digest)

    def _tellLatest(self, peer: bytes) -> None:
        """
        Most likely the other lacks what came last: tell it at once, as each further step may be lost.
        """
        now = self._clock.seconds()
        for item, when in self._latest:
            if now - when < LATEST:
                self._tell(item, (peer,))

    def _soon(self, peer: bytes) -> None:
        if peer not in self._again and len(self._again) < REMEMBERED:
            self._again[peer] = self._clock.callLater(INTERVAL, self._goOn, peer)

    def _goOn(self, peer: bytes) -> None:
        del self._again[peer]
        self.begin(peer)

    def _beginning(self, peer: bytes) -> None:
        self._begun.pop(peer, None)  # so that those that began first are forgotten first
        self._begun[peer] = self._clock.seconds()
        if len(self._begun) > REMEMBERED:
            del self._begun[next(iter(self._begun))]

    def _sendLeaves(
        self, peer: bytes, kind: Callable[[Leaves], Held | Wanted], leaves: Iterable[tuple[int, bytes]]
    ) -> None:
        found: list[tuple[int, bytes]] = []
        room = NEWS_ROOM
        for number, field in leaves:
            field = field[: 100 * DIGEST]
            if found and (room < len(field) + 6 or len(found) == LEAVES_MAXIMUM):
                self._send(peer, kind(tuple(found)))
                found, room = [], NEWS_ROOM
            found.append((number, field))
            room -= len(field) + 6
        if found:
            self._send(peer, kind(tuple(found)))


def _itemsOf(tree: MemberTree, number: int) -> dict[int, Item]:
    return {item.digest: item for entry in tree.leaf(number).entries for item in entry.items}


def _held(tree: MemberTree, number: int) -> bytes:
    return b"".join(map(octetsOf, _itemsOf(tree, number)))
