"""
Texts without secrets: what leaves this host in a report.
"""

from __future__ import annotations

import re
from typing import Final

#: What stands where a secret was.
REMOVED: Final = "(removed)"

#: Tokens, requests and answers; see L{wand.sealed.credentials.token_text}.
_TOKENS: Final = re.compile(r"\bwand(?:request|answer)?1\.[A-Za-z0-9_.=-]+")

#: C{NAME:PASSWORD@} in a URL.
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s'\"]+@")

#: How a setting with a secret is called.  Names have an end, or a line of a log without spaces would take minutes.
_NAME: Final = (
    r"""(?:[\w-]{0,64}(?:password|passwd|passphrase|secret|token|credential|private-?key|api-?key)[\w-]{0,64}"""
    r"""|(?:[\w-]{0,64}[_-])?(?:auth|authorization|cookie|pass|psk|pwd))"""
)

_STRING: Final = r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'"""

#: What it is: texts of several lines, one text, a list, a table, or a word.
_VALUE: Final = (
    r'"{3}(?s:.*?)"{3}|'
    r"'{3}(?s:.*?)'{3}|"
    rf"{_STRING}|"
    rf"""\[(?:{_STRING}|\#[^\n]*|[^]"'#])*\]|"""
    rf"""\{{(?:{_STRING}|\#[^\n]*|[^}}"'#])*\}}|"""
    r"(?:(?:basic|bearer|digest)[ ]+)?[^\s,}\n]+"
)

#: A setting that is called like a secret, in TOML or in JSON, with its value.
_SETTING: Final = re.compile(rf"""(?im)((?<![\w-])["']?{_NAME}["']?\s*[=:]\s*)({_VALUE})""")

#: Keys in PEM.
_KEYS: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def withoutSecrets(text: str) -> str:
    """
    Remove whatever looks like a secret: tokens, private keys, passwords in URLs, and settings that are called so.
    Better one word too many than one too few.
    """
    for pattern in (_KEYS, _TOKENS):
        text = pattern.sub(REMOVED, text)
    text = _CREDENTIALS.sub(f"{REMOVED}@", text)
    return _SETTING.sub(lambda found: f'{found[1]}"{REMOVED}"', text)
