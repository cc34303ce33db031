"""
What others chose, such as names, in the log: no character of it can do anything to a terminal, or begin a line.
"""

from __future__ import annotations


def escaped(text: str) -> str:
    """
    The text with each character that cannot be printed, or turns the direction of what follows, as an escape of Python.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def escapedLines(text: str) -> str:
    """
    The same for a text of our own that has lines, such as a traceback.
    """
    return "\n".join(map(escaped, text.split("\n")))
