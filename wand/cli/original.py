"""
The configuration files of the original WanDaemon: lines of C{key value}, with C{#} comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from wand.errors import ConfigurationInvalid

_LINE: Final = re.compile(
    r"""
    (?P<key> [A-Za-z_][A-Za-z0-9_-]* )
    (?: [ \t]+ (?: "(?P<text> [^"]* )" | (?P<word> [^\s"#]+ ) ) )?
    [ \t]* (?: \#.* )?
    """,
    re.VERBOSE | re.ASCII,
)
_INTEGER: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_TRUTH: Final = {"true": True, "on": True, "false": False, "off": False}


@attrs.frozen
class OriginalSetting:
    """
    One line that sets something.

    @ivar value: an integer, a text that was in quotes, or a truth value.
    @ivar where: the file and the number of the line.
    """

    key: str
    value: int | str | bool
    where: str


def parse(text: str, file: str) -> Mapping[str, OriginalSetting]:
    """
    Read a file.

    @param file: its name, for errors.
    @return: the settings by their keys, in the order of the file.
    @raise ConfigurationInvalid: with the file and the line, if a line is anything else or sets something again.
    """
    settings: dict[str, OriginalSetting] = {}
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip(" \t\r")
        if stripped and not stripped.startswith("#"):
            setting = _parseLine(stripped, f"{file}, line {number}")
            if setting.key in settings:
                raise ConfigurationInvalid(setting.where, setting.key, "it is set twice")
            settings[setting.key] = setting
    return settings


def _parseLine(line: str, where: str) -> OriginalSetting:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ConfigurationInvalid(where, "", "expected a key and a value")
    key, text, word = match["key"], match["text"], match["word"]
    if text is not None:
        if not text.isprintable():
            raise ConfigurationInvalid(where, key, "its value has characters that cannot be printed")
        return OriginalSetting(key, text, where)
    if word is None:
        raise ConfigurationInvalid(where, key, "it has no value")
    if word in _TRUTH:
        return OriginalSetting(key, _TRUTH[word], where)
    if _INTEGER.fullmatch(word):
        return OriginalSetting(key, int(word), where)
    raise ConfigurationInvalid(where, key, 'expected an integer, a "text" in quotes, or true, on, false or off')
