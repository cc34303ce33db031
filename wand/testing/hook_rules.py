"""
The rules that every hook keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

TOLD: Final = Rule(
    "IHookListener.told",
    "it raises nothing, whatever the event: kinds and fields that it does not know are passed over",
    "each version of the program has more kinds of events and fields; a hook that fails at them fills the log",
)
TOLD_LATER: Final = Rule(
    "IHookListener.told",
    "what it does later does not fail",
    "nobody waits for it, so a failure is a line in the log and nothing else",
)
EVENT_KEPT: Final = Rule(
    "IHookListener.told",
    "the event is left as it is",
    "the log, the control socket and other hooks get the same one",
)
KEEPS_NOTHING: Final = Rule(
    "IHookListener.told",
    "events are not kept",
    "a busy network has many thousands in a day: whatever keeps them uses up the memory",
)
ANSWERS: Final = Rule(
    "IHookListener.admit",
    "the answer is True, False or a Verdict, now or by a Deferred",
    "anything else counts as a refusal, 1 and None included: nobody would be admitted, and nobody would know why",
)
NEVER_RAISES: Final = Rule(
    "IHookListener.admit",
    "it raises nothing and does not fail, whatever the candidate says of itself, but with TemporarilyUnavailable",
    "any other error counts as a fault of the hook; the node asks again and again, and its name comes from a stranger",
)
NOT_NOW: Final = Rule(
    "IHookListener.admit",
    "a hook that cannot say now fails with TemporarilyUnavailable, and says why in one line "
    "(undecided() of the test says about whom)",
    "the operator sees that line, and has to know what to mend; the node asks again by itself",
)
DECLARED: Final = Rule(
    "IHookListener",
    "a hook with the method of a question provides the interface of that question",
    "only who provides it is asked: the method would never be called, and nothing would be refused",
)
IN_TIME: Final = Rule(
    "IHookListener.admit",
    "it answers within 5 s",
    "after that the node is refused for now, and asks again",
)
REASON: Final = Rule(
    "Verdict.reason",
    "it is one line of text without control characters, of no more than some 300 characters",
    "the operator of the node that is refused sees it, in a terminal; the name of a candidate is a stranger's (use !r)",
)
ADMITS: Final = Rule(
    "IHookListener.admit",
    "where it should say yes it does (admitted(), addressGiven() and routeAllowed() of the test say where)",
    "all hooks must say yes: one that never does keeps everybody out",
)
REFUSES: Final = Rule(
    "IHookListener.admit",
    "where it should refuse it does (refused(), addressRefused() and routeRefused() of the test say where)",
    "that is what it is there for",
)
SAME_AGAIN: Final = Rule(
    "IHookListener.admit",
    "asked again it answers the same",
    "a node that is not answered in time asks again, and another hook may have failed in between",
)
APART: Final = Rule(
    "IHookListener.admit",
    "several candidates may be asked about at once; each gets its own answer",
    "with answers mixed up a stranger would be admitted in the place of a member",
)
GIVES_UP: Final = Rule(
    "IHookListener.admit",
    "a Deferred that is cancelled is given up without an error and without a yes, and nothing is left of it",
    "after 5 s it is cancelled; whatever goes on then adds up with each try, and nobody gets in by making it late",
)
CLOSE: Final = Rule(
    "IHookListener.close",
    "nothing is left: no timer, descriptor or reader, also while a question is under way; more calls do nothing",
    "hooks are opened again when the configuration is read again",
)
AT_ONCE: Final = Rule(
    "IHookListener",
    "told and admit return at once; what has to wait answers by a Deferred",
    "while one call waits, no frame passes and nobody else is admitted; a busy network has hundreds of events a second",
)
CANDIDATES_KEPT: Final = Rule(
    "IHookListener.admit",
    "candidates are not kept, or only so many",
    "whoever is refused may ask again with another name, as often as it likes",
)
SEPARATE: Final = Rule(
    "IHook.open",
    "what was opened is apart: whatever becomes of one, the others work",
    "when the configuration is read again, the new one may be opened before the old one is closed",
)
NO_LOOP: Final = Rule(
    "IHookListener.told",
    "it does not answer each event with another",
    "it is told of its own, too, and would never end",
)
