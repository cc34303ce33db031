"""
Hooks as a service: code of the operator's, told of every event.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred, succeed
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.config import Configuration
from wand.discovery.catalogue import discover
from wand.discovery.opening import openPlugin
from wand.discovery.wanted import checkSettings, wanted
from wand.errors import TemporarilyUnavailable
from wand.events import Event
from wand.health.failures import Failures
from wand.hooks.approval import HOOK_PATIENCE, verdictFrom
from wand.interfaces import Candidate, Context, IAddressApprover, IHook, IHookListener, IRouteApprover, Verdict


@implementer(IAddressApprover, IRouteApprover)
class SteadyHook:
    """
    Passes every call on to a hook, which may fail.
    """

    def __init__(self, name: str, listener: IHookListener, failures: Failures) -> None:
        self._place = f"hook {name}"
        self._listener = listener
        self._failures = failures

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """
        maybeDeferred(self._listener.told, event).addErrback(self._failed)

    def admit(self, candidate: Candidate) -> Deferred[Verdict]:
        """
        See L{IHookListener}.

        @return: fails with L{TemporarilyUnavailable} if the hook fails, or is told to give up.
        """
        return maybeDeferred(self._listener.admit, candidate).addCallbacks(verdictFrom, self._outage)

    def assignAddress(self, candidate: Candidate, address: str) -> Deferred[Verdict]:
        """
        See L{IAddressApprover}.  A hook that is none has nothing against it.

        @return: see L{admit}.
        """
        if not IAddressApprover.providedBy(self._listener):
            return succeed(Verdict(True))
        asked = maybeDeferred(self._listener.assignAddress, candidate, address)
        return asked.addCallbacks(verdictFrom, self._outage)

    def allowRoute(self, candidate: Candidate, hosts: int) -> Deferred[Verdict]:
        """
        See L{IRouteApprover}.  A hook that is none has nothing against it.

        @return: see L{admit}.
        """
        if not IRouteApprover.providedBy(self._listener):
            return succeed(Verdict(True))
        asked = maybeDeferred(self._listener.allowRoute, candidate, hosts)
        return asked.addCallbacks(verdictFrom, self._outage)

    def close(self) -> None:
        """
        See L{IHookListener}.
        """
        maybeDeferred(self._listener.close).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self._failures.caught(self._place, failure, self._listener)

    def _outage(self, failure: Failure) -> Verdict:
        if failure.check(TemporarilyUnavailable):
            failure.raiseException()
        if failure.check(CancelledError):
            self._failures.silent(self._place, HOOK_PATIENCE, self._listener)
        else:
            self._failed(failure)
        raise TemporarilyUnavailable("a hook that must be asked cannot answer now") from failure.value


class HookService(Service):
    """
    Opens the configured hooks when the program starts: once it runs in the background, without the privileges of the
    start, and before the services that come after this one.

    @ivar listeners: the hooks at work.
    """

    def __init__(self, configuration: Configuration, context: Context) -> None:
        """
        @raise wand.errors.WandError: if there is no such hook, one is named twice, or there are settings for another.
        """
        hooks = discover(IHook, configuration.disabledPlugins)
        self._wanted = wanted(hooks, configuration.hooks)
        checkSettings(hooks, configuration.hooks, configuration.hookSettings, context.notes)
        self._settings = configuration.hookSettings
        self._context = context
        self.listeners: list[IHookListener] = []
        self._unsubscribe: list[Callable[[], None]] = []

    def startService(self) -> None:
        """
        Open the hooks.

        @raise wand.errors.WandError: if one refuses its settings, or cannot be opened.
        """
        super().startService()
        context = self._context
        for name, plugin in self._wanted.items():
            opened = openPlugin("hook", name, plugin, self._settings.get(name, {}), context)
            hook = SteadyHook(name, opened, context.failures)
            self.listeners.append(hook)
            self._unsubscribe.append(context.events.subscribe(hook.told))

    def stopService(self) -> None:
        """
        Close the hooks.
        """
        super().stopService()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for listener in self.listeners:
            listener.close()
        self._unsubscribe.clear()
        self.listeners.clear()
