"""
The scripts that Redis runs for us, each at once or not at all, and what travels in the stream of changes.

Records of a kind are the fields of a hash, C{PREFIX:kind:KIND}.  Each change is also an entry of one stream,
C{PREFIX:changes}: its id is C{NUMBER-1}, numbers have no gaps, and the newest entry is never removed.  So whoever reads
the stream sees whether something is missing.  An entry has the fields C{w}, who wrote it, and C{k}, the kind; then each
record, C{s} and the key with the value, or C{d} and the key for one that was deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wand.stores.change_order import Change

#: How many entries of the stream are kept, about, and how many records are in one at most.  Whoever was away for longer
#: loads everything anew.
BACKLOG: Final = 4096
ENTRY_RECORDS: Final = 16

_NUMBER: Final = """
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local number = last and tonumber(string.match(last[1], '^%d+')) or 0
"""

_TELL: Final = f"""
local entry = {{'w', ARGV[1], 'k', ARGV[2]}}
local function tell()
    number = number + 1
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', {BACKLOG}, string.format('%.0f-1', number), unpack(entry))
    entry = {{'w', ARGV[1], 'k', ARGV[2]}}
end
local function set(key, what, value)
    if what == 's' then redis.call('HSET', KEYS[1], key, value) else redis.call('HDEL', KEYS[1], key) end
    entry[#entry + 1] = what .. key
    entry[#entry + 1] = value
    if #entry == 4 + 2 * {ENTRY_RECORDS} then tell() end
end
"""

#: Hash, stream -> the number of the last change, and the fields and values in turn.
LOAD: Final = f"{_NUMBER} return {{number, redis.call('HGETALL', KEYS[1])}}"

#: Hash, stream; writer, kind, then for each record its key, C{s} or C{d}, and its value -> the number of the change.
WRITE: Final = f"""{_NUMBER}{_TELL}
for at = 3, #ARGV, 3 do set(ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
if #entry > 4 then tell() end
return number
"""

#: Hash, stream, other hashes; writer, kind, the key, C{s} or C{d} and the value; then C{s} or C{d} and the value that
#: is expected; then for each other hash a key of it, and C{s} or C{d} and the value that it has to hold -> whether it
#: was set, and the number of the change.
EXCHANGE: Final = f"""{_NUMBER}{_TELL}
local function holds(hash, key, what, value)
    local found = redis.call('HGET', hash, key)
    return what == 's' and found == value or what == 'd' and not found
end
if not holds(KEYS[1], ARGV[3], ARGV[6], ARGV[7]) then return {{0, number}} end
for other = 3, #KEYS do
    local at = 3 * other - 1
    if not holds(KEYS[other], ARGV[at], ARGV[at + 1], ARGV[at + 2]) then return {{0, number}} end
end
set(ARGV[3], ARGV[4], ARGV[5])
tell()
return {{1, number}}
"""


def words(value: bytes | None) -> tuple[str, bytes]:
    """
    A value, or that there is none, as arguments of a script.
    """
    return ("d", b"") if value is None else ("s", value)


def recordWords(records: Mapping[bytes, bytes | None]) -> list[str | bytes]:
    """
    Records as arguments of L{WRITE}.
    """
    return [word for key, value in records.items() for word in (bytes(key), *words(value))]


def entryRead(entry: list[object], own: bytes) -> Change | None:
    """
    Read an entry of the stream.

    @param own: what we call ourselves as a writer.
    @return: C{None} if it is not one of ours.
    """
    try:
        name, fields = entry
        assert isinstance(name, bytes) and isinstance(fields, list)
        pairs = dict(zip(fields[::2], fields[1::2], strict=True))
        writer, kind = pairs.pop(b"w"), pairs.pop(b"k")
        records = {key[1:]: value if key[:1] == b"s" else None for key, value in pairs.items()}
        return Change(int(name.partition(b"-")[0]), kind.decode(), writer == own, records)
    except (AssertionError, ValueError, KeyError, TypeError, AttributeError):
        return None
