"""
What somebody meant who misspelt a word.
"""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """
    The word that is most like another one; C{None} if none is much like it.
    """
    from difflib import get_close_matches  # 140 kB that a program without mistakes need not have

    return next(iter(get_close_matches(word, list(words), 1)), None)
