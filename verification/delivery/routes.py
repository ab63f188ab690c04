"""Finds providers by name and in the order of use. With the methods' registry, one of the two importers by string."""

from functools import lru_cache
from importlib import import_module
from typing import cast

from verification import conf
from verification.delivery.provider import Provider
from verification.models import Kind


@lru_cache(maxsize=8)
def _load(packages: tuple[str, ...]) -> dict[str, Provider]:
    found = (cast("Provider", import_module(f"{package}.provider").provider) for package in packages)
    return {provider.name: provider for provider in found}


def providers() -> dict[str, Provider]:
    """Give all installed providers by name, in the order of use."""
    return _load(conf.providers())


def route(kind: Kind) -> tuple[Provider, ...]:
    """Give the providers that carry a kind of message, the first one first."""
    return tuple(provider for provider in providers().values() if kind in provider.kinds)
