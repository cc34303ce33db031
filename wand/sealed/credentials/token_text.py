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
