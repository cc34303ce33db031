"""
Tests for what the documents show of a terminal: the commands can be typed, and what they print looks like that.
"""

from __future__ import annotations

import functools
import re
import shlex
from itertools import chain

import click
import pytest
from documents import blocks
from sources import HOLE, calls, eventKinds, templates
from twisted.scripts.twistd import ServerOptions

from wand.cli.main import cli

_CONSOLES = blocks("console", "shell")

#: Other programs that the documents use.
_OTHERS = {
    *(
        "apt",
        "podman",
        "bridge",
        "cat",
        "chown",
        "export",
        "curl",
        "grep",
        "dhclient",
        "dnsmasq",
        "echo",
        "eval",
        "install",
        "ip",
        "jq",
        "modprobe",
        "pip",
        "pip3",
        "ping",
        "python",
        "python3",
    ),
    *(
        "systemctl",
        "tox",
        "useradd",
        "bash",
        "git",
        "nft",
        "mv",
        "wireshark",
        "cd",
        "mkdir",
        "source",
        "ssh",
        "unshare",
        "docker",
    ),
}

#: Columns of a table, as `wand` prints them into a pipe.
_GAP = re.compile(r" {2,}")


def _simple(command: str) -> list[list[str]]:
    """
    The words of each simple command of a command line, without redirections and comments.
    """
    if command.startswith("eval"):
        return []
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    words = iter(lexer)
    for word in words:
        if word in ("|", "||", "&&", ";"):
            found.append([])
        elif word in ("<", ">"):
            next(words)
        else:
            found[-1].append(word)
    return [each for each in found if each]


def _typed() -> list[tuple[str, str]]:
    found = []
    for block in _CONSOLES:
        if block.language == "shell":
            found += [(block.place, line) for line in block.text.splitlines() if line.strip()]
        else:
            found += [(block.place, command) for command, _ in block.commands]
    return found


@pytest.mark.parametrize(("place", "command"), _typed())
def test_canBeTyped(place: str, command: str) -> None:
    """
    Every command exists, and takes its options and arguments.
    """
    for words in _simple(command):
        name, *rest = words
        program = name.rpartition("/")[2]
        if program == "wand":
            _parseWand(rest)
        elif program == "twistd":
            _parseTwistd(rest)
        else:
            assert program in _OTHERS, f"{place}: nobody knows {program}"


def _parseWand(words: list[str]) -> None:
    if words[:1] == ["--control"]:
        words = words[2:]
    if words == ["--version"]:
        return
    context = click.Context(cli)
    name, command, rest = cli.resolve_command(context, words)
    assert name is not None
    assert command is not None
    if name != "import-config":  # which looks whether its files are there
        command.make_context(name, rest, parent=context)


def _parseTwistd(words: list[str]) -> None:
    ours = ["root" if before in ("--uid", "--gid") else word for before, word in zip(["", *words], words, strict=False)]
    options = ServerOptions()
    options.parseOptions(ours)
    assert options.subCommand
    given = [word for word in words[words.index(options.subCommand) + 1 :] if word.startswith("--")]
    assert given == [] or options.subOptions is not None


_SHOWN = [
    pytest.param(command, printed, id=f"{block.place} {command}")
    for block in _CONSOLES
    if block.language == "console"
    for command, printed in block.commands
    if any(printed)
]

#: A line of `wand watch`.
_EVENT = re.compile(r"^[-\d]{10} [:\d]{8}  (\S+)  \S")

#: What a person types, and what is not shown.
_PASSED_OVER = re.compile(r"^\.\.\.$|\[y/N\]: ")

#: What click puts behind a question that has a usual answer.
_QUESTION = re.compile(r" \[[^]]+\]:$")

#: What precedes the text of an answer that one can choose.
_ANSWER = re.compile(r"^  \d  \w+ +")


@pytest.mark.parametrize(("command", "printed"), _SHOWN)
def test_looksLikeThat(command: str, printed: list[str]) -> None:
    """
    What a command of ours prints has the columns, labels and sentences of the program's own texts.
    """
    if not command.split()[0].endswith("wand"):
        return
    lines = [line for line in printed if line.strip() and not _PASSED_OVER.search(line)]
    if "| jq" in command:
        return
    if command.endswith("wand doctor"):
        lines = _findings(lines)
    if lines[0].split()[0].isupper() and _GAP.search(lines[0]):
        _checkColumns(lines)
        return
    for line in (_ANSWER.sub("", _QUESTION.sub("", line)) for line in lines):
        event = _EVENT.match(line)
        if event:
            assert event[1] in eventKinds()
        else:
            assert _isLabelled(line) or _isSaid(line), f"nothing in the sources prints {line!r}"


def _findings(lines: list[str]) -> list[str]:
    """
    The texts of what C{wand doctor} found, and of what repairs it, without the lines' ends.
    """
    texts: list[str] = []
    for line in lines:
        name, text = line[:25].strip(), line[25:]
        if name:
            assert name.split()[0] in ("ok", "?", "warn", "BAD")
            texts.append(text)
        elif text.startswith("-> "):
            texts.append(text.removeprefix("-> "))
        else:
            texts[-1] += f" {text}"
    return texts


def _checkColumns(lines: list[str]) -> None:
    header, *rows = lines
    assert tuple(header.split()) in _headers(), f"no command has the columns {header}"
    starts = [match.start() for match in re.finditer(r"\S+", header)]
    for row in rows:
        for start in starts[1:]:
            assert row[start - 2 : start] == "  ", f"not below its column, at {start}: {row}"
            assert row[start] != " ", f"not below its column, at {start}: {row}"


@functools.cache
def _headers() -> set[tuple[str, ...]]:
    """
    The column heads of all tables.
    """
    return {each for each in calls("Grid") if isinstance(each, tuple)}


@functools.cache
def _labels() -> set[str]:
    """
    The labels of the lines of a status.
    """
    return {each for each in chain(calls("line"), calls("_styled")) if isinstance(each, str)}


def _isLabelled(line: str) -> bool:
    if not line.startswith("  "):
        return False
    candidates = _labels() | {"entries", "peers", "drops", "hooks", "services", "sources", *_FIELDS}
    return line.strip() in _FIELDS or any(line.strip().startswith(f"{label} ") for label in candidates)


#: What `wand sign` shows of a certificate and of a revocation: their fields, as they are called there.
_FIELDS = (
    *("key", "exchange key", "role", "name", "addresses", "MAC addresses", "may bridge", "member since", "issued"),
    *("expires", "limits", "confirmed", "called there", "revoked at", "certificate"),
)


def _isSaid(line: str) -> bool:
    """
    Is there a text in the sources, or a few in a row, that makes this line?
    """
    return any(pattern.search(line.strip().removeprefix("! ")) for pattern in _patterns())


@functools.cache
def _patterns() -> list[re.Pattern[str]]:
    """
    A pattern for every text that says something.
    """
    parts = {part.strip() for text in templates() for part in text.split("\n")}
    return [
        re.compile("^" + ".*".join(map(re.escape, part.split(HOLE))) + "$")
        for part in parts
        if (len(part.replace(HOLE, "").strip()) >= 4 and " " in part) or part.istitle()
    ]
