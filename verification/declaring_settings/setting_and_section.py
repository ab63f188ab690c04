"""`Setting` and `SettingsSection`: how a setting is declared."""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from django.conf import settings

from verification.declaring_settings.formats import Format

T = TypeVar("T")


class SettingValues(Protocol):
    """The value of each declared setting as read from the environment, before Django's settings exist."""

    def __getitem__(self, setting: "Setting[T]") -> T: ...


@dataclass(frozen=True, eq=False)
class SettingsSection:
    """A section of the table of settings.

    Shape: `about` is Markdown. `families` are prefixes that only our variables have, so an unknown variable with such a
    prefix is a mistake. Each of `rules` returns the contradictions that it finds, as sentences.
    """

    title: str
    about: str = ""
    families: tuple[str, ...] = ()
    rules: tuple[Callable[[SettingValues], Iterable[str]], ...] = ()
    settings: list["Setting[Any]"] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One variable of the environment, which becomes the Django setting of the same name.

    Shape: `unit` says what a number counts. `demo` is the default in the demo. `derive` computes a default that depends
    on other settings; `default_text` describes it in the table. `is_sender` marks what messages come from. A secret is
    never shown, and can also be given in the file that NAME_FILE names; `is_shared` marks secrets that another system
    has too.
    """

    section: SettingsSection
    name: str
    format: Format[T]
    _: KW_ONLY
    default: T
    meaning: str
    unit: str = ""
    demo: T | None = None
    derive: Callable[[SettingValues], T] | None = None
    default_text: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_shared: bool = False
    is_sender: bool = False

    def __post_init__(self) -> None:
        self.section.settings.append(self)

    def __call__(self) -> T:
        """Return the value now; `override_settings` may have changed it."""
        return cast("T", getattr(settings, self.name, self.default))
