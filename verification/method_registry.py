"""The installed methods, by name or by capability, in the order of the setting VERIFICATION_METHODS.

One of the two modules that import by string; the other is `delivery.routing.routes`.
"""

from functools import lru_cache
from importlib import import_module
from typing import TypeVar, cast

from django.conf import settings

from verification.method_base import Method
from verification.method_capabilities import Delivered
from verification.models.messages import Channel

_Capability = TypeVar("_Capability", bound=Method)


@lru_cache(maxsize=8)
def _load(packages: tuple[str, ...]) -> dict[str, Method]:
    found = (cast("Method", import_module(f"{package}.method").method) for package in packages)
    return {method.name: method for method in found}


def packages() -> tuple[str, ...]:
    """Return the packages of the installed methods, in the order in which they are offered."""
    return tuple(getattr(settings, "VERIFICATION_METHODS", ()))


def methods() -> dict[str, Method]:
    """Return all installed methods by name, in the order in which they are offered."""
    return _load(packages())


def method(name: str) -> Method:
    """Return one method. Errors: `KeyError` if it isn't installed."""
    return methods()[name]


def is_installed(name: str) -> bool:
    """Return whether a method of this name is installed."""
    return name in methods()


def having(capability: type[_Capability]) -> tuple[_Capability, ...]:
    """Return the installed methods that have a capability, in the order in which they are offered."""
    return tuple(each for each in methods().values() if isinstance(each, capability))


def names(capability: type[Method]) -> tuple[str, ...]:
    """Return the names of the installed methods that have a capability."""
    return tuple(each.name for each in having(capability))


def has(name: str, capability: type[Method]) -> bool:
    """Return whether a method is installed and has a capability."""
    return isinstance(methods().get(name), capability)


def only(capability: type[_Capability]) -> _Capability | None:
    """Return the one method with a capability of `method_capabilities.SLOTS`, or None if none is installed."""
    return next(iter(having(capability)), None)


def sending(kind: Channel) -> tuple[Delivered, ...]:
    """Return the methods whose challenges are sent as messages of a kind."""
    return tuple(each for each in having(Delivered) if each.kind == kind)
