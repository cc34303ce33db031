"""
The node whose membership it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from wand.interfaces import Context, ISessionTransport, ITap
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.followers import MembershipFollower
from wand.sealed.node.server_streams import ServerStreams
from wand.table import Table


@attrs.frozen(kw_only=True)
class OwnNode:
    """
    What a node's membership works with.

    @ivar enrolment: what is kept of the membership.
    @ivar transport: carries the sessions with other members.
    @ivar tap: the node's tap.
    @ivar table: where claims put their entries.
    @ivar wish: what the node would like to be called.
    @ivar port: the UDP port of the data.
    @ivar follower: is told of changes of our membership.
    @ivar streams: opens streams to servers where UDP is blocked; C{None} if there are none.
    @ivar addresses: gives those that the tap has by the configuration, with their prefix lengths.
    @ivar lan: the local address of the data, where members on our links are looked for; C{None} for nowhere.
    """

    enrolment: Enrolment
    transport: ISessionTransport
    tap: ITap
    table: Table
    context: Context
    wish: str
    port: int
    follower: MembershipFollower
    streams: ServerStreams | None = None
    lan: str | None = None
    addresses: Callable[[], Sequence[str]] = lambda: ()
