"""
Looking at what was published: is it a plugin of its kind, and can it be used here?  What is wrong is said in a
sentence that tells its author what to do.
"""

from __future__ import annotations

from inspect import isclass
from types import ModuleType
from typing import Any

from zope.interface.exceptions import Invalid
from zope.interface.verify import verifyObject

from wand.discovery.dropins import ANYTHING, describe
from wand.discovery.kinds import GROUPS, KINDS
from wand.discovery.published import NAME_MAXIMUM, Published, isName


def faultOf(published: Published, thing: Any) -> str | None:
    """
    What is wrong with a plugin; C{None} if it is as it should be.

    @param thing: what it loads.
    """
    interface = KINDS[published.kind]
    try:
        if not interface.providedBy(thing):
            return _noPlugin(published, thing)
        verifyObject(interface, thing)
        if not (isinstance(thing.name, str) and isinstance(thing.about, str) and thing.name):
            return "its name and its description must be texts"
        if not isName(thing.name):
            return f"its name is not one word of at most {NAME_MAXIMUM} characters that can be shown"
        if thing.name != published.name:
            return f"it is published as {published.name!r}, but calls itself {thing.name!r}: make them the same"
    except Invalid as error:
        return shortcoming(interface, error)
    except ANYTHING as error:
        return f"looking at it failed: {describe(error)}"
    return None


def whyUnusable(plugin: Any) -> str | None:
    """
    Why a good plugin cannot be used here; C{None} if it can.
    """
    try:
        reason = plugin.unusable()
    except ANYTHING as error:
        return f"asking whether it can be used failed: {describe(error)}"
    return None if reason is None else str(reason)


def shortcoming(interface: Any, error: Invalid) -> str:
    """
    Say in one line what an object does not have that claims to provide an interface.
    """
    text = "; ".join(" ".join(line.split()) for line in str(error).strip().splitlines())
    path = f"{interface.__module__}.{interface.__name__}"
    fault = text.partition(f"failed to implement interface {path}:")[2].strip("; ") or text
    return f"it does not provide {interface.__name__}: {fault.replace(f'{path}.', '')}"


def silence(module: ModuleType) -> str | None:
    """
    Why a module publishes nothing that looks as if it should: a class where an object is wanted, or one that does not
    say what it is.  C{None} if there is no sign of that.
    """
    for name, each in vars(module).items():
        if isclass(each) and any(interface.implementedBy(each) for interface in KINDS.values()):
            if not getattr(each, "__module__", "").startswith("wand."):
                return _aClass(name, each)
        elif _looksLikeAPlugin(each) and not isclass(each):
            return _undeclared(each)
    return None


def _noPlugin(published: Published, thing: Any) -> str:
    wanted = KINDS[published.kind].__name__
    if isinstance(thing, ModuleType):
        return _aModule(published.kind, thing)
    if isclass(thing):
        return _aClass(thing.__name__, thing)
    for kind, interface in KINDS.items():
        if interface.providedBy(thing):
            return f"it is a {kind}, not a {published.kind}: publish it in {GROUPS[kind]}"
    if _looksLikeAPlugin(thing):
        return _undeclared(thing, wanted)
    return f"it is no {published.kind}: {type(thing).__name__} does not provide {wanted}"


def _aModule(kind: str, module: ModuleType) -> str:
    held = [name for name, each in vars(module).items() if KINDS[kind].providedBy(each)]
    if held:
        return f"it is a module, not a plugin: publish {module.__name__}:{held[0]}"
    told = silence(module)
    return f"it is a module, not a plugin, and holds no {kind}" + (f": {told}" if told else "")


def _aClass(name: str, each: type) -> str:
    return f"{name} is a class, not an object: make one, as in plugin = {each.__name__}(), and publish that"


def _undeclared(thing: Any, wanted: str = "") -> str:
    declare = f"@implementer({wanted or '...'})"
    return f"its class {type(thing).__name__} does not say what it is: put {declare} before it"


def _looksLikeAPlugin(thing: Any) -> bool:
    return all(hasattr(thing, name) for name in ("name", "about", "unusable", "open"))
