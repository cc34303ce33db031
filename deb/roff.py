"""
Manual pages in the language of man(7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import wrap

import attrs


def escaped(text: str) -> str:
    """
    Text that is shown as it is.  A hyphen stays one that can be copied.
    """
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    plain = plain.replace("`", "\\(ga").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", plain, flags=re.MULTILINE)


def bold(text: str) -> str:
    """
    What is typed as it stands.
    """
    return f"\\fB{escaped(text)}\\fR"


def slanted(text: str) -> str:
    """
    What stands for something else.
    """
    return f"\\fI{escaped(text)}\\fR"


def sentences(text: str) -> str:
    """
    A paragraph; each sentence begins a line, as man(7) wants it.
    """
    each = re.split(r"(?<=[.?!]) +(?=[A-Z])", " ".join(text.split()))
    return "\n".join(escaped(line) for sentence in each for line in wrap(sentence, 76, break_on_hyphens=False))


@attrs.define
class Page:
    """
    A manual page that is being written.

    @ivar name: what it describes.
    @ivar section: the section of the manual.
    @ivar about: what that is, in one line.
    @ivar version: of the package.
    """

    name: str
    section: int
    about: str
    version: str
    _lines: list[str] = attrs.Factory(list)

    def heading(self, text: str) -> None:
        """
        Begin a section.
        """
        self._lines.append(f".SH {text.upper()}")

    def subheading(self, text: str) -> None:
        """
        Begin a part of a section.
        """
        self._lines.append(f".SS {escaped(text)}")

    def paragraphs(self, text: str) -> None:
        """
        Write paragraphs, which an empty line separates.
        """
        for paragraph in re.split(r"\n\s*\n", text.strip()):
            self._lines += [".PP", sentences(paragraph)]

    def line(self, marked: str) -> None:
        """
        Write one paragraph that is marked up already.
        """
        self._lines += [".PP", marked]

    def item(self, marked: str, text: str) -> None:
        """
        Write an item of a list.

        @param marked: what it explains, marked up already.
        @param text: the explanation.
        """
        self._lines += [".TP", marked, sentences(text) or "\\&"]

    def example(self, lines: Iterable[str]) -> None:
        """
        Write lines that are shown as they are.
        """
        self._lines += [".PP", ".EX", *(escaped(line) for line in lines), ".EE"]

    def text(self) -> str:
        """
        The page.
        """
        head = [
            f'.TH "{self.name.upper()}" {self.section} "" "wandaemon {self.version}"',
            ".nh",
            ".ad l",
            ".SH NAME",
            f"{escaped(self.name)} \\- {escaped(self.about)}",
        ]
        lines = [
            line
            for before, line in zip(["", *self._lines], self._lines, strict=False)
            if not (line == ".PP" and before.startswith((".SH", ".SS")))
        ]
        return "\n".join([*head, *lines]) + "\n"
