"""How a rule is declared: default, label, form field and words, in one place that everything else reads."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification.lazy_text import LazyText
from verification.policies.form_fields import Marks

_DECLARED = "rule"


@dataclass(frozen=True)
class PolicySection:
    """One part of the form of a policy, with the rules that answer one question."""

    name: str
    title: LazyText


def _unchanged(value: Any) -> Any:
    return value


def plain(value: Any) -> str:
    """Write a value as text; of several, one after another."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One rule that a policy may set.

    Shape: `name` is that of its column; `read` turns what a row has into its value; `words` writes a value beside the
    label; `summary` writes rule and value as one phrase; `unit` stands after the field.
    """

    name: str = ""
    section: PolicySection
    label: LazyText
    help_text: LazyText
    field: Callable[..., forms.Field]
    read: Callable[[Any], Any] = _unchanged
    words: Callable[[Any], str] = plain
    summary: Callable[[Any], str] | None = None
    unit: LazyText = ""

    def formfield(self) -> forms.Field:
        """Make the field of a form; left empty, it leaves the rule to the next policy."""
        return self.field(label=self.label, help_text=self.help_text, required=False)

    def phrase(self, value: Any) -> str:
        """Write the rule with a value, such as “Remember browsers for 7 days”."""
        return self.summary(value) if self.summary else f"{self.label}: {self.words(value)}"


def rule(*, default: Any, **declared: Any) -> Any:
    """Declare one field of the rules. Shape: `default` is a value, or a function that is called for each."""
    metadata = {_DECLARED: PolicyRule(**declared)}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def declared(rules: Any) -> tuple[PolicyRule, ...]:
    """Return the rules that a class of them declares, in their order."""
    return tuple(dataclasses.replace(each.metadata[_DECLARED], name=each.name) for each in dataclasses.fields(rules))


# How values are written ------------------------------------------------------------------------------------------


def days(value: int) -> str:
    """Write a number of days."""
    return ngettext("%(n)d day", "%(n)d days", value) % {"n": value}


def minutes(value: Any) -> str:
    """Write a span in whole minutes."""
    n = int(value.total_seconds() // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}


def one_of(choices: Iterable[tuple[Any, LazyText]]) -> Callable[[Any], str]:
    """Write a value as the label of its choice."""
    labels = dict(choices)
    return lambda value: str(labels.get(value, value))


def either(yes: LazyText, no: LazyText) -> Callable[[bool], str]:
    """Write whether something applies, with a phrase for each answer."""
    return lambda value: str(yes if value else no)


Choices = Callable[[], Iterable[tuple[str, LazyText]]]


class Choosing:
    """Choices of a rule, in the words of the form. Those that only a higher app knows are added when it is loaded."""

    def __init__(self, choices: Choices = tuple, *, none: LazyText) -> None:
        self._choices, self._none = choices, none

    def fill(self, choices: Choices) -> None:
        """Set the choices."""
        self._choices = choices

    def field(self, **about: Any) -> forms.Field:
        """Make a field with a checkbox for each."""
        return Marks(choices=lambda: list(self._choices()), **about)

    def words(self, value: Iterable[str]) -> str:
        """Write the labels of those that are chosen."""
        labels = dict(self._choices())
        return ", ".join(str(labels.get(name, name)) for name in value) or str(self._none)


def everything(value: tuple[str, ...]) -> str:
    """Write names, or that there is no limit."""
    return ", ".join(value) or _("no limit")
