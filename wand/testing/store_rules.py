"""
The rules that every store keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

_LOST = "the server keeps its members, their certificates and what was revoked in it"

EMPTY: Final = Rule("IStore.open", "a new store holds nothing", "what is left of another network would be believed")
DEFERRED: Final = Rule(
    "IRecords",
    "each call returns a Deferred that fires with what is promised, and raises nothing itself",
    "callers add their callbacks to it; one that never fires holds up a member or the end of the program",
)
SAME: Final = Rule(
    "IRecords.write",
    "what is written is loaded again, octet for octet, keys and values of any octets and of any length",
    f"{_LOST}: public keys, signatures, lists",
)
EMPTY_VALUE: Final = Rule(
    "IRecords",
    "an empty value is a record, other than no record",
    "it says that something is there, such as a key that was revoked; only None deletes and stands for no record",
)
KINDS: Final = Rule(
    "IRecords",
    "kinds are apart: the same key in two kinds is two records, whatever the kinds are called",
    "the parts of the server choose their keys without knowing of each other",
)
KEYS: Final = Rule(
    "IRecords",
    "keys are octets: they are the same only if every octet is",
    "random identities differ in any octet; text databases fold case, trim blanks or stop at a zero",
)
OWN_ANSWER: Final = Rule(
    "IRecords",
    "each call has a Deferred and an answer of its own, and more may be asked from its callbacks",
    "callers add callbacks that change the answer; the next one would get what the first has made of it",
)
KEEPS_NOTHING_OLD: Final = Rule(
    "IRecords.write",
    "the old values of a record are not kept in memory",
    "a server runs for months and writes the same records again and again",
)
APART: Final = Rule(
    "IStore.open",
    "stores with other settings are other stores",
    "two networks on one host would have each other's members",
)
UNAVAILABLE: Final = Rule(
    "IStore.open",
    "a store that cannot be opened is a StoreUnavailable, of open() or of each call, that says why",
    "the operator sees this sentence and nothing else",
)
TYPES: Final = Rule(
    "IRecords",
    "load returns a dict of bytes by bytes, exchange a bool, write None, and no types that resemble them",
    "bytearrays cannot be keys or be compared after a change; an int is not True where it is asked for",
)
COPIED: Final = Rule(
    "IRecords",
    "mappings are not shared: what the caller does with its own, or with what it loaded, changes nothing in the store",
    "callers use their dictionaries again at once, and change what they loaded",
)
ANY_MAPPING: Final = Rule(
    "IRecords.write",
    "the records are any mapping, not only a dict",
    "callers hand over what they have, such as a view that cannot be changed",
)
DELETES: Final = Rule(
    "IRecords.write",
    "None deletes a record, and what is not there is deleted without complaint; what is not named stays",
    "a member that has left would come back, or others would be gone",
)
MANY: Final = Rule(
    "IRecords.load",
    "it returns everything of a kind, however much that is",
    "large networks have tens of thousands of members; those beyond a limit would be forgotten",
)
EXCHANGE: Final = Rule(
    "IRecords.exchange",
    "it sets one record, and only if that holds what is expected; None stands for no record",
    "it decides what must not be decided twice: who has an address, whether an invitation was redeemed",
)
ATOMIC: Final = Rule(
    "IRecords.exchange",
    "of several that expect the same exactly one succeeds, also when none was waited for",
    "it decides what must not be decided twice: an invitation for one would admit two",
)
CONDITIONAL: Final = Rule(
    "IConditionalRecords.exchangeIf",
    "it sets one record as exchange does, and only if the others hold what they should; it changes nothing else",
    "two servers that change what a member has would each undo what the other did",
)
IN_ORDER: Final = Rule(
    "IRecords",
    "calls are done in the order in which they were made, also when none was waited for",
    "a later word about a member replaces the earlier one",
)
ALL_OR_NONE: Final = Rule(
    "IRecords.write",
    "the records of a write are set all or none, seen by everybody, whatever happens in between",
    "a member whose certificate is there and whose claim is not is a member that cannot be admitted or removed",
)
SURVIVES: Final = Rule(
    "IRecords",
    "what was acknowledged is there when the store is opened again",
    f"{_LOST}: after a restart nobody would be a member (a store that forgets by design sets isDurable = False)",
)
SURVIVES_KILL: Final = Rule(
    "IRecords",
    "what was acknowledged survives that the program is killed at once, without close",
    "programs end by a crash, by the kernel's lack of memory or by a power failure; what was said to be written counts",
)
OPENS_AFTER_KILL: Final = Rule(
    "IStore.open",
    "a store that a killed program had open can be opened again",
    "after a power failure no server would start until somebody finds the lock or the file that is in the way "
    "(flock(2) ends with the process)",
)
NO_ROOM: Final = Rule(
    "IRecords.write",
    "what finds no room on the disk fails with StoreUnavailable, is not acknowledged, and changes nothing",
    "disks are full one day, and write(2) may write a part: a node would be told that it is a member, and after the "
    "next start it would be none, or nobody would be",
)
CLOSE: Final = Rule(
    "IRecords.close",
    "its Deferred fires once what is under way is finished; more calls do no harm",
    "the program waits for it at its end, and is killed if it does not fire",
)
CLOSED: Final = Rule(
    "IRecords",
    "after close a call raises nothing, and fails with StoreUnavailable if it fails",
    "other parts of the program may still end what they do",
)
NOT_OWN: Final = Rule(
    "IRecords.watch",
    "nobody hears of what was changed by the same records",
    "the server would do again what it just did, and that again",
)
WATCH_ENDS: Final = Rule(
    "IRecords.watch",
    "it returns a function that ends it, which may be called more than once",
    "parts of the server come and go, and would be called when they are gone",
)
SHARED: Final = Rule(
    "IRecords",
    "those who open the same store see the same",
    "several servers of one network share it",
)
HEARD: Final = Rule(
    "IRecords.watch",
    "what others change is heard, soon, with what the records hold then, in its order; missed is called only where "
    "something may have been missed",
    "a member that was revoked by one server must be refused by the others at once",
)
HEARD_OF_KIND: Final = Rule(
    "IRecords.watch",
    "only changes of the kind are heard, none of an exchange that was refused, and none after the end",
    "what is heard is taken for what the store has",
)
NOT_OLDER: Final = Rule(
    "IRecords.watch",
    "what is told of a record is never older than what was last loaded, written or exchanged here",
    "two servers that change the same record would each keep what the other had before",
)
