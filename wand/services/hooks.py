"""
Hooks as a service: code of the operator's, told of every event.
"""

from __future__ import annotations

from twisted.application.service import Service

from wand.config import Configuration
from wand.discovery import discover
from wand.interfaces import Context, IHook, IHookListener


class HookService(Service):
    """
    Opens the configured hooks at once, so that a refused setting stops the start.

    @ivar listeners: the hooks at work.
    """

    def __init__(self, configuration: Configuration, context: Context) -> None:
        hooks = discover(IHook)
        self.listeners: list[IHookListener] = [
            hooks.choose(name).open(configuration.hookSettings.get(name, {}), context) for name in configuration.hooks
        ]
        self._unsubscribe = [context.events.subscribe(listener.told) for listener in self.listeners]

    def stopService(self) -> None:
        """
        Close the hooks.
        """
        super().stopService()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for listener in self.listeners:
            listener.close()
        self.listeners.clear()
