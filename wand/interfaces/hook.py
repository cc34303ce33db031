"""
Hooks: code that is told of events, or asked.
"""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from zope.interface import Interface

from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces.context import Context
from wand.interfaces.plugin import IWandPlugin, Settings


@attrs.frozen
class Candidate:
    """
    A node that asks to be admitted by a directory server.

    @ivar mac: the address that it wants to have.
    @ivar endpoint: where its request came from, as text.
    @ivar name: what it is to be called, where the protocol has names: what its invitation says, or else what it chose.
        If another has that name, the member is called C{NAME-2} or so.
    @ivar key: its whole public key, where the protocol has keys.
    """

    mac: MAC
    endpoint: str
    name: str = ""
    key: bytes = b""


@attrs.frozen
class Verdict:
    """
    What a hook says about a candidate; true if it admits it.

    @ivar admit: may the node join?
    @ivar reason: why not, a short sentence that its operator sees.
    """

    admit: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.admit


class IHook(IWandPlugin):
    """
    Code of an operator's that is told of events, or asked before a node is admitted.
    """

    def open(settings: Settings, context: Context) -> IHookListener:
        """
        Begin to listen.  Called when the program runs in the background, without the privileges of its start; a hook
        that raises stops it.

        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IHookListener(Interface):
    """
    A hook at work.
    """

    def told(event: Event) -> None:
        """
        Something happened.  There may be kinds of events and fields that a hook does not know.  All get the same event,
        which is left as it is.
        """

    def admit(candidate: Candidate) -> Deferred[Verdict] | Deferred[bool] | Verdict | bool:
        """
        May this node join?  Every hook must say C{True}, or give a L{Verdict} that does.  An error, or no answer within
        five seconds, is a refusal for now: the node asks again.  A hook that cannot say now fails with
        L{wand.errors.TemporarilyUnavailable}, whose text the operator sees.
        """

    def close() -> None:
        """
        Stop listening; questions that are under way need no answer.  More calls do nothing.
        """


class IAddressApprover(IHookListener):
    """
    A hook that is also asked before a node that was admitted gets its overlay address.
    """

    def assignAddress(candidate: Candidate, address: str) -> Deferred[Verdict] | Deferred[bool] | Verdict | bool:
        """
        May this node have this address, which no member has?  It is asked as L{admit} is.  If anybody refuses, another
        address is looked for, and this one is given to nobody for an hour.

        @param address: without the length of its prefix: C{10.77.0.5}.
        """


class IRouteApprover(IHookListener):
    """
    A hook that is also asked before a node may carry the frames of others: in an Ethernet that is the route to whatever
    is behind it, its bridge.
    """

    def allowRoute(candidate: Candidate, hosts: int) -> Deferred[Verdict] | Deferred[bool] | Verdict | bool:
        """
        May MAC addresses that are not its own be behind this node, and IP addresses with them?  It is asked as L{admit}
        is, where an invitation gives the bridge right, or a larger number of hosts to a node that has it.  If anybody
        refuses, the invitation is refused as a whole, and stays good for another node.  Which addresses they are
        nobody knows before their first frame, and every node learns that by itself.

        @param hosts: how many MAC addresses there may be.
        """
