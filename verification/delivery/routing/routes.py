"""Finds providers by name and in order of use.

One of two modules that import by string; the other is `method_registry`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import cast

from verification import conf, phone_numbers
from verification.delivery.declaring_error_codes import Meaning
from verification.delivery.provider_interface import Provider
from verification.delivery.routing import cache
from verification.models import Channel, Route


@dataclass(frozen=True)
class Hop:
    """One provider of a route, and its sender if it isn't the default."""

    provider: Provider
    sender: str = ""


@lru_cache(maxsize=8)
def _load(packages: tuple[str, ...]) -> dict[str, Provider]:
    found = (cast("Provider", import_module(f"{package}.provider").provider) for package in packages)
    return {provider.name: provider for provider in found}


def providers() -> dict[str, Provider]:
    """Return all installed providers by name, in order of use."""
    return _load(conf.providers())


def meaning(provider: str, code: str) -> Meaning | None:
    """Return the meaning of a provider's code. None if the code is unknown or the provider isn't installed."""
    return getattr(providers().get(provider), "codes", {}).get(code) if code else None


def explained(provider: str, code: str) -> str:
    """Return a code with its meaning, or an empty text. Shape: ` 30003 (the phone is off)`."""
    known = meaning(provider, code)
    return (f" {code} ({known.words})" if known else f" {code}") if code else ""


def able(kind: Channel) -> dict[str, Provider]:
    """Return the installed providers that send a kind of message, by name, in order of use."""
    return {name: provider for name, provider in providers().items() if kind in provider.kinds}


def route(kind: Channel, number: str = "") -> tuple[Hop, ...]:
    """Return the providers for a kind of message to a number, in the order to try them.

    Only the routes of the most exact place count. Without any, these are all providers of the kind, in the order of the
    settings. A route by a provider that isn't installed, or doesn't send the kind, is skipped.
    """
    known = able(kind)
    rows = [row for row in cache.read().routes if row.kind == kind and row.provider in known]
    chosen = _most_exact(rows, number)
    if not chosen:
        return tuple(Hop(provider) for provider in known.values())
    return tuple(Hop(known[row.provider], row.sender) for row in chosen)


def _most_exact(rows: Sequence[Route], number: str) -> list[Route]:
    """Return the rows of one place: the longest prefix, else the country, else everywhere."""
    places = {row.place for row in rows}
    fitting = sorted((p for p in places if p.startswith("+") and number.startswith(p)), key=len, reverse=True)
    if not fitting and any(len(place) == 2 for place in places):
        fitting = [country] if (country := phone_numbers.country(number)) in places and country else []
    place = next(iter(fitting), "")
    return [row for row in rows if row.place == place]
