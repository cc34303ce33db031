"""
Reads a configuration from a TOML file and from options of a command line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from wand.config.keys import Configuration
from wand.errors import AddressInvalid, ConfigurationInvalid
from wand.misfit import misfit
from wand.nearest import nearest
from wand.plain_file import unreadable

AnyConfiguration = TypeVar("AnyConfiguration", bound=Configuration)


#: How a configuration is written, for those who wrote something else.
FORM: Final = 'a line is KEY = VALUE, with a text in quotes, as name = "alice", and a list in brackets, as ["a", "b"]'


def load(kind: type[AnyConfiguration], path: str | None, options: Mapping[str, Any] | None = None) -> AnyConfiguration:
    """
    Read a configuration.

    @param path: the TOML file, or C{None} for no file.
    @param options: keys and values of the command line, which win over the file's.
    @raise ConfigurationInvalid: naming the file or the option, the key and the reason.
    """
    values = {} if path is None else _read(path)
    merged = {**values, **(options or {})}
    try:
        configuration = msgspec.convert(merged, kind)
        configuration.check()
    except msgspec.ValidationError as error:
        key, reason = _keyAndReason(str(error), kind)
    except AddressInvalid as error:
        key, reason = error.args
    else:
        return configuration
    raise ConfigurationInvalid(_origin(key, path, options), key, reason)


def _keyAndReason(error: str, kind: type[Configuration]) -> tuple[str, str]:
    reason, _, where = error.partition(" - at `$")
    key = where.rstrip("`").lstrip(".").removeprefix("[...]")
    if not key and "unknown field `" in reason:
        key = reason.split("`")[1]
        reason = _unknown(key, kind)
    return key, misfit(reason)


def _read(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationInvalid(path, "", f"it {unreadable(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(path, "", f"it is not TOML: {error}; {FORM}") from None


def _origin(key: str, path: str | None, options: Mapping[str, Any] | None) -> str:
    name = key.partition("[")[0]
    return f"--{name}" if options and name in options else path or "the configuration"


def _unknown(key: str, kind: type[Configuration]) -> str:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    close = nearest(key, names)
    return "there is no such key" + (f"; did you mean {close}?" if close else "")
