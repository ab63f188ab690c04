"""Finds all declared settings, in the `conf` modules of apps, methods and providers."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from django.core.exceptions import ImproperlyConfigured

from verification.declaring_settings import SettingsSection, SettingValues

PACKAGES: tuple[str, ...] = ("mfasite", "accounts", "verification", "verification.delivery", "helpcenter")
_PARTS = ("verification.methods", "verification.delivery.providers")


def sections(packages: Iterable[str]) -> tuple[SettingsSection, ...]:
    """Return the settings that packages declare in their `conf` modules, if they have one.

    Errors: ImproperlyConfigured for a package that does not exist.
    """
    packages = tuple(packages)
    if absent := [package for package in packages if not _is_there(package)]:
        raise ImproperlyConfigured(f"DELIVERY_PROVIDERS names a package that doesn't exist: {', '.join(absent)}.")
    modules = [import_module(f"{package}.conf") for package in packages if _is_there(f"{package}.conf")]
    # `type` because `isinstance` asks Django's lazy settings for their class, and would load them.
    found = [thing for module in modules for thing in vars(module).values() if type(thing) is SettingsSection]
    return tuple(dict.fromkeys(found))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a parent package
        return False


def ours() -> tuple[str, ...]:
    """Return our apps and all methods and providers that we ship, installed or not."""
    parts = [f"{parent}.{part.name}" for parent in _PARTS for part in iter_modules(import_module(parent).__path__)]
    return (*PACKAGES, *sorted(parts))


def senders(values: SettingValues, declared: Iterable[SettingsSection]) -> tuple[str, ...]:
    """Return all numbers and names that messages come from."""
    found: list[str] = []
    for setting in (setting for section in declared for setting in section.settings if setting.is_sender):
        said = values[setting]
        found.extend([said] if isinstance(said, str) else said.values() if isinstance(said, dict) else said)
    return tuple(filter(None, found))
