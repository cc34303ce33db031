"""
The numbers that the specification of the sealed protocol fixes: times in seconds, counts in messages.  They are no
knobs; both ends rely on them.
"""

from __future__ import annotations

from typing import Final

#: An initiation without an answer is sent again after this time, which doubles up to the maximum.
RESEND_FIRST: Final = 1.0
RESEND_MAXIMUM: Final = 8.0

#: When the peer tries at the same time, because it was called, what opens the NAT of one side may come after what the
#: other sent: so these are the first waits then.  It begins again after this time at the soonest, which doubles in one
#: attempt up to the maximum above.
RESEND_QUICK: Final = (0.2, 0.3, 0.5)
HASTEN_INTERVAL: Final = 1.0

#: How often, in one attempt, an initiation goes at once to a place of which there is word only now.
TRIED_AT_ONCE: Final = 16

#: How many initiations go to one address (of IPv6: to one /64) of which only calls and gossip say that somebody is
#: there: a second in the long run, and at once; whoever it is about.  They are long, and what tells of them is short.
RUMOURS_RATE: Final = 2.0
RUMOURS_BURST: Final = 16.0

#: How much longer at most, at random, as a part of it.
RESEND_JITTER: Final = 0.2

#: Whoever begins a handshake uses the session as soon as it is answered.  If that did not happen by then, the answer
#: was lost or refused, and whoever gave it begins one itself when it has something to send.
CONFIRMATION: Final = 2.0

#: An attempt without an answer ends.
ATTEMPT_END: Final = 60.0

#: One that has nothing to send, because only the peer wants something, ends sooner; so does one to a peer that is
#: nowhere, as far as we know.
ATTEMPT_END_CALLED: Final = 5.0

#: When a directory server has this many attempts under way, it begins no more for members that are silent: they come
#: back themselves.
ATTEMPTS_SOUGHT: Final = 100

#: Of two that begin a handshake at the same moment the one that goes first gives way after this time all the same.
GIVE_WAY: Final = 1.0

#: A session in use is renewed by its initiator at this age; by its responder, if that has not happened by then.
RENEW_INITIATOR: Final = 120.0
RENEW_RESPONDER: Final = 150.0
RENEW_MESSAGES: Final = 1 << 32

#: The same of a session with a directory server.  It carries what servers tell everybody anyway, and a handshake costs
#: the server more than all else that a member makes it do in ten minutes.
RENEW_INITIATOR_SERVER: Final = 600.0
RENEW_RESPONDER_SERVER: Final = 630.0

#: A session carries nothing more; and one with a directory server.
SESSION_END: Final = 180.0
SESSION_END_SERVER: Final = 720.0
SESSION_MESSAGES: Final = 1 << 48

#: Something came and nothing was sent since: a keepalive says that we live.
KEEPALIVE_OWED: Final = 10.0

#: What a directory server sends within this time after it heard a member, and a member hears within this time after it
#: sent something, is an answer: it needs none, and no keepalive.
PROMPT: Final = 2.0

#: When nothing was sent for this long a keepalive keeps the mappings of NATs, with servers and with peers in use.
KEEPALIVE: Final = 20.0

#: How long after its last frame or control message a peer counts as in use.
IN_USE: Final = 180.0

#: Something was sent and nothing came since: a new handshake.
SILENCE: Final = 15.0

#: A session that redeems an invitation ends after this long without a message, for the node and then for the server;
#: the node begins another if it has more to say.
JOIN_REST: Final = 25.0
JOIN_IDLE: Final = 30.0

#: How many nodes the server talks to at a time that redeem one invitation, and that come from one address; the one that
#: came first makes room.
JOINERS_INVITATION: Final = 64
JOINERS_ADDRESS: Final = 64

#: How long after a peer's goodbye no session with it is begun, unless there is word that it is back.
LEFT: Final = 10.0

#: How many frames and messages wait for a session with one peer.
QUEUE_LENGTH: Final = 64

#: How long a secret of cookies is used, and a cookie.
COOKIE_LIFE: Final = 120.0

#: How many initiations a second there may be before cookies are demanded.
INITIATIONS_UNHURRIED: Final = 50

#: While cookies are demanded: how many initiations that have theirs are looked into in a second, of one endpoint, of
#: one address (of IPv6: of one /64, which is what a subscriber has), and in all.  Hundreds of members may share one
#: address behind a NAT: each asks again after a second, and whoever has a session at its endpoint goes before all
#: others.  One takes some 0.5 ms, so all take a quarter of a processor; at a directory server, whose work
#: that is, half of one.  What is beyond the last limit waits.
INITIATIONS_ENDPOINT: Final = 5
INITIATIONS_ADDRESS: Final = 100
INITIATIONS_ALL: Final = 500
INITIATIONS_SERVER: Final = 1000

#: How many sessions with which initiations of members were answered may be unused yet before others have to wait, while
#: many come: their first datagrams are in the queue, and a thousand more would be lost there.  How many of them are of
#: one subscriber, and how many seconds one counts: what is in the queue is read by then, and whoever uses none, or is
#: far away, holds up nobody for longer.
UNCONFIRMED_MAXIMUM: Final = 32
UNCONFIRMED_SUBSCRIBER: Final = UNCONFIRMED_MAXIMUM // 2
UNCONFIRMED_LASTS: Final = 0.25

#: How many demands for cookies are sent in a second.  There is no limit for an address, or whoever forges the address
#: of a member would keep it out.  One is shorter than what it answers and takes 25 us.
DEMANDS_ALL: Final = 10_000

#: How much of our socket's queue may be taken for a demand to be sent: to where peers are; to an address for the first
#: time in this second; to others.  Demands to forged addresses in our own network that nobody has wait in the queue for
#: 3 s, while the system looks for their owners, and what we send to members has to fit in beside them.  It looks for
#: 1,024 at a time (arp(7), gc_thresh3).
DEMAND_PEER: Final = 0.75
DEMAND_FIRST: Final = 0.5
DEMAND_AGAIN: Final = 0.25
