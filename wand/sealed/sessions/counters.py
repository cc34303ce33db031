"""
What the sealed protocol counts, in the words of C{wand counters}.
"""

from __future__ import annotations

from typing import Final

COUNTERS: Final = {
    "sealed-initiations-sent": "handshakes begun, repetitions included",
    "sealed-initiations-answered": "handshakes of others answered",
    "sealed-copies-answered": "initiations answered over another way, too, over which they came as well",
    "sealed-sessions": "sessions made, renewals included",
    "sealed-collisions": "handshakes not answered because our own of the same moment goes first",
    "sealed-cookies-demanded": "cookies demanded because handshakes came fast",
    "sealed-cookies-received": "cookies received",
    "sealed-keepalives-sent": "keepalives sent",
    "sealed-losses-reported": "reports to peers that datagrams on the way from them are lost at random",
    "sealed-parity-sent": "datagrams of parity sent, on ways that lose datagrams at random",
    "sealed-joiners-replaced": "nodes that join forgotten to make room for others",
    "sealed-searches": "questions to peers whether they are still there, after something changed on the way",
    "sealed-left": "frames and messages not sent because their peer said goodbye",
    "sealed-absent": "frames and messages not sent because nobody says that their peer is anywhere",
    "sealed-challenges-sent": "challenges to peers that were heard elsewhere, to prove that they are there",
    "sealed-places-ignored": "places where a peer was heard and was not asked: too many that nobody named",
    "sealed-probes-sent": "questions to peers whether they are at a place, those to peers heard elsewhere included",
    "sealed-ways-given-up": "ways to peers that were given up, because no answer came any more, and others taken",
    "sealed-roamed": "times that another way to a peer was taken, because it moved or a better one was found",
    "drop-sealed-malformed": "datagrams dropped: no datagram of the sealed protocol has that length",
    "drop-sealed-unknown-type": "datagrams dropped: of a type that this version does not know",
    "drop-sealed-version": "handshakes dropped: for a later version than ours",
    "drop-sealed-mac": "handshakes dropped: their sender does not know our key",
    "drop-sealed-hurry": "handshakes dropped: too many at once, from one address or in all, while cookies are demanded",
    "drop-sealed-handshake": "handshakes dropped: they do not open, or say nothing that we understand",
    "drop-sealed-refused": "handshakes dropped: no valid certificate or invitation",
    "sealed-handshakes-proven": "handshakes taken because they were proven to be new, though not later than one before",
    "drop-sealed-stale": "handshakes dropped: not later than one before from the same key, and not proven to be new",
    "drop-sealed-full": "handshakes dropped: as many conversations as we keep",
    "drop-sealed-unknown-index": "datagrams dropped: of no session or handshake that we know",
    "drop-sealed-cookie": "cookies dropped: they do not open",
    "drop-sealed-forged": "datagrams dropped: they do not open",
    "drop-sealed-replayed": "datagrams dropped: they came before, or too late",
    "drop-sealed-unknown-kind": "messages dropped: of a kind that this version does not know",
    "drop-sealed-newcomer": "handshakes dropped: this node is a member of no network",
    "drop-sealed-runt": "frames dropped: shorter than an Ethernet header",
    "drop-sealed-spoofed-source": "frames dropped: their source address is not one that their sender may use",
    "drop-sealed-flood": "frames dropped: too many broadcast and multicast frames from one peer",
    "drop-sealed-joining": "frames dropped: they came in a session that may only redeem an invitation",
    "drop-sealed-unready": "frames dropped: they came before the data plane was started",
    "drop-sealed-unknown-peer": "frames and messages not sent: we know no such peer",
    "drop-sealed-unreachable": "messages not sent: the peer has to begin the session, and did not",
    "drop-sealed-queue": "frames and messages not sent: too many waited for a session, or none could be made",
    "drop-sealed-too-long": "frames and messages not sent: longer than a datagram",
}
