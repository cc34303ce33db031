"""
How people recognize the text of an invitation, and where they put it; apart from L{wand.sealed.credentials.token}, so
that the client starts quickly.
"""

from __future__ import annotations

from typing import Final

#: What every token begins with.
TOKEN_PREFIX: Final = "wand1."

#: What the request of a node begins with, and the answer to it, which people carry from one to the other.
REQUEST_PREFIX: Final = "wandrequest1."
ANSWER_PREFIX: Final = "wandanswer1."

#: The environment variable that may hold a token.
TOKEN_VARIABLE: Final = "WAND_TOKEN"

#: What somebody is told who has a token on a command line.
ON_COMMAND_LINE: Final = (
    "secrets do not belong on a command line, where others can see them: put the token into a file and name it, or "
    "pipe it in: echo TOKEN | wand init --join - (so do wand join and wand setup node --join -; echo is part of the "
    "shell, and shows it to nobody). Withdraw this invitation if others may have seen it."
)

#: What a line begins with, beside a token that a node finds when it starts, that has an address to ask for.
WISH: Final = "address "
