"""
Opening streams: to a server, straight or through a proxy.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.error import ConnectionRefusedError, DNSLookupError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IReactorTime
from twisted.python.failure import Failure

from wand.counters import Counters
from wand.errors import WandError
from wand.stream_targets import StreamTarget
from wand.underlay.streams.intake import Intake, Load
from wand.underlay.streams.lone import Lone
from wand.underlay.streams.network import StreamNetwork
from wand.underlay.streams.proxies import Proxies, ThroughProxy
from wand.underlay.streams.wires import PlainWire, Wire

if TYPE_CHECKING:
    from wand.underlay.streams.stream import Stream

#: Seconds until a stream must be open.
OPENING_PATIENCE: Final = 10.0


class StreamUnavailable(WandError):
    """
    A stream cannot be opened; the text says why.
    """


class StreamOpener:
    """
    Opens streams.
    """

    def __init__(self, network: StreamNetwork, proxies: Proxies, clock: IReactorTime, counters: Counters) -> None:
        self._network = network
        self._proxies = proxies
        self._clock = clock
        self._counters = counters
        self._load = Load()

    def way(self, target: StreamTarget) -> str:
        """
        How a target is reached, for people.
        """
        proxy = self._proxies.towards(target.host)
        return f"{target} through the proxy {proxy}" if proxy else str(target)

    def open(self, target: StreamTarget) -> Deferred[Stream]:
        """
        Open a stream.

        @return: fires with it once datagrams can be sent; fails with L{StreamUnavailable}.
        """
        return maybeDeferred(self._open, target).addErrback(partial(self._failed, target))

    def _open(self, target: StreamTarget) -> Deferred[Stream]:
        # 5 MB that a node needs only where UDP does not get through.
        from wand.underlay.streams.stream import Stream
        from wand.underlay.streams.tls import opening

        stream = Stream(_wire(target), self._clock, self._counters, Intake(self._load, self._clock, isKnown=True))
        wrapped = opening(target.host, Lone(stream), self._clock)
        connecting = self._connect(target, wrapped)

        def lost(failure: Failure) -> None:
            if not stream.opened.called:
                stream.opened.errback(failure)

        def cancel(_: Deferred[Stream]) -> None:
            connecting.cancel()
            stream.close("it is not needed any more")

        result: Deferred[Stream] = Deferred(cancel)
        connecting.addErrback(lost)
        stream.opened.addCallbacks(
            lambda _: None if result.called else result.callback(stream),
            lambda failure: None if result.called else result.errback(failure),
        )
        return result.addTimeout(OPENING_PATIENCE, self._clock, lambda _, seconds: self._late(target, seconds))

    def _connect(self, target: StreamTarget, factory: IProtocolFactory) -> Deferred[IProtocol]:
        proxy = self._proxies.towards(target.host)
        if proxy is None:
            return self._network.client(target.host, target.port).connect(factory)
        way = self._network.client(proxy.host, proxy.port)
        return ThroughProxy(way, proxy, target.host, target.port).connect(factory)

    def _failed(self, target: StreamTarget, failure: Failure) -> Failure:
        if failure.check(StreamUnavailable, CancelledError):
            return failure
        if failure.check(DNSLookupError):
            reason = f"the name {target.host} cannot be resolved"
        elif failure.check(ConnectionRefusedError):
            reason = "connection refused"
        else:
            reason = failure.getErrorMessage()
        return Failure(StreamUnavailable(f"{target}: {reason}"))

    def _late(self, target: StreamTarget, seconds: float) -> Failure:
        return Failure(StreamUnavailable(f"{self.way(target)}: there is no answer"))


def _wire(target: StreamTarget) -> Wire:
    if not target.path:
        return PlainWire()
    # Most nodes never have one, and it takes 5 % of their start to import.
    from wand.underlay.streams.web_socket import WebSocketWire

    return WebSocketWire(f"[{target.host}]" if ":" in target.host else target.host, target.path)
