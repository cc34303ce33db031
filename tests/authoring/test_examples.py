"""
Tests for what the examples show of plugins: how little a driver is.
"""

from __future__ import annotations

import ast
import tokenize
from io import StringIO
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


#: What is no code.
_SPACE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def codeLines(source: str) -> set[int]:
    """
    The numbers of the lines of a module that have code: what is neither blank nor a comment nor a docstring.
    """
    found = set[int]()
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type not in _SPACE:
            found.update(range(token.start[0], token.end[0] + 1))
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(each) is not None:
            found.difference_update(range(each.body[0].lineno, (each.body[0].end_lineno or 0) + 1))
    return found


def test_aDriverIsShort() -> None:
    """
    The module of the driver, with all that it imports, has at most 25 lines of code.
    """
    source = (EXAMPLES / "wand-handed" / "wand_handed" / "driver.py").read_text()
    assert len(codeLines(source)) <= 25


def test_whatACodeLineIs() -> None:
    """
    Docstrings, comments and blank lines are none.
    """
    source = '"""Doc."""\n\n# it\nclass A:\n    """\n    Doc.\n    """\n\n    a = f(\n        1\n    )\n'
    assert codeLines(source) == {4, 9, 10, 11}
