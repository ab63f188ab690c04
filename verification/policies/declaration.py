"""How a rule is declared: its default, its label and its form field, in one place that everything else reads."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import IntegerChoices
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_DECLARED = "rule"


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule that a policy may set. Shape: `name` is that of its column; `read` turns what a row holds into it."""

    name: str = ""
    label: Any
    help_text: Any = ""
    field: Callable[..., forms.Field]
    read: Callable[[Any], Any] = _unchanged

    def formfield(self) -> forms.Field:
        """Make the field of a form; left empty, it leaves the rule to the next policy."""
        return self.field(label=self.label, help_text=self.help_text, required=False)


def rule(*, default: Any, **declared: Any) -> Any:
    """Declare one field of the rules. Shape: `default` is a value, or a function that is called for each."""
    metadata = {_DECLARED: Rule(**declared)}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def declared(rules: Any) -> tuple[Rule, ...]:
    """List the rules that a class of them declares, in their order."""
    return tuple(dataclasses.replace(each.metadata[_DECLARED], name=each.name) for each in dataclasses.fields(rules))


def words(value: Any) -> str:
    """Say the value of a rule as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, IntegerChoices):
        return str(value.label)
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or _("none")
    return str(value)
