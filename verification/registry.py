"""Finds methods by name from the ordered settings tuple. One of the two importers by string; the other is `routes`."""

from functools import lru_cache
from importlib import import_module
from typing import cast

from verification import conf
from verification.method import Method


@lru_cache(maxsize=8)
def _load(packages: tuple[str, ...]) -> dict[str, Method]:
    found = (cast("Method", import_module(f"{package}.method").method) for package in packages)
    return {method.name: method for method in found}


def methods() -> dict[str, Method]:
    """Give all installed methods by name, in the order of offer."""
    return _load(conf.methods())


def method(name: str) -> Method:
    """Give one method. Errors: `KeyError` when it is not installed."""
    return methods()[name]


def is_installed(name: str) -> bool:
    """Tell whether a method of this name is installed."""
    return name in methods()
