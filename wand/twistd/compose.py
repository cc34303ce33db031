"""
How the programs are put together, on the real reactor.

Each imports its own parts when it is composed: a node that also loaded those of the server and of C{twistd wand} would
take 1.2 MB more.
"""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService

from wand.config import (
    Configuration,
    EtudConfiguration,
    NodeConfiguration,
    ServerConfiguration,
    WandConfiguration,
    WansdConfiguration,
)
from wand.interfaces import Context
from wand.programs.atomic import AtomicService
from wand.programs.control_socket import ControlService
from wand.programs.hooks import HookService
from wand.programs.memory_look import residentMemory
from wand.programs.program import Kind, Surroundings
from wand.programs.real_context import realContext
from wand.twistd.collecting import SettingAside, giveBack
from wand.twistd.ending import endBecause, endInTime, endSoon, explainErrors
from wand.twistd.open_descriptors import OpenDescriptors
from wand.twistd.options import ProgramOptions
from wand.twistd.own_process import OwnProcess
from wand.twistd.process_log import LOG
from wand.twistd.signals import heed
from wand.twistd.standstill import Standstill
from wand.twistd.stopped import Stopped
from wand.twistd.supervisor import Supervisor, supervised
from wand.underlay.udp_sockets import QUEUE_BYTES, SERVER_QUEUE_BYTES

if TYPE_CHECKING:
    from wand.programs.node import NodeService
    from wand.programs.rel2_server import REL2ServerProgram
    from wand.programs.sealed_server import SealedServer


def composeNode(program: str, options: ProgramOptions, kind: type[EtudConfiguration]) -> IService:
    """
    A node, or an etud alone, with its control socket.
    """
    from wand.programs.node import NodeService

    reactor = _begin(program, options, kind)
    surroundings = _surroundings(reactor, options, kind)
    node = NodeService(surroundings)
    _control(reactor, node.configuration, options, node, surroundings.context)
    _nameMembers(reactor, node, surroundings.context)
    supervised(reactor, Supervisor(os.environ))
    heed(reactor, node.notes, node.reload, node.report)
    keep(reactor, surroundings.context)
    return node


def _nameMembers(reactor: Any, node: NodeService, context: Context) -> None:
    told = node.configuration
    if not isinstance(told, NodeConfiguration) or not told.names or not node.etud.hasMembers:
        return
    from wand.programs.node_names import NodeNames

    names = NodeNames(reactor, told.names, told.namesRate, context)
    names.setServiceParent(node)
    node.certified = names.look


def composeServer(program: str, options: ProgramOptions, kind: type[WansdConfiguration]) -> IService:
    """
    A directory server, with its control socket where the configuration has one.
    """
    reactor = _begin(program, options, kind)
    configuration = options.configuration(kind)
    surroundings: Surroundings[Any]
    server: REL2ServerProgram | SealedServer
    if isinstance(configuration, ServerConfiguration) and configuration.protocol != "rel2":
        from wand.programs.sealed_server import SealedServer

        surroundings = _surroundings(reactor, options, ServerConfiguration)
        server = SealedServer(surroundings, _show)
        supervised(reactor, Supervisor(os.environ), server.opened)
    else:
        from wand.programs.rel2_server import REL2ServerProgram

        surroundings = _surroundings(reactor, options, kind)
        server = REL2ServerProgram(surroundings)
        supervised(reactor, Supervisor(os.environ))
    if isinstance(configuration, ServerConfiguration):
        _control(reactor, configuration, options, server, surroundings.context)
    heed(reactor, server.notes, server.reload, server.report)
    keep(reactor, surroundings.context)
    return server


def composeWand(program: str, options: ProgramOptions) -> IService:
    """
    A wand that feeds a separate etud.
    """
    from wand.programs.wand_program import WandProgram

    reactor = _begin(program, options, WandConfiguration)
    configuration = options.configuration(WandConfiguration)
    context = realContext(reactor, partial(endBecause, reactor), off=configuration.disabledPlugins)
    services = AtomicService(context)
    HookService(configuration, context).setServiceParent(services)
    wand = WandProgram(configuration, context, reactor)
    wand.setServiceParent(services)
    supervised(reactor, Supervisor(os.environ))
    heed(reactor, context.notes, lambda: wand.reload(options.configuration(WandConfiguration)), wand.report)
    keep(reactor, context)
    return services


def _begin(program: str, options: ProgramOptions, kind: type[Configuration]) -> Any:
    explainErrors(program)
    if sys.platform == "linux":
        from wand.twistd.reactor import install

        install()
    from twisted.internet import reactor

    LOG.configure(program, options.configuration(kind))
    endInTime(reactor)
    reactor.callWhenRunning(settle)
    return reactor


def keep(reactor: Any, context: Context) -> None:
    """
    Watch over what plugins must not do to the whole program, once it runs.
    """
    reactor.callWhenRunning(OwnProcess(reactor, context.notes).keep)
    reactor.callWhenRunning(OpenDescriptors(reactor, context.notes).watch)
    if sys.platform == "linux":
        from wand.twistd.reactor import PromptReactor

        if type(reactor) is PromptReactor:  # and not one that somebody chose
            reactor.callWhenRunning(Standstill(reactor, context.notes).watch)
            stopped = Stopped(reactor, context.inUse)
            reactor.stopped = stopped.by
            reactor.callWhenRunning(stopped.watchExits)


def settle() -> None:
    """
    Keep the garbage collector from looking again at what was made until now, which stays until the end.  A full
    collection, in which no frame passes, takes 12 ms with it and 0.5 without.

    What is garbage by now is not collected first: that takes 5 % of the start, and frees nothing that shows.
    """
    giveBack()
    gc.callbacks.append(SettingAside())


def _surroundings(reactor: Any, options: ProgramOptions, kind: type[Kind]) -> Surroundings[Kind]:
    queue = SERVER_QUEUE_BYTES if kind is ServerConfiguration else QUEUE_BYTES
    load = partial(options.configuration, kind)
    return Surroundings(
        load=load,
        context=realContext(reactor, partial(endBecause, reactor), queue, load().disabledPlugins),
        owner=options.owner(),
        end=partial(endSoon, reactor),
        lost=partial(endBecause, reactor),
        origin=options.file,
        levels=LOG.levels,
        resident=residentMemory,
    )


def _control(
    reactor: Any,
    told: EtudConfiguration | ServerConfiguration,
    options: ProgramOptions,
    program: NodeService | REL2ServerProgram | SealedServer,
    context: Context,
) -> None:
    socket = ControlService(reactor, told.control, told.controlGroup, options.owner(), program, context)
    socket.setServiceParent(program)
    awaiting = context.notes if isinstance(told, EtudConfiguration) else None  # a node gets an address later
    if told.metrics:
        from wand.web.metrics_page import metricsService  # and with it a web server, which few nodes need

        metricsService(reactor, told.metrics, told.metricsPeers, program, awaiting).setServiceParent(program)
    if told.console:
        from wand.console.console_service import ConsoleService, ConsoleSettings  # as above
        from wand.control.client import connect

        settings = ConsoleSettings(told.console, told.consoleCertificate, told.consoleNames)
        console = ConsoleService(reactor, settings, context, partial(connect, reactor, told.control), awaiting)
        console.setServiceParent(program)
        program.consoleAccess = console.access


def _show(text: str) -> None:
    """
    Show the operator a secret, at a terminal only: elsewhere it would stay in a journal that others read.
    """
    if sys.__stdout__ is not None and sys.__stdout__.isatty():
        print(f"\n{text}", file=sys.__stdout__, flush=True)
