"""Finds all declared settings, and environment variables that look like settings but are not read."""

import difflib
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from django.core.exceptions import ImproperlyConfigured

from verification.declaring_settings import SettingsSection, SettingValues

PACKAGES: tuple[str, ...] = ("mfasite", "accounts", "verification", "verification.delivery", "helpcenter")
_PARTS = ("verification.methods", "verification.delivery.providers")
_FILE = "_FILE"
_MIN_SIMILARITY = 0.85  # from 0 to 1; DATABASE_URI and DATABASE_URL have 0.92
_MIN_NAME_LENGTH = 6  # characters; shorter names are similar by chance
# What Kubernetes and Docker set for other services. Source: Kubernetes, "Discovering services".
_OF_SERVICES = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP)(_\w+)?)?$")


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


def unknown(declared: Iterable[SettingsSection], names: Iterable[str]) -> Iterator[str]:
    """Return a sentence for each variable that is probably meant for us but not read.

    A name is meant for us if it has the prefix of a family of ours (`SENDS_`), or is very similar to a declared one.
    """
    declared = tuple(declared)
    settings = {setting.name: setting for section in declared for setting in section.settings}
    families = tuple(family for section in declared for family in section.families)
    known = settings.keys() | {name + _FILE for name, setting in settings.items() if setting.is_secret}
    for name in sorted(names):
        if name in known or _OF_SERVICES.search(name):
            continue
        if name.removesuffix(_FILE) in settings:
            yield f"{name} has no effect: {name.removesuffix(_FILE)} is not a secret. Set it without _FILE."
            continue
        similar = known if len(name) >= _MIN_NAME_LENGTH else ()
        near = difflib.get_close_matches(name, similar, n=1, cutoff=_MIN_SIMILARITY)
        if near and not name.endswith(f"_{near[0]}"):  # CI_REDIS_URL belongs to somebody else
            yield f"{name} has no effect. Did you mean {near[0]}?"
        elif name.startswith(families):
            yield f"{name} has no effect: there is no such setting. `manage.py environment` lists all settings."
