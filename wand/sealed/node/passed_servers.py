"""
Whom this node admitted learns from it where the servers are, so that it announces itself there, and the network signs
for it: also while they do not answer now.
"""

from __future__ import annotations

from collections.abc import Iterator

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import SERVERS_TOLD
from wand.sealed.credentials.messages import ServersTold, parse
from wand.sealed.credentials.server_comparison import ANSWER_BURST, ANSWER_RATE, COUNTERS, notTold, toldOf
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM, OTHERS_MAXIMUM, TokenServer
from wand.sealed.node.enrolment import Enrolment
from wand.timing.token_buckets import TokenBuckets


class PassedServers:
    """
    Tells them when they ask.
    """

    def __init__(self, enrolment: Enrolment, sessions: ISessions, control: ControlReaders, context: Context) -> None:
        self._enrolment = enrolment
        self._sessions = sessions
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._answers = TokenBuckets(context.clock, ANSWER_RATE, ANSWER_BURST)
        control.read(range(SERVERS_TOLD, SERVERS_TOLD + 1), self._asked)

    def _asked(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, ServersTold) or member.admitter != self._enrolment.identity:
            return
        if not self._answers.take(peer):
            self._counters["drop-control-servers"] += 1
            return
        for told in notTold(message, self._everything()):
            self._sessions.sendControl(peer, told)

    def _everything(self) -> Iterator[bytes]:
        certified = [each for each in self._enrolment.servers if each.certificate and each.everywhere]
        for each in certified[:OTHERS_MAXIMUM]:
            place = TokenServer(each.identity, each.exchangeKey, each.everywhere[:ENDPOINTS_MAXIMUM])
            told = toldOf(each.certificate, place)
            if told is not None:
                yield told
