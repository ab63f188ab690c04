"""Finds providers by name and in the order of use. With the methods' registry, one of the two importers by string."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import cast

from verification import conf, phone_numbers
from verification.delivery.error_meanings import Meaning
from verification.delivery.provider import Provider
from verification.delivery.routing import cache
from verification.models import Kind, Route


@dataclass(frozen=True)
class Hop:
    """One provider of a route, and what it is to send from, if not from its usual."""

    provider: Provider
    sender: str = ""


@lru_cache(maxsize=8)
def _load(packages: tuple[str, ...]) -> dict[str, Provider]:
    found = (cast("Provider", import_module(f"{package}.provider").provider) for package in packages)
    return {provider.name: provider for provider in found}


def providers() -> dict[str, Provider]:
    """Give all installed providers by name, in the order of use."""
    return _load(conf.providers())


def meaning(provider: str, code: str) -> Meaning | None:
    """Tell what a code of a provider means; none for one that is not known, or a provider that is not installed."""
    return getattr(providers().get(provider), "codes", {}).get(code) if code else None


def explained(provider: str, code: str) -> str:
    """Write a code with its meaning behind it; empty without a code. Shape: ` 30003 (the phone is off)`."""
    known = meaning(provider, code)
    return (f" {code} ({known.words})" if known else f" {code}") if code else ""


def able(kind: Kind) -> dict[str, Provider]:
    """Give the installed providers that carry a kind of message, by name, in the order of use."""
    return {name: provider for name, provider in providers().items() if kind in provider.kinds}


def route(kind: Kind, number: str = "") -> tuple[Hop, ...]:
    """Give who carries a kind of message to a number, the first one first.

    The routes of the most exact place that fits decide alone; without any, all that carry the kind, in the order of
    the settings. A route by a provider that is not installed, or does not carry the kind, is passed over.
    """
    known = able(kind)
    rows = [row for row in cache.read().routes if row.kind == kind and row.provider in known]
    chosen = _most_exact(rows, number)
    if not chosen:
        return tuple(Hop(provider) for provider in known.values())
    return tuple(Hop(known[row.provider], row.sender) for row in chosen)


def _most_exact(rows: Sequence[Route], number: str) -> list[Route]:
    """Choose the rows of one place: the longest prefix, else the country, else everywhere."""
    places = {row.place for row in rows}
    fitting = sorted((p for p in places if p.startswith("+") and number.startswith(p)), key=len, reverse=True)
    if not fitting and any(len(place) == 2 for place in places):
        fitting = [country] if (country := phone_numbers.country(number)) in places and country else []
    place = next(iter(fitting), "")
    return [row for row in rows if row.place == place]
