"""
The keys of a configuration in words: for the options of the command line, and for the reference in the documentation.
"""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec

from wand.config.keys import Configuration


def optionFields(kind: type[Configuration]) -> list[tuple[str, Any, str, object]]:
    """
    The keys that can be options, which are those that are not tables.

    @return: for each its name with dashes, its type, its help and its default.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        annotated, meta = get_args(hints[field.name])
        if not str(annotated).startswith("dict"):
            default = field.default if field.default is not msgspec.NODEFAULT else []
            found.append((field.encode_name, annotated, meta.description, default))
    return found


def fields(kind: type[Configuration]) -> list[tuple[str, str, str, object]]:
    """
    Every key, for the reference in the documentation: its name, its type in words, its help and its default.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        annotated, meta = get_args(hints[field.name])
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        found.append((field.encode_name, _typeName(annotated), meta.description, default))
    return found


def _typeName(annotated: Any) -> str:
    text = str(annotated)
    for start, name in (("dict", "table"), ("list", "list of texts"), ("<class 'int", "number"), ("int", "number")):
        if text.startswith(start):
            return name
    return "yes or no" if "bool" in text else "text"
