"""Every URL of the site, read from its URL table, with real values for the parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.every_page.urls_open_to_everyone import DEMO, OPEN

STEPS = "signin:"  # between password and second step

_ODD = {"(?P<app_label>": "accounts/", "(?P<url>": "no-such-page/"}


@dataclass(frozen=True)
class Address:
    """A URL: its name with namespaces, and a real path."""

    name: str
    path: str

    @property
    def is_open(self) -> bool:
        return self.name in OPEN or self.name.startswith(DEMO)

    @property
    def is_step(self) -> bool:
        return self.name.startswith(STEPS) and self.name != "signin:reauthenticate"

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")


def every(values: Mapping[str, str]) -> list[Address]:
    """Return all URLs, with the given values for their parameters."""
    return list(_walk(get_resolver(), "/", (), values))


def _walk(table: URLResolver, prefix: str, spaces: tuple[str, ...], values: Mapping[str, str]) -> Iterator[Address]:
    for entry in table.url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, prefix + str(entry.pattern), inside, values)
        elif isinstance(entry, URLPattern):
            yield Address(":".join([*spaces, entry.name or ""]), prefix + _fill(str(entry.pattern), values))


def _fill(pattern: str, values: Mapping[str, str]) -> str:
    if pattern.startswith(("^", "(")):
        known = next((path for odd, path in _ODD.items() if odd in pattern), None)
        assert known is not None, f"add an example path for {pattern!r} to _ODD"
        return known
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: values[place[1]], pattern)
