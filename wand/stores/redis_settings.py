"""
Where a Redis server is, and how it is talked to, as the settings of the store say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import attrs
from OpenSSL.crypto import Error as InvalidPEM
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates

from wand.errors import ConfigurationInvalid
from wand.interfaces import Settings

#: Seconds that a connection may take.
CONNECT_PATIENCE: Final = 3.0

_KEYS: Final = ("url", "password-file", "ca-file", "prefix", "replicas")
_PORT: Final = 6379


@attrs.frozen
class RedisSettings:
    """
    What the store is told.

    @ivar where: the server, for people.
    @ivar host: its host and C{port}; empty where it has a C{path}.
    @ivar path: its UNIX socket.
    @ivar trust: whose certificates are taken; C{None} for a connection without TLS.
    @ivar username: who we are there; empty for its default user.
    @ivar password: of that user; empty for none.
    @ivar database: the number of the database.
    @ivar prefix: what our keys begin with.
    @ivar replicas: how many replicas must have a change before it counts as stored.
    """

    where: str
    host: str = ""
    port: int = _PORT
    path: str = ""
    trust: Any = None
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    database: int = 0
    prefix: str = "wand"
    replicas: int = 0

    def endpoint(self, reactor: Any) -> IStreamClientEndpoint:
        """
        The server, to connect to.
        """
        if self.path:
            return UNIXClientEndpoint(reactor, self.path, timeout=CONNECT_PATIENCE)
        plain = HostnameEndpoint(reactor, self.host, self.port, timeout=CONNECT_PATIENCE)
        if self.trust is None:
            return plain
        return wrapClientTLS(optionsForClientTLS(self.host, self.trust), plain)


def redisSettings(settings: Settings) -> RedisSettings:
    """
    Read the settings.

    @raise ConfigurationInvalid: if a key or a value is refused.
    """
    for key in settings:
        if key not in _KEYS:
            raise _invalid(key, f"the store redis has only the settings {', '.join(_KEYS)}")
    url = _split(settings.get("url", "redis://127.0.0.1"))
    where = f"{url.scheme}://{url.path if url.scheme == 'unix' else url.netloc.rpartition('@')[2]}"
    return RedisSettings(
        where=where,
        host=url.hostname or "",
        port=_port(url) or _PORT,
        path=url.path if url.scheme == "unix" else "",
        trust=_trust(settings.get("ca-file"), url),
        username=unquote(url.username or ""),
        password=_password(settings.get("password-file")),
        database=0 if url.scheme == "unix" else _database(url),
        prefix=_prefix(settings.get("prefix", "wand")),
        replicas=_replicas(settings.get("replicas", 0)),
    )


def _split(url: object) -> SplitResult:
    if not isinstance(url, str):
        raise _invalid("url", "expected redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise _invalid("url", str(error)) from error
    if split.password is not None:
        raise _invalid("url", "it has a password, which others may read: put that into a file, and set password-file")
    hasPlace = split.path.startswith("/") and not split.netloc if split.scheme == "unix" else bool(split.hostname)
    if split.scheme not in ("redis", "rediss", "unix") or not hasPlace or split.query or split.fragment:
        raise _invalid("url", f"expected redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH, not {url!r}")
    return split


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError as error:
        raise _invalid("url", str(error)) from error


def _database(url: SplitResult) -> int:
    number = url.path.strip("/")
    if number and not (number.isascii() and number.isdigit()):
        raise _invalid("url", f"the number of a database follows the host, not {number!r}")
    return int(number or 0)


def _password(path: object) -> str:
    if path is None:
        return ""
    try:
        return Path(_text("password-file", path)).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid("password-file", f"{path} cannot be read: {error}") from error


def _trust(path: object, url: SplitResult) -> Any:
    if url.scheme != "rediss":
        if path is not None:
            raise _invalid("ca-file", "this connection has no TLS: write rediss:// in url, or leave ca-file out")
        return None
    if path is None:
        return platformTrust()
    try:
        return trustRootFromCertificates([Certificate.loadPEM(Path(_text("ca-file", path)).read_bytes())])
    except (OSError, InvalidPEM) as error:
        raise _invalid("ca-file", f"{path} is no certificate in PEM that can be read: {error}") from error


def _prefix(prefix: object) -> str:
    if not isinstance(prefix, str) or not prefix or not prefix.isprintable() or len(prefix) > 64:
        raise _invalid("prefix", "expected what the keys of this network begin with, such as wand")
    return prefix


def _replicas(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 16:
        raise _invalid("replicas", "expected how many replicas must have a change, 0 to 16")
    return number


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _invalid(key, f"expected the path of a file, not {value!r}")
    return value


def _invalid(key: str, reason: str) -> ConfigurationInvalid:
    return ConfigurationInvalid("store-settings", key, reason)
