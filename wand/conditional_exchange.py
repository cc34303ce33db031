"""
Records that are set only while others hold what they should, in whatever store.
"""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred

from wand.interfaces import Held, IConditionalRecords, IRecords


def exchangeIf(
    records: IRecords, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
) -> Deferred[bool]:
    """
    Set one record, if others hold what they should; the others count only where the store can compare them.  See
    L{IConditionalRecords}.
    """
    conditional = IConditionalRecords(records, None)
    if conditional is None:
        return records.exchange(kind, key, expected, value)
    return conditional.exchangeIf(kind, key, expected, value, others)
