"""The form of a policy: a field for each declared rule, in sections, with what counts where a rule is inherited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from accounts.admin_changes import ChangeForm
from accounts.models import User
from accounts.support import groups
from accounts.support.actions import ACTIONS
from verification import policies
from verification.lazy_text import LazyText
from verification.models import Policy
from verification.policies import RULES, PolicySection, RuleSource
from verification.strengths import AuthenticationStrength

OWN_FIELDS = ("group", "rank")


def _actions() -> list[tuple[str, LazyText]]:
    """Return the support actions that can wait for a second person. Only this app knows them."""
    return [*((a.name, a.label) for a in ACTIONS.values() if a.can_wait), groups.CHANGE]


policies.SUPPORT_ACTIONS.fill(_actions)

_RuleFields = type("_RuleFields", (forms.Form,), {rule.name: rule.formfield() for rule in RULES})


@dataclass(frozen=True)
class RuleRow:
    """One rule on the form. `note` says what counts while it is inherited, `unit` stands after the field."""

    field: forms.BoundField
    note: str
    unit: str
    is_set: bool


@dataclass(frozen=True)
class FormSection:
    """One section of the form."""

    name: str
    title: str
    rows: Sequence[RuleRow]


class PolicyForm(_RuleFields, ChangeForm):  # type: ignore[misc, valid-type]  # a class made of what is declared
    """A policy. Each rule can be inherited."""

    class Meta:
        model = Policy
        fields = (*OWN_FIELDS, *(rule.name for rule in RULES))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inherited = policies.inherited(self.instance)
        if "group" in self.fields:
            group = cast("forms.ModelChoiceField[Group]", self.fields["group"])
            group.empty_label = _("Everybody")
        for name, source in self.inherited.items():
            field = self.fields.get(name)
            if isinstance(field, forms.TypedChoiceField):
                _former, *others = cast("Iterable[tuple[str, LazyText]]", field.choices)
                field.choices = [("", _inherit(source)), *others]

    def clean(self) -> dict[str, Any] | None:
        """Refuse rules that contradict each other, beside the field to correct."""
        cleaned = super().clean()
        draft = Policy(pk=self.instance.pk, group=self.cleaned_data.get("group"))
        for rule in RULES:
            setattr(draft, rule.name, self.cleaned_data.get(rule.name))
        if not self.errors:
            for name, words in policies.contradictions(draft).items():
                self.add_error(name, words)
        return cleaned

    def sections(self) -> Iterator[FormSection]:
        """Yield the rules of the form in their sections."""
        for section, rules in groupby(RULES, key=_section):
            yield FormSection(section.name, str(section.title), [self._row(rule) for rule in rules])

    def _row(self, rule: policies.PolicyRule) -> RuleRow:
        field, source = self[rule.name], self.inherited[rule.name]
        is_choice = isinstance(field.field, forms.TypedChoiceField)
        note = "" if is_choice else _("Leave this empty to inherit: %(value)s") % {"value": value_and_source(source)}
        if isinstance(field.field, forms.MultipleChoiceField):
            note = _("Select nothing to inherit: %(value)s") % {"value": value_and_source(source)}
        is_set = getattr(self.instance, rule.name) is not None
        return RuleRow(field, note, str(rule.unit), is_set)


def _section(rule: policies.PolicyRule) -> PolicySection:
    return rule.section


def _inherit(source: RuleSource) -> str:
    return _("Inherit (currently %(value)s)") % {"value": value_and_source(source)}


def value_and_source(source: RuleSource) -> str:
    """Write an inherited value and where it comes from. Above a group there is only the policy for everybody."""
    words = _("%(value)s, from the policy for everybody") if source.whose else _("%(value)s, the built-in default")
    return words % {"value": source.words}


def summary(policy: Policy) -> list[str]:
    """Return the rules that a policy sets, as phrases, in the order of the form."""
    values = ((rule, getattr(policy, rule.name)) for rule in RULES)
    return [rule.phrase(rule.read(value)) for rule, value in values if value is not None]


def read_only(policy: Policy) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all rules in their sections, as label and words, for those who may only look."""
    above = policies.inherited(policy)

    def words(rule: policies.PolicyRule) -> str:
        value = getattr(policy, rule.name)
        return _inherit(above[rule.name]) if value is None else rule.words(rule.read(value))

    return [
        (str(section.title), [(str(rule.label), words(rule)) for rule in rules])
        for section, rules in groupby(RULES, key=_section)
    ]


def locks_out(staff: User, changed: Policy) -> bool:
    """Return whether somebody who saves this policy could no longer get into the admin."""
    return _is_out(staff, [*_others(changed), changed])


def locks_out_without(staff: User, deleted: Policy) -> bool:
    """Return whether somebody who deletes this policy could no longer get into the admin."""
    return _is_out(staff, _others(deleted))


def locks_out_with(staff: User, changed: AuthenticationStrength) -> bool:
    """Return whether somebody who saves this strength could no longer get into the admin."""
    rules = policies.rules_for(staff.pk)
    is_theirs = changed.slug in {rules.strength, rules.staff_strength}
    return is_theirs and _is_out(staff, list(Policy.objects.all()), changed=changed)


def _others(policy: Policy) -> list[Policy]:
    return list(Policy.objects.exclude(pk=policy.pk))


def _is_out(staff: User, after: Sequence[Policy], *, changed: AuthenticationStrength | None = None) -> bool:
    groups = set(staff.groups.values_list("pk", flat=True)) | {None}
    mine = policies.ranked(policy for policy in after if policy.group_id in groups)
    rules = policies.for_staff(policies.merge(mine, changed=changed), changed=changed)
    return not any(name in rules.methods for name in _proven(staff))


def _proven(staff: User) -> Sequence[str]:
    return list(staff.enrolments.filter(confirmed=True).values_list("method", flat=True))
