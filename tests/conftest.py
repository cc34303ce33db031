"""
What holds for every test.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.event_kinds import EVENTS
from wand.events import Events, Value


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """
    What takes a second on an idle machine may take several beside other tests: whoever waits is patient.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wand.lab.commands.STRETCH", 5.0)
        patch.setattr("wand.testing.contract.Contract.timeLimit", 60.0)
        yield


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """
    One process more than there are processors runs tests: a third of their time they wait for programs.
    """
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture(autouse=True)
def noRouter(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No simulated node asks the router of the host that runs the tests.
    """
    monkeypatch.setattr("wand.programs.candidate_sources.DEFAULT", ("interfaces",))


@pytest.fixture(autouse=True)
def declaredEvents(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Every event that the sources publish has the fields that are declared for its kind.
    """
    publish = Events.publish

    def checked(events: Events, kind: str, **fields: Value) -> None:
        declared = EVENTS.get(kind)
        if declared is not None and sys._getframe(1).f_globals["__name__"].startswith("wand."):
            missing, unknown = declared.fields - declared.optional - set(fields), set(fields) - declared.fields
            assert not missing, f"an event {kind} has no {missing}"
            assert not unknown, f"no event {kind} has {unknown}: see wand.event_kinds"
        publish(events, kind, **fields)

    monkeypatch.setattr(Events, "publish", checked)


@implementer(ILogObserver)
class LoggedFailures:
    """
    The failures that were logged during a test.
    """

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure") or event.get("failure")  # log.err() is legacy and sets the second
        if failure is not None:
            self.failures.append(failure)

    def flush(self, *kinds: type[BaseException]) -> list[Failure]:
        """
        Take out the failures of some kinds: the test expects them.
        """
        flushed = [failure for failure in self.failures if failure.check(*kinds)]
        self.failures = [failure for failure in self.failures if failure not in flushed]
        return flushed


@pytest.fixture(autouse=True)
def loggedFailures(request: pytest.FixtureRequest) -> Iterator[LoggedFailures]:
    """
    Fail a test that leaves a failure in the log, or a Deferred with a failure that nobody handled.  Test cases of trial
    see to that themselves, and have C{flushLoggedErrors}.
    """
    logged = LoggedFailures()
    if isinstance(request.instance, SynchronousTestCase):
        yield logged
        return
    globalLogPublisher.addObserver(logged)
    try:
        yield logged
        gc.collect()  # a Deferred speaks of its failure when it is collected
        gc.freeze()  # what is alive now is not looked through again: it halves the time of the whole suite
    finally:
        globalLogPublisher.removeObserver(logged)
    assert not logged.failures, f"failures were logged: {logged.failures}"
