"""Pages that a provider adds to the demo, found in its `urls` module and mounted under its `prefix`."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from verification import conf


@cache
def _prefix(package: str) -> str:
    name = f"{package}.urls"
    return str(import_module(name).prefix) if find_spec(name) else ""


def pages() -> tuple[tuple[str, str], ...]:
    """Return prefix and URL module of each provider that has pages; nothing outside the demo."""
    if not settings.DEMO:
        return ()
    found = ((_prefix(package), f"{package}.urls") for package in conf.providers())
    return tuple((prefix, urls) for prefix, urls in found if prefix)


def phone_url() -> str:
    """Return the path of the first provider's pages, or an empty string."""
    return next((f"/{prefix}" for prefix, _ in pages()), "")
