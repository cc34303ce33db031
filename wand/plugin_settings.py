"""
The settings of a plugin: what the operator wrote, checked against what the plugin knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from wand.errors import ConfigurationInvalid
from wand.misfit import misfit
from wand.nearest import nearest

Known = TypeVar("Known", bound=msgspec.Struct)


class NoSettings(msgspec.Struct, frozen=True):
    """
    The settings of a plugin that has none.
    """


def readSettings(settings: Mapping[str, object], known: type[Known], where: str = "driver-settings") -> Known:
    """
    Check settings and give them their types and defaults.

    @param known: a struct with a field for each setting; C{Annotated[float, msgspec.Meta(ge=0)]} bounds a value.
    @param where: what the operator calls these settings.
    @raise ConfigurationInvalid: if a key is unknown or missing, or a value does not fit.
    """
    names = [field.encode_name for field in msgspec.structs.fields(known)]
    for key in settings:
        if key not in names:
            raise ConfigurationInvalid(where, str(key), _instead(str(key), names))
    try:
        return msgspec.convert(dict(settings), known)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        missing = reason.removeprefix("Object missing required field `")
        if missing != reason and not path:
            raise ConfigurationInvalid(where, missing.rstrip("`"), "it has to be set") from None
        raise ConfigurationInvalid(where, path.rstrip("`").partition("[")[0], misfit(reason)) from None


def _instead(key: str, names: list[str]) -> str:
    close = nearest(key, names)
    if close:
        return f"there is no such setting; did you mean {close}?"
    return f"there is no such setting; there are {', '.join(names)}" if names else "there are no settings"
