"""
Tests for L{wand.logs.repeats}: a flood of one message is summed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from types import ModuleType

import pytest
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.events import Event
from wand.logs.line import HAPPENED
from wand.logs.repeats import (
    KINDS_MAXIMUM,
    MESSAGE_BURST,
    SOURCE_BURST,
    SOURCE_RATE,
    SUMMARY_INTERVAL,
    Repeats,
    sourceOf,
    speaker,
)
from wand.logs.standard import StandardMessages


def message(text: str, format: str = "{text}", level: str = "warn", **more: object) -> LogEvent:
    """
    A message of the log.
    """
    named = {"log_namespace": "wand.here", "log_level": LogLevel.lookupByName(level), "log_format": format}
    return {**named, "text": text, **more}


class RepeatsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[str | None] = []
        self.repeats = Repeats(self.clock, lambda event: self.told.append(formatEvent(event)))

    def test_interface(self) -> None:
        """
        It takes what Twisted's loggers say.
        """
        verifyObject(ILogObserver, self.repeats)

    def test_aFloodIsSummed(self) -> None:
        """
        Of a thousand messages of one kind the first are told, and the others soon in one line with the last of them.
        """
        for number in range(1000):
            self.repeats(message(f"m{number}"))
        self.assertEqual(len(self.told), MESSAGE_BURST)
        self.clock.advance(SUMMARY_INTERVAL)
        self.assertEqual(self.told[int(MESSAGE_BURST) :], ["repeated 940 times, the last: m999"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_othersAreTold(self) -> None:
        """
        A flood hides no message of another kind, nor the last words of a program.
        """
        for _ in range(1000):
            self.repeats(message("flood"))
        self.repeats(message("other", "something else: {text}"))
        self.repeats(message("flood", level="critical"))
        self.assertEqual(self.told[-2:], ["something else: other", "flood"])

    def test_betweenTwoSteps(self) -> None:
        """
        Whoever logs while it looks at a message, since an object is collected at that moment, waits for nobody.
        """

        class Talkative(Clock):
            def seconds(self) -> float:
                if not said:
                    said.append(True)
                    repeats(message("in between"))
                return super().seconds()

        said: list[bool] = []
        repeats = Repeats(Talkative(), lambda event: self.told.append(formatEvent(event)))
        thread = Thread(target=repeats, args=[message("first")], daemon=True)
        thread.start()
        thread.join(60)
        self.assertEqual(self.told, ["in between", "first"])

    def test_tracebacks(self) -> None:
        """
        Whoever finds what a part of the program fails at floods the log with no tracebacks, although each is critical.
        """
        for _ in range(1000):
            self.repeats({**message("flood", level="critical"), "log_failure": Failure(ValueError())})
        self.assertEqual(len(self.told), MESSAGE_BURST)

    def test_ourOwn(self) -> None:
        """
        What our programs say of the whole process is no plugin's, so its last words are told in a flood, too.
        """
        for _ in range(1000):
            self.repeats({**message("flood"), "log_namespace": "wand"})
        self.repeats({**message("it ends", level="critical"), "log_namespace": "wand"})
        self.assertEqual(sourceOf({"log_namespace": "wand"}), "")
        self.assertEqual(self.told[-1], "it ends")

    def test_aLongFlood(self) -> None:
        """
        A flood that does not end fills no disk.
        """
        for _ in range(1000):
            for _ in range(20):
                self.repeats(message("flood"))
            self.clock.advance(1)
        self.assertLessEqual(len(self.told), MESSAGE_BURST + 1000 + 1000 / SUMMARY_INTERVAL)

    def test_theEnd(self) -> None:
        """
        What was not told when the program ends is summed then.
        """
        for _ in range(100):
            self.repeats(message("flood"))
        self.repeats.summarize()
        self.assertEqual(self.told[-1], "repeated 40 times, the last: flood")

    def test_kindsWithoutEnd(self) -> None:
        """
        Whoever makes up kinds takes no memory.
        """
        for number in range(3 * KINDS_MAXIMUM):
            for _ in range(int(MESSAGE_BURST) + 1):
                self.repeats(message("x", f"{{text}} {number}"))
        self.assertLessEqual(len(self.repeats._untold), KINDS_MAXIMUM)

    def test_eventsAreCountedElsewhere(self) -> None:
        """
        Events of all kinds have one form: who logs them sees to each kind by itself.
        """
        for _ in range(100):
            self.repeats(message("x", **{HAPPENED: Event("goodbye", 0.0, {})}))
        self.assertEqual(len(self.told), 100)

    def test_aPluginThatSaysEverythingInItsOwnWords(self) -> None:
        """
        Of a plugin whose messages are all of a kind of their own some hundred are told, and the others summed; what
        other plugins and the program say is told.
        """
        loud, other = "wand.plugins.hook.loud", "wand.plugins.hook.other"
        for number in range(1000):
            self.repeats(message("", f"frame {number}", log_namespace=loud))
        self.assertEqual(len(self.told), SOURCE_BURST)
        self.repeats(message("here", log_namespace=other))
        self.repeats(message("here"))
        self.assertEqual(self.told[-2:], ["here", "here"])
        self.clock.advance(SUMMARY_INTERVAL)
        self.assertEqual(self.told[-1], f"700 more lines of {loud}, the last: frame 999")

    def test_aPluginThatNeverStops(self) -> None:
        """
        It fills no disk, and forgets no other kind of message.
        """
        for second in range(100):
            for number in range(200):
                self.repeats(message("", f"{second} {number}", log_namespace="acme.hook"))
            self.clock.advance(1)
        self.assertLessEqual(len(self.told), SOURCE_BURST + 100 * SOURCE_RATE + 100 / SUMMARY_INTERVAL)

    def test_aPluginHasNoLastWord(self) -> None:
        """
        What a plugin says is limited, however important it finds it.
        """
        for _ in range(1000):
            self.repeats(message("flood", level="critical", log_namespace="wand.plugins.hook.loud"))
        self.assertEqual(len(self.told), MESSAGE_BURST)
        self.clock.advance(SUMMARY_INTERVAL)
        self.assertEqual(self.told[-1], "940 more lines of wand.plugins.hook.loud, the last: flood")

    def test_aPluginThatCallsItselfUs(self) -> None:
        """
        Whatever a plugin calls its loggers, and however many it has, what its code says is limited together; its events
        and its last words are no exception.
        """
        repeats = Repeats(self.clock, lambda event: self.told.append(formatEvent(event)), speaker=lambda: "acme")
        for number in range(400):
            more = {HAPPENED: Event("goodbye", 0.0, {})} if number % 2 else {}
            repeats(message("", f"{number}", "critical", log_namespace=f"wand.part{number}", **more))
        self.assertEqual(len(self.told), SOURCE_BURST)
        self.clock.advance(SUMMARY_INTERVAL)
        self.assertEqual(self.told[-1], "100 more lines of acme, the last: 399")


#: What the code of another package says, by the way in which it does.
SAYING = """
def byItsLogger(logger, python):
    logger.info("x")

def byLogging(logger, python):
    python.warning("x")
"""


@pytest.mark.parametrize("way", ["byItsLogger", "byLogging"])
@pytest.mark.parametrize(
    ("module", "package"),
    [
        *(("acme.hooks", "acme"), ("logging_acme", "logging_acme"), ("twisted.plugins.acme", "twisted.plugins.acme")),
        *(("wand.node", ""), ("twisted.web", "")),
    ],
)
def test_speaker(way: str, module: str, package: str) -> None:
    """
    The package that says something is told by its code, not by the name of its logger.
    """
    code, clock, told = ModuleType(module), Clock(), list[str | None]()
    exec(SAYING, vars(code))
    say: Callable[..., None] = getattr(code, way)
    python = logging.Logger("wand.node")
    python.addHandler(StandardMessages())
    repeats = Repeats(clock, lambda event: told.append(formatEvent(event)), speaker=speaker)
    globalLogPublisher.addObserver(repeats)
    try:
        for _ in range(100):
            say(Logger("wand.node"), python)
    finally:
        globalLogPublisher.removeObserver(repeats)
    clock.advance(SUMMARY_INTERVAL)
    assert told[-1] == (f"40 more lines of {package}, the last: x" if package else "repeated 40 times, the last: x")


def test_sources() -> None:
    """
    A source is a plugin, a package, or what is printed; our own parts are none.
    """
    names = {
        "wand.plugins.hook.loud.more": "wand.plugins.hook.loud",
        "twisted.plugins.acme_dropin": "twisted.plugins.acme_dropin",
        "twisted.web.server": "twisted",
        "acme.hooks.audit": "acme",
        "stdout": "stdout",
        "wand.sealed.node": "",
    }
    assert {name: sourceOf({"log_namespace": name}) for name in names} == names
