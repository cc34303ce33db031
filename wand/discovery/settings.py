"""
What a plugin can be told, read from the struct of its settings and from its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import getdoc
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import inspect

from wand.discovery.dropins import ANYTHING
from wand.plugin_status import SettingStatus

#: A field of epytext.
_FIELD: Final = re.compile(r"^@(\w+)(?: (\w+))?:", re.MULTILINE)

_MARKUP: Final = re.compile(r"\b[A-Z]\{([^{}]*)\}")

#: Types of L{msgspec.inspect} in words.
_WORDS: Final[Mapping[type, str]] = {
    inspect.StrType: "text",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.DictType: "table",
    inspect.StructType: "table",
    inspect.NoneType: "nothing",
    inspect.AnyType: "anything",
}

#: Bounds in words.
_BOUNDS: Final = {
    "gt": "more than",
    "ge": "at least",
    "lt": "less than",
    "le": "at most",
    "min_length": "length at least",
    "max_length": "length at most",
    "pattern": "like",
}


def settingsOf(plugin: Any) -> type[msgspec.Struct] | None:
    """
    The struct of a plugin's settings; C{None} if it has none, or does not say.
    """
    try:
        known = getattr(plugin, "settings", None)
    except ANYTHING:
        return None
    return known if isinstance(known, type) and issubclass(known, msgspec.Struct) else None


def settings(known: type[msgspec.Struct]) -> list[SettingStatus]:
    """
    Each setting.
    """
    told = inspect.type_info(known)
    assert isinstance(told, inspect.StructType)
    return [_setting(field, _texts(known)) for field in told.fields]


def documentation(known: type[msgspec.Struct]) -> str:
    """
    What the docstring says besides the fields.
    """
    text = getdoc(known) or ""
    begin = _FIELD.search(text)
    return _plain(text[: begin.start()] if begin else text)


def _setting(field: inspect.Field, texts: dict[str, str]) -> SettingStatus:
    default: object = field.default
    if default is msgspec.NODEFAULT:
        default = None if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    about = _described(field.type) or texts.get(field.name, "")
    return SettingStatus(field.encode_name, typeName(field.type), field.required, _simple(default), about)


def _simple(value: object) -> object:
    try:
        return msgspec.to_builtins(value)
    except TypeError:
        return str(value)


def typeName(told: Any) -> str:
    """
    A type in words.
    """
    if isinstance(told, inspect.Metadata):
        return typeName(told.type)
    if isinstance(told, inspect.LiteralType):
        return " or ".join(str(each) for each in told.values)
    if isinstance(told, inspect.UnionType):
        return " or ".join(typeName(each) for each in told.types if not isinstance(each, inspect.NoneType))
    if isinstance(told, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        return ", ".join([f"list of {typeName(told.item_type)}", *_bounds(told)])
    word = _WORDS.get(type(told), type(told).__name__.removesuffix("Type").lower())
    return ", ".join([word, *_bounds(told)])


def _bounds(told: Any) -> list[str]:
    found = [(words, getattr(told, name, None)) for name, words in _BOUNDS.items()]
    return [f"{words} {bound}" for words, bound in found if bound is not None]


def _described(told: Any) -> str:
    extra = told.extra_json_schema if isinstance(told, inspect.Metadata) else None
    return str((extra or {}).get("description", ""))


def _texts(known: type[msgspec.Struct]) -> dict[str, str]:
    """
    What the docstrings of a struct and of those that it extends say of each field.
    """
    found: dict[str, str] = {}
    for each in reversed(known.__mro__):
        text = getdoc(each) or ""
        fields = [*_FIELD.finditer(text), None]
        for field, following in pairwise(fields):
            if field is not None and field[1] in ("ivar", "cvar", "param") and field[2]:
                found[field[2]] = _plain(text[field.end() : following.start() if following else len(text)])
    return found


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\1", " ".join(text.split()))
