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
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s@'\"]+@")

#: A setting that is called like a secret, in TOML or in JSON, with its value to the end of the string or the line.
_SETTING: Final = re.compile(
    r"""(?im)((?<![\w-])["']?[\w-]*(?:password|passphrase|secret|token|private-?key|api-?key)[\w-]*["']?\s*[=:]\s*)"""
    r"""("{3}(?s:.*?)"{3}|'{3}(?s:.*?)'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^\s,}\n]+)""",
)

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
