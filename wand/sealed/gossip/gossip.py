"""
Gossip: a node among the members of its network, who tell each other who is where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.sealed.gossip.comparison import Comparison
from wand.sealed.gossip.items import Accusation, Item
from wand.sealed.gossip.links import Links
from wand.sealed.gossip.messages import (
    Alive,
    Digests,
    Held,
    Message,
    News,
    Probe,
    Probed,
    ProbeFor,
    Wanted,
    octetsOf,
    pack,
    parse,
    totalOf,
)
from wand.sealed.gossip.news_queue import NewsQueue
from wand.sealed.gossip.own_word import OwnWord
from wand.sealed.gossip.prober import HELPERS, Prober
from wand.sealed.gossip.signatures import Signatures, accusationItem
from wand.sealed.gossip.silence import Silence
from wand.sealed.gossip.standing import Objections
from wand.sealed.gossip.view import MemberView, Reception
from wand.sealed.gossip.watch import Watch

COUNTERS: Final = {
    "gossip-sent": "messages sent to other members about who is where",
    "gossip-sent-octets": "octets of these messages",
    "gossip-received": "messages taken from other members about who is where",
    "drop-gossip-malformed": "messages from other members about who is where, dropped: they cannot be read",
}


class Gossip:
    """
    Puts the parts together: what comes, goes to the one that it is for.

    @ivar view: the members as we know them.
    @ivar links: with whom we exchange gossip.
    @ivar word: what we say of ourselves.
    @ivar told: called with each item that was taken.
    @ivar blamed: called with a member that told us something forged, or that cannot be read.
    """

    def __init__(
        self,
        own: bytes,
        view: MemberView,
        signatures: Signatures,
        clock: IReactorTime,
        random: Random,
        counters: Counters,
        send: Callable[[bytes, bytes], object],
        overtaken: Callable[[int], object] = lambda epoch: None,
    ) -> None:
        """
        @param own: our identity.
        @param send: sends a control message to a member.
        @param overtaken: see L{OwnWord}.
        """
        counters.declare(COUNTERS)
        self.told: Callable[[Item], object] = lambda item: None
        self.blamed: Callable[[bytes], object] = lambda peer: None
        self.view = view
        self.word = OwnWord(own, view, signatures, overtaken)
        self._own = own
        self._signatures = signatures
        self._random = random
        self._counters = counters
        self._transmit = send
        self._from: bytes | None = None
        self._objections = Objections(clock)
        self._silence = Silence(clock, random, lambda: view.tree.count, self._objections.until)
        self.links = Links(own, view, clock, counters, self._silence.__contains__)
        self._news = NewsQueue(clock, random, counters, self._sendOctets)
        self._comparison = Comparison(
            clock,
            random,
            counters,
            lambda: view.tree,
            self._send,
            self._news.tell,
            lambda peer: peer in self.links.watched,
        )
        self._prober = Prober(clock, random, counters, self._send, self._probe, self._helpers)
        self._watch = Watch(own, clock, random, view, self.links, self._silence, self._prober, self._accuse, self._lost)
        view.own = own
        view.changed = self._changed
        view.refuted = self._refuted

    def start(self) -> None:
        """
        Begin to watch others.
        """
        self._watch.start()

    def stop(self) -> None:
        """
        Send nothing more, and leave no timer behind.
        """
        self._watch.stop()
        self._prober.stop()
        self._comparison.stop()
        self._news.stop()
        self.view.stop()

    def leave(self) -> None:
        """
        Say goodbye to everybody.
        """
        self.word.place((), here=False)
        self._news.flush()

    def meet(self, peer: bytes) -> None:
        """
        There is a member that may know us or others: tell it who we are, and see what it knows.
        """
        if self.links.isLink(peer):
            return
        self.links.called(peer)
        own = self.view.get(self._own)
        for item in () if own is None else own.items:
            self._news.tell(item, (peer,))
        self._watch.ask(peer)

    def received(self, peer: bytes, octets: bytes) -> None:
        """
        Take a control message of a member, which may be anything.
        """
        message = parse(octets)
        if message is None:
            self._counters["drop-gossip-malformed"] += 1
            self.blamed(peer)
            return
        self._counters["gossip-received"] += 1
        self._watch.heard(peer)
        again = self.view.heard(peer)
        if again is not None:
            self.told(again)
        self._read(peer, message)

    def _read(self, peer: bytes, message: Message) -> None:
        if isinstance(message, Probe):
            self._take(peer, message.news)
            if message.watching:
                self.links.called(peer)
                self._comparison.told(peer, totalOf(message.total))
            self._send(peer, Alive(message.number, octetsOf(self.view.tree.total), self._newsFor(peer)))
        elif isinstance(message, Alive):
            self._take(peer, message.news)
            if self._prober.alive(peer, message.number):
                self._comparison.told(peer, totalOf(message.total))
        elif isinstance(message, News):
            self._take(peer, message.news)
        elif isinstance(message, ProbeFor):
            mayAsk = self.view.mayWatch(peer, message.member) and message.member != self._own
            self._prober.probeFor(peer, message.number, message.member, mayAsk=mayAsk)
        elif isinstance(message, Probed):
            self._prober.probed(peer, message.number, message.member)
        else:
            self._compare(peer, message)

    def _compare(self, peer: bytes, message: Digests | Held | Wanted) -> None:
        if isinstance(message, Digests):
            self._comparison.digests(peer, message)
        elif isinstance(message, Held):
            self._comparison.held(peer, message)
        else:
            self._comparison.wanted(peer, message)

    # Items.

    def _take(self, peer: bytes, news: Sequence[msgspec.Raw]) -> None:
        self._from = peer
        for octets in news:
            item = self.view.read(bytes(octets))
            if item is None:
                self.blamed(peer)
                continue
            reception = self.view.take(item)
            if reception is Reception.KNOWN or reception is Reception.NEW:
                self._news.knows(peer, item)
                continue
            if reception is Reception.FORGED:
                self.blamed(peer)
            if reception is not Reception.DROPPED:
                self._comparison.refused(item.digest)
        self._from = None

    def _changed(self, item: Item) -> None:
        source, self._from = self._from, None  # what we say because of it goes to everybody
        self._comparison.taken(item)
        if source is None or self._comparison.isToBeTold(item):
            self._news.tell(item, [peer for peer in self.links.all if peer != source])
        if item.member == self._own and source is not None:
            self.word.doubted(item)
        self.told(item)
        self._from = source

    def _accuse(self, member: bytes, ring: int) -> None:
        entry = self.view.get(member)
        if entry is not None and entry.presence is not None:
            accusation = Accusation(self.view.network, self._own, member, *entry.presence.order, ring)
            item = accusationItem(accusation, self._signatures)
            if self.view.standing.isBelieved(self._own, item.digest):  # the others would not take it
                self.view.put(item)

    def _refuted(self, accuser: bytes, member: bytes) -> None:
        if accuser == self._own:
            self._objections.objected(member)

    def _lost(self, peer: bytes) -> None:
        self.links.lost(peer)
        self._news.forget(peer)

    # Messages.

    def _probe(self, number: int, peer: bytes, watching: bool) -> Probe:
        return Probe(number, octetsOf(self.view.tree.total), watching, self._newsFor(peer))

    def _newsFor(self, peer: bytes) -> tuple[msgspec.Raw, ...]:
        """
        What a message to a member has room for; that it is accused among it, since nobody else can refute that.
        """
        entry = self.view.get(peer)
        if entry is not None and entry.accusation is not None:
            self._news.tell(entry.accusation, (peer,))
        return self._news.take(peer)

    def _helpers(self, peer: bytes) -> list[bytes]:
        others = [each for each in self.links.all if each != peer and each not in self._silence]
        return self._random.sample(others, min(HELPERS, len(others)))

    def _send(self, peer: bytes, message: Message) -> None:
        self._sendOctets(peer, pack(message))

    def _sendOctets(self, peer: bytes, octets: bytes) -> None:
        self._counters["gossip-sent"] += 1
        self._counters["gossip-sent-octets"] += len(octets)
        self._transmit(peer, octets)
