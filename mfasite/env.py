"""The one reader of the environment: unset or empty means the default, and all wrong values are refused at once."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured

from mfasite import conf
from verification.formats import Wrong
from verification.setting import Section, Setting

T = TypeVar("T")

APPS: tuple[str, ...] = ("mfasite", "accounts", "verification", "helpcenter")
_PARTS = ("verification.methods", "verification.delivery.providers")
_FILE = "_FILE"
_ALIKE = 0.85  # of 1; DATABASE_URI and DATABASE_URL are 0.92 alike
_SHORTEST = 6  # characters; shorter names are alike by chance
# What Kubernetes and Docker set for each service beside ours. Source: Kubernetes, "Discovering services".
_OF_SERVICES = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP)(_\w+)?)?$")
_SHOWN = 60  # characters of a wrong value


class Environment:
    """What the environment says about each declared setting.

    Errors: `refuse` raises ImproperlyConfigured; until then a wrong value counts as its default.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._values: dict[Setting[Any], Any] = {}
        self._wrong: list[str] = []

    def __getitem__(self, setting: Setting[T]) -> T:
        if setting not in self._values:
            self._values[setting] = self._read(setting)
        return cast("T", self._values[setting])

    def is_set(self, setting: Setting[Any]) -> bool:
        """Tell whether the environment gives a value of its own, right or wrong."""
        return bool(self._text(setting.name) or (setting.is_secret and self._text(setting.name + _FILE)))

    def read(self, sections: Iterable[Section]) -> dict[str, Any]:
        """Read every setting of some sections, as Django's settings of the same names.

        Errors: ImproperlyConfigured, naming everything that is wrong, contradicts itself, or is missing.
        """
        sections = tuple(sections)
        found = {setting.name: self[setting] for section in sections for setting in section.settings}
        broken = [sentence for section in sections for rule in section.rules for sentence in rule(self)]
        required = [setting for section in sections for setting in section.settings if setting.is_required]
        missing = [setting.name for setting in required if not self[setting] and not self.is_set(setting)]
        if missing and not self[conf.demo]:
            broken.append(f"Not started, for want of {', '.join(missing)}. See README.md; DEMO=1 needs none.")
        self.refuse(*broken)
        return found

    def refuse(self, *more: str) -> None:
        """Refuse what was wrong in all that was read so far."""
        if self._wrong or more:
            raise ImproperlyConfigured("\n".join((*self._wrong, *more)))

    def _text(self, name: str) -> str:
        return self._variables.get(name, "").strip()

    def _read(self, setting: Setting[T]) -> T:
        try:
            text = self._secret(setting.name) if setting.is_secret else self._text(setting.name)
            if text:
                return setting.format.parse(text)
        except Wrong as wrong:
            self._wrong.append(_sentence(setting, self._text(setting.name), str(wrong)))
        is_demo = setting is not conf.demo and self[conf.demo]
        if is_demo and setting.demo is not None:
            return setting.demo
        return setting.derive(self) if setting.derive else setting.default

    def _secret(self, name: str) -> str:
        text, path = self._text(name), self._text(name + _FILE)
        if text and path:
            raise Wrong(f"set {name} or {name}{_FILE}, not both")
        if not path:
            return text
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise Wrong(f"{name}{_FILE} cannot be read: {why}") from None


def _sentence(setting: Setting[Any], text: str, why: str) -> str:
    """Say what to enter. The value of a secret is never shown, nor a part of it."""
    shown = "" if setting.is_secret else f"={' '.join(text.split())[:_SHOWN]}"
    unit = f", {setting.unit}" if setting.unit else ""
    return f"{setting.name}{shown}: {why or f'enter {setting.format.expects}{unit}'}."


def value(setting: Setting[T]) -> T:
    """Read one setting where Django's settings are not there yet.

    Errors: ImproperlyConfigured.
    """
    environment = Environment()
    found = environment[setting]
    environment.refuse()
    return found


def is_set(setting: Setting[Any]) -> bool:
    """Tell whether the environment of this process gives a setting a value."""
    return Environment().is_set(setting)


def inherited(*, without: Iterable[Setting[Any]]) -> dict[str, str]:
    """Return the environment of this process for a child, without some settings."""
    left_out = {name for setting in without for name in (setting.name, setting.name + _FILE)}
    return {name: text for name, text in os.environ.items() if name not in left_out}


def load(path: Path) -> None:
    """Fill variables which are not set from a file of NAME=value lines, if there is such a file."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, equals, text = line.partition("=")
            if equals and not name.startswith("#"):
                os.environ.setdefault(name.strip(), text.strip())


# --- What is declared ---------------------------------------------------------------------------------------


def sections(packages: Iterable[str]) -> tuple[Section, ...]:
    """Return what packages declare, in the module `conf` of each that has one.

    Errors: ImproperlyConfigured for a package that is not there.
    """
    packages = tuple(packages)
    if absent := [package for package in packages if not _is_there(package)]:
        raise ImproperlyConfigured(f"There is no package {', '.join(absent)}; DELIVERY_PROVIDERS names it.")
    modules = [import_module(f"{package}.conf") for package in packages if _is_there(f"{package}.conf")]
    # By `type`: `isinstance` asks Django's lazy settings for their class, and so would load them.
    found = [thing for module in modules for thing in vars(module).values() if type(thing) is Section]
    return tuple(dict.fromkeys(found))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def ours() -> tuple[str, ...]:
    """Return our apps, and the methods and providers that we ship, whether or not they are installed."""
    parts = [f"{parent}.{part.name}" for parent in _PARTS for part in iter_modules(import_module(parent).__path__)]
    return (*APPS, *sorted(parts))


def senders(environment: Environment, declared: Iterable[Section]) -> tuple[str, ...]:
    """Return every number and name that messages come from."""
    found: list[str] = []
    for setting in (setting for section in declared for setting in section.settings if setting.is_sender):
        said = environment[setting]
        found.extend([said] if isinstance(said, str) else said.values() if isinstance(said, dict) else said)
    return tuple(filter(None, found))


def unknown(declared: Iterable[Section], variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """Find variables that are probably meant for us and that nothing reads, one sentence each.

    A name is meant for us if it begins like a family of ours (`SENDS_`), or is very much like a declared one.
    """
    declared = tuple(declared)
    settings = {setting.name: setting for section in declared for setting in section.settings}
    families = tuple(family for section in declared for family in section.families)
    known = settings.keys() | {name + _FILE for name, setting in settings.items() if setting.is_secret}
    for name in sorted(os.environ if variables is None else variables):
        if name in known or _OF_SERVICES.search(name):
            continue
        if name.removesuffix(_FILE) in settings:
            yield f"{name} is not read: {name.removesuffix(_FILE)} is no secret, so set it itself."
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE) if len(name) >= _SHORTEST else []
        if near and not name.endswith(f"_{near[0]}"):  # CI_REDIS_URL is somebody's own
            yield f"{name} is not read. Did you mean {near[0]}?"
        elif name.startswith(families):
            yield f"{name} is not read: there is no such setting. `manage.py environment` lists them all."
