"""
Streams of a node: to its servers, through the proxy that leads there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wand.config import EtudConfiguration, NodeConfiguration
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.interfaces import Context, ISessionTransport
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.server_streams import ServerStreams
from wand.sealed.sessions.transport import SealedTransport
from wand.underlay.place_kinds import STREAM
from wand.underlay.streams.opening import StreamOpener
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.proxies import Proxies, Proxy

#: In place of a proxy: there is none, whatever the environment says.
NONE: Final = "none"


def streamsOf(
    configuration: EtudConfiguration,
    enrolment: Enrolment,
    transport: ISessionTransport,
    context: Context,
    environment: Mapping[str, str] = os.environ,
) -> ServerStreams | None:
    """
    What opens the streams of a node; C{None} if its transport has no place for them.

    @raise ConfigurationInvalid: if the proxy cannot be used.
    """
    if not isinstance(transport, SealedTransport):
        return None
    proxies = proxiesOf(configuration, environment)
    port = StreamPort(transport.reception, context.counters, context.failures)
    transport.ways.add(STREAM, port)
    opener = StreamOpener(context.streams, proxies, context.clock, context.counters)
    return ServerStreams(enrolment, transport.sessions, port, opener, context)


def proxiesOf(configuration: EtudConfiguration, environment: Mapping[str, str]) -> Proxies:
    """
    The proxy of the configuration, or that of the environment.

    @raise ConfigurationInvalid: if it cannot be used.
    """
    where = "proxy"
    text = configuration.proxy if isinstance(configuration, NodeConfiguration) else ""
    try:
        if text == NONE:
            return Proxies()
        if text:
            return Proxies(Proxy.parse(text, _password(configuration)))
        where = "https_proxy in the environment"
        return Proxies.fromEnvironment(environment)
    except AddressInvalid as error:
        raise ConfigurationInvalid("", where, str(error)) from None


def _password(configuration: EtudConfiguration) -> str:
    path = configuration.proxyPasswordFile if isinstance(configuration, NodeConfiguration) else ""
    if not path:
        return ""
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid("", "proxy-password-file", f"{path} cannot be read: {error}") from None
