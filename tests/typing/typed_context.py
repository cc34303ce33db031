"""
The types of what a plugin works with, and what mypy has to complain about: an ignore that is not needed is an error.
Nothing here is run.
"""

from __future__ import annotations

from random import Random
from typing import assert_type

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IReactorTime
from twisted.logger import Logger
from twisted.web.iweb import IAgent, IResponse
from zope.interface import implementer

from wand.interfaces import (
    API_VERSION,
    BasePlugin,
    Context,
    IHook,
    IHookListener,
    ITap,
    ITapDriver,
    MemberContext,
    NodeContext,
    Settings,
    TapRequest,
    Verdict,
)
from wand.table import Table

assert_type(API_VERSION, tuple[int, int])


def offers(context: Context, factory: IProtocolFactory) -> None:
    """
    What a context has.
    """
    assert_type(context.clock, IReactorTime)
    assert_type(context.random, Random)
    assert_type(context.counters["drop-it"], int)
    assert_type(context.wallClock(), float)
    assert_type(context.networkName(), str)
    assert_type(context.log, Logger)
    assert_type(context.connect("192.0.2.1", 80, factory), Deferred[IProtocol])
    assert_type(context.agent(), IAgent)
    assert_type(context.agent().request(b"GET", b"https://example.net/"), Deferred[IResponse])
    assert_type(context.deferToThread(len, "text"), Deferred[int])
    assert_type(context.store.load(), Deferred[dict[bytes, bytes]])
    assert_type(context.store.write({b"key": None}), Deferred[None])


def offersNodes(context: NodeContext) -> None:
    """
    What a node's context has besides.
    """
    assert_type(context.table, Table)
    assert_type(context.sealed, MemberContext | None)
    assert_type(context.forPlugin("hook", "audit"), NodeContext)


def wrong(context: Context) -> None:
    """
    What is not so.
    """
    context.clock = context.clock  # type: ignore[misc]  # it is frozen
    context.deferToThread(len, 7)  # type: ignore[arg-type]
    context.store.write({"key": b""})  # type: ignore[dict-item]
    Verdict()  # type: ignore[call-arg]


@implementer(ITapDriver)
class Lacking(BasePlugin):  # type: ignore[misc]  # it has no open
    name, about = "lacking", "it lacks something"


@implementer(IHook)
class Mistaken(BasePlugin):
    name, about = "mistaken", "it opens something else"

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return self  # type: ignore[return-value]


@implementer(ITapDriver)
class Confused(BasePlugin):
    name, about = "confused", "it takes something else"

    def open(self, request: int, context: Context) -> ITap:  # type: ignore[override]
        raise NotImplementedError


def request() -> TapRequest:
    """
    What a driver is asked for.
    """
    return TapRequest("wan0", 7, 1500)  # type: ignore[arg-type]
