"""The only reader of the environment. Unset or empty means the default; all wrong values are reported together."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured

from mfasite import conf
from verification.declaring_settings import Setting, SettingsSection, Wrong

T = TypeVar("T")

_FILE = "_FILE"
_MAX_VALUE_LENGTH = 60  # characters of a wrong value


class Environment:
    """The values of declared settings in the environment.

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
        """Return whether the environment sets a value, right or wrong."""
        return bool(self._text(setting.name) or (setting.is_secret and self._text(setting.name + _FILE)))

    def read(self, sections: Iterable[SettingsSection]) -> dict[str, Any]:
        """Return every setting of some sections, as Django settings of the same names.

        Errors: ImproperlyConfigured, naming everything that is wrong, contradictory or missing.
        """
        sections = tuple(sections)
        found = {setting.name: self[setting] for section in sections for setting in section.settings}
        broken = [sentence for section in sections for rule in section.rules for sentence in rule(self)]
        required = [setting for section in sections for setting in section.settings if setting.is_required]
        missing = [setting.name for setting in required if not self[setting] and not self.is_set(setting)]
        if missing and not self[conf.demo]:
            broken.append(
                f"Missing required settings: {', '.join(missing)}. Set them as README.md shows under Production. "
                "To run a command on the demo instead, start it with: manage.py --demo"
            )
        self.refuse(*broken)
        return found

    def refuse(self, *more: str) -> None:
        """Raise ImproperlyConfigured if anything read so far was wrong."""
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
            why = error.strerror if isinstance(error, OSError) else "it isn't UTF-8 text"
            raise Wrong(f"{name}{_FILE} can't be read: {why}") from None


def _sentence(setting: Setting[Any], text: str, why: str) -> str:
    """Return a sentence that says what to enter. It never contains a secret's value, or any part of one."""
    shown = "" if setting.is_secret else f"={' '.join(text.split())[:_MAX_VALUE_LENGTH]}"
    unit = f", {setting.unit}" if setting.unit else ""
    return f"{setting.name}{shown}: {why or f'enter {setting.format.expects}{unit}'}."


def value(setting: Setting[T]) -> T:
    """Return one setting, where Django's settings are not available yet.

    Errors: ImproperlyConfigured.
    """
    environment = Environment()
    found = environment[setting]
    environment.refuse()
    return found


def is_set(setting: Setting[Any]) -> bool:
    """Return whether this process's environment sets a value."""
    return Environment().is_set(setting)


def names() -> tuple[str, ...]:
    """Return the names of all environment variables of this process."""
    return tuple(os.environ)


def inherited(*, without: Iterable[Setting[Any]]) -> dict[str, str]:
    """Return this process's environment for a child process, without some settings."""
    left_out = {name for setting in without for name in (setting.name, setting.name + _FILE)}
    return {name: text for name, text in os.environ.items() if name not in left_out}


def load(path: Path) -> None:
    """Set unset variables from a file of NAME=value lines, if the file exists."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, equals, text = line.partition("=")
            if equals and not name.startswith("#"):
                os.environ.setdefault(name.strip(), text.strip())
