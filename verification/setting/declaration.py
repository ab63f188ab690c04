"""Declared settings: each has one name, format, default and meaning, and is read at call time."""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from django.conf import settings

from verification.setting.formats import Format

T = TypeVar("T")


class Values(Protocol):
    """What the environment says about each declared setting, before Django's settings exist."""

    def __getitem__(self, setting: "Setting[T]") -> T: ...


@dataclass(frozen=True, eq=False)
class Section:
    """Settings that belong together in the table of settings.

    Shape: `about` is Markdown. `families` are beginnings of names that only we use, so an unknown variable which
    begins like this is a mistake. Each of `rules` finds what contradicts itself, in sentences.
    """

    title: str
    about: str = ""
    families: tuple[str, ...] = ()
    rules: tuple[Callable[[Values], Iterable[str]], ...] = ()
    settings: list["Setting[Any]"] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One variable of the environment, which becomes the Django setting of the same name.

    Shape: `unit` says what a number counts. `demo` is the default in the demo. `derive` gives the default where it
    follows from other settings; `default_text` says so in the table. `is_sender` marks what messages come from.
    A secret is never shown, and may also be given by the file that NAME_FILE names; `is_shared` marks the secrets
    which another system has too.
    """

    section: Section
    name: str
    format: Format[T]
    _: KW_ONLY
    default: T
    meaning: str
    unit: str = ""
    demo: T | None = None
    derive: Callable[[Values], T] | None = None
    default_text: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_shared: bool = False
    is_sender: bool = False

    def __post_init__(self) -> None:
        self.section.settings.append(self)

    def __call__(self) -> T:
        """Read the setting now: `override_settings` and tests may have changed it."""
        return cast("T", getattr(settings, self.name, self.default))
