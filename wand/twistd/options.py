"""
Options of the twistd plugins, made from the classes of L{wand.config}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from twisted.python import usage

from wand.config import AnyConfiguration, Configuration, load, optionFields
from wand.state import Owner
from wand.version import __version__


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"expected a number, not {text!r}") from None


def _truth(text: str) -> bool:
    if text not in ("yes", "no", "true", "false"):  # the latter as in TOML
        raise ValueError(f"expected yes or no, not {text!r}")
    return text in ("yes", "true")


def _texts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _reader(kind: Any) -> Callable[[str], Any]:
    words = str(kind)
    if words.startswith("list"):
        return _texts
    if "bool" in words:
        return _truth
    return _number if "int" in words else str


def _help(kind: Any, text: str, default: object) -> str:
    commas = "; several are separated by commas" if str(kind).startswith("list") else ""
    shown = ("no", "yes")[default] if isinstance(default, bool) else default
    return f"{text}{commas}" + (f" [default: {shown}]" if shown not in (None, "", []) else "")


def _parameters(kind: type[Configuration], usualFile: str) -> list[list[Any]]:
    usual = f" [default: {usualFile}, if it is there]" if usualFile else ""
    parameters: list[list[Any]] = [["config", "c", None, f"a TOML file; options win over what it says{usual}", str]]
    for name, annotated, text, default in optionFields(kind):
        parameters.append([name, None, None, _help(annotated, text, default), _reader(annotated)])
    return parameters


class ProgramOptions(usage.Options):
    """
    Options of one program; subclasses are made by L{optionsFor}.
    """

    kind: ClassVar[type[Configuration]]
    usualFile: ClassVar[str] = ""
    longdesc: ClassVar[str] = ""
    optParameters: ClassVar[list[list[Any]]] = []

    def parseOptions(self, options: list[str] | None = None) -> None:
        """
        Read the options.  None is shortened: which one is meant may be another in the next version.
        """
        names = {each.rstrip("=") for each in self.longOpt}
        for each in options or ():
            name = each.removeprefix("--").partition("=")[0]
            longer = sorted(f"--{known}" for known in names if name and known.startswith(name))
            if each.startswith("--") and name not in names and longer:
                raise usage.UsageError(f"option --{name} is not known: write {' or '.join(longer)}")
        super().parseOptions(options)

    def postOptions(self) -> None:
        """
        Let the log be ours; see L{wand.twistd.process_log}.
        """
        from wand.twistd.process_log import attach  # which whoever only asks for help has no use for

        attach(self.parent)

    def opt_version(self) -> None:
        """
        Print the version of wandaemon, and end.
        """
        print(f"wandaemon {__version__}")
        raise SystemExit(0)

    def configuration(self, kind: type[AnyConfiguration]) -> AnyConfiguration:
        """
        Read the configuration, from the file and from these options.

        @raise wand.errors.ConfigurationInvalid: if it cannot be used.
        """
        given = {name: self[name] for name in kind.__struct_encode_fields__ if self.get(name) is not None}
        return load(kind, self.file or None, given)

    @property
    def file(self) -> str:
        """
        The configuration file: the one that was named, else the usual one of this program if it is there; empty for
        none.
        """
        if self["config"] is not None:
            return str(self["config"])
        return self.usualFile if self.usualFile and Path(self.usualFile).exists() else ""

    def owner(self) -> Owner:
        """
        Who twistd was told to become once the privileges are dropped.
        """
        parent: Mapping[str, Any] = self.parent or {}  # python -m twisted has neither
        return Owner(parent.get("uid"), parent.get("gid"))


def optionsFor(kind: type[Configuration], about: str, usualFile: str = "") -> type[ProgramOptions]:
    """
    Make the options class of a program.

    @param usualFile: the configuration file that is read if none is named; it may be absent.
    """
    return type(
        "Options",
        (ProgramOptions,),
        {
            "kind": kind,
            "usualFile": usualFile,
            "optParameters": _parameters(kind, usualFile),
            "longdesc": about,
            "synopsis": "[options]",
        },
    )
