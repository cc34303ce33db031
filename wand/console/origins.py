"""
Where a request of a browser comes from: from a page of ours, or from a stranger's.
"""

from __future__ import annotations

from typing import Final

#: What C{Sec-Fetch-Site} says of a request that no page of others made (W3C Fetch Metadata).
_OWN: Final = ("same-origin", "none")


def isOwn(scheme: str, host: str, origin: str | None, site: str | None) -> bool:
    """
    Was a request made by a page of ours, or by no page at all?

    @param scheme: C{http} or C{https}.
    @param host: its C{Host}.
    @param origin: its C{Origin} (RFC 6454, section 7); C{None} if it has none.
    @param site: its C{Sec-Fetch-Site}; C{None} if it has none.
    """
    if origin is not None and origin.lower() != f"{scheme}://{host}".lower():
        return False
    return site is None or site in _OWN
