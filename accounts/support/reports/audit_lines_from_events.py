"""Turns audit events into lines for auditors: one sentence, with details on demand."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.applications import AccessReason
from accounts.applications.audit_events import APPLICATION_ASKED, APPLICATION_REFUSED
from accounts.ldap_directories import PasswordResult
from accounts.ldap_directories.audit_events import DIRECTORY_REFUSED
from accounts.models import Import, SecondStep, User
from accounts.support import groups
from accounts.support.actions import ACTIONS, ActionRefusal
from accounts.support.reports import list_of_reports
from verification import audit, method_registry, time_format
from verification.audit import Severity
from verification.models import AuditEvent
from verification.policies import RULES, SUPPORT_ACTIONS, DecisionReason

_MAX_DETAIL_LENGTH = 160  # characters
_NOTHING = "–"
_DANGLING = re.compile(rf": {_NOTHING}(?=\.)")
_PEOPLE = ("approver", "joined", "left", "joining", "leaving")  # details that are user ids
_ACTOR, _PERSON = "\ue000", "\ue001"  # stand for the two links until the sentence is escaped


@dataclass(frozen=True)
class AuditLine:
    """One event, in words. `sentence` is HTML with links, `text` the same without."""

    event: AuditEvent
    sentence: SafeString
    text: str
    level: Severity
    level_label: str
    person: str
    actor: str
    details: tuple[tuple[str, str], ...]
    is_intact: bool | None


def lines(
    events: Sequence[AuditEvent], *, is_checked: bool = True, among: QuerySet[User] | None = None
) -> list[AuditLine]:
    """Turn events into lines, with one query for the names of all people.

    `among` are the people whose names the reader may see, besides the staff who acted. None means all.
    """
    names = _names(events)
    if among is not None:
        seen = set(among.filter(pk__in=names).values_list("pk", flat=True))
        staff = {key for event in events for key in (event.actor_id, event.detail.get("approver")) if key}
        hidden = names.keys() - seen - staff
        names |= {pk: _("account %(n)d of another desk") % {"n": pk} for pk in hidden}
    return [_line(event, names, is_checked=is_checked) for event in events]


def _names(events: Iterable[AuditEvent]) -> dict[int, str]:
    keys = {key for event in events for key in (event.user_id, event.actor_id, *_people(event)) if key}
    found = User.objects.filter(pk__in=keys).values_list("pk", "name", "username")
    return {pk: name or username for pk, name, username in found}


def _people(event: AuditEvent) -> list[int]:
    values = [event.detail.get(name) for name in _PEOPLE]
    each = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in each if isinstance(one, int)]


def _line(event: AuditEvent, names: Mapping[int, str], *, is_checked: bool) -> AuditLine:
    declaration = audit.find(event.kind)
    said = {name: _written(name, value, names, event.kind) for name, value in event.said.items()}
    template = str(declaration.log) if declaration else _("Unknown event: %(kind)s.")
    values = _Values(said | {"kind": event.kind, "how": _how(event.said)})
    words = template % (values | {"actor": _ACTOR, "person": _PERSON})
    words = _DANGLING.sub("", words).replace(f" {_NOTHING}.", ".").strip() + _added(event, names)
    actor, person = (
        _name(event.actor_id, names, _("The service")),
        _name(event.user_id, names, _("an unknown username")),
    )
    level = declaration.level if declaration else Severity.INFO
    return AuditLine(
        event,
        _linked(words, event, names, actor=actor, person=person),
        words.replace(_ACTOR, actor).replace(_PERSON, person),
        level,
        _level_label(level),
        person if event.user_id else "",
        actor if event.actor_id else "",
        tuple((_label(name), value) for name, value in said.items() if value != _NOTHING),
        audit.is_intact(event) if is_checked else None,
    )


class _Values(dict[str, str]):
    """Values of a sentence. What an event doesn't say, or what was erased, leaves a gap."""

    def __missing__(self, name: str) -> str:
        return "0" if name.startswith("n_") else _("(erased)") if name in audit.PERSONAL else _NOTHING

    def __or__(self, other: Mapping[str, str]) -> "_Values":  # type: ignore[override]  # returns this class
        return _Values({**self, **other})


def _linked(words: str, event: AuditEvent, names: Mapping[int, str], *, actor: str, person: str) -> SafeString:
    def link(key: int | None, name: str) -> str:
        if key not in names:
            return str(conditional_escape(name))
        return format_html('<a href="{}">{}</a>', reverse("admin:accounts_user_change", args=[key]), name)

    whole = str(conditional_escape(words))
    whole = whole.replace(_ACTOR, link(event.actor_id, actor)).replace(_PERSON, link(event.user_id, person))
    return mark_safe(whole)  # noqa: S308  (each part is escaped above)


def _name(key: int | None, names: Mapping[int, str], nobody: str) -> str:
    if key is None:
        return nobody
    return names.get(key) or _("former account %(n)d") % {"n": key}


def _added(event: AuditEvent, names: Mapping[int, str]) -> str:
    """Return what follows the sentence of any event: its ticket and who approved it."""
    ticket, approver = event.detail.get("ticket"), event.detail.get("approver")
    words = [_("Ticket %(ticket)s.") % {"ticket": ticket}] if ticket and ticket != _("none") else []
    words += [_("Approved by %(name)s.") % {"name": _name(approver, names, "")}] if isinstance(approver, int) else []
    return "".join(f" {each}" for each in words)


def _level_label(level: Severity) -> str:
    labels = {Severity.GOOD: _("Success"), Severity.INFO: _("Information"), Severity.WARN: _("Warning")}
    return labels.get(level, _("Serious"))


# Details in words ------------------------------------------------------------------------------------------------


def _how(said: Mapping[str, Any]) -> str:
    """Say how a sign-in passed the second step, or why it wasn't asked."""
    if (why := DecisionReason.read(said.get("why"))) and why.why_skipped:
        return _("The second step was skipped: %(why)s.") % {"why": why.label}
    method = said.get("method")
    return _("Second step: %(method)s.") % {"method": _method(method)} if method else ""


def _method(name: object) -> str:
    return (
        str(method_registry.method(str(name)).label)
        if method_registry.is_installed(str(name))
        else _("a former method")
    )


def _action(name: object) -> str:
    action = ACTIONS.get(str(name))
    return str(action.label if action else dict([groups.CHANGE]).get(str(name), name))


def _of(choices: Iterable[tuple[Any, Any]]) -> Callable[[object], str]:
    labels = dict(choices)
    return lambda value: str(labels.get(value, value))


def _why(kind: str, recorded: str) -> str:
    """Return the words of an event's recorded reason, from its enum."""
    for reasons in _REASONS.get(kind, _OTHER_REASONS):
        if recorded in set(reasons):
            return str(reasons(recorded).label)
    return str(_PLAIN_REASONS.get(recorded, recorded.replace("_", " ").rstrip(".")))


_REASONS: Mapping[str, tuple[type[DecisionReason | ActionRefusal | AccessReason | PasswordResult], ...]] = {
    DIRECTORY_REFUSED.kind: (PasswordResult,),
    APPLICATION_ASKED.kind: (AccessReason,),
    APPLICATION_REFUSED.kind: (AccessReason,),
}
_OTHER_REASONS = (DecisionReason, ActionRefusal)
_PLAIN_REASONS = {
    "alone_not_allowed": gettext_lazy("sign-in without a password isn’t allowed"),
    "left": gettext_lazy("the directory switched the account off"),
    "off": gettext_lazy("the application is switched off"),
}


def _changes(value: object) -> str:
    """Write the old and the new value of each field."""
    if not isinstance(value, Mapping):
        return str(value)
    labels = {rule.name: str(rule.label) for rule in RULES}
    pairs = [(labels.get(name, _label(name)), pair) for name, pair in value.items()]
    return "; ".join(
        f"{label}: {pair[0] or _NOTHING} → {pair[1] or _NOTHING}" if isinstance(pair, list) else f"{label}: {pair}"
        for label, pair in pairs
    )


def _what(value: object) -> str:
    """Name what was exported, imported or removed."""
    if str(value) in list_of_reports.REPORTS:
        return _("the report “%(title)s”") % {"title": list_of_reports.REPORTS[str(value)]}
    files = {
        "record": _("the audit log"),
        "audit": _("the audit log"),
        "messages": _("messages"),
        "people": _("people"),
        "bad-rows": _("rejected rows of an import"),
        "directory-changes": _("the changes of a directory’s run"),
    }
    return files.get(str(value)) or _of(Import.Kind.choices)(value)


def _instant(value: object) -> str:
    try:
        return time_format.short_moment(datetime.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _counts(value: object) -> str:
    return ", ".join(f"{name}: {n}" for name, n in value.items()) if isinstance(value, Mapping) else str(value)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "method": _method,
    "action": _action,
    "actions": SUPPORT_ACTIONS.words,
    "changes": _changes,
    "state": _of(SecondStep.choices),
    "what": _what,
    "starts_at": _instant,
    "ends_at": _instant,
    "purpose": lambda value: str(value).replace("_", " "),
    "rows": _counts,
    "search": lambda value: _counts(value) or _("everything"),
}


def _written(name: str, value: object, names: Mapping[int, str], kind: str) -> str:
    """Write one detail in words."""
    if value in ("", None):
        return _NOTHING
    if name in _PEOPLE:
        keys = value if isinstance(value, list) else [value]
        words = ", ".join(_name(key, names, "") if isinstance(key, int) else str(key) for key in keys) or _("none")
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif name == "why":
        words = _why(kind, str(value))
    elif writer := _WRITERS.get(name):
        words = writer(value)
    elif isinstance(value, list):
        words = ", ".join(map(str, value)) or _("none")
    else:
        words = str(value)
    words = words.replace(_ACTOR, "").replace(_PERSON, "")
    return words if len(words) <= _MAX_DETAIL_LENGTH else f"{words[: _MAX_DETAIL_LENGTH - 1]}…"


def _label(name: str) -> str:
    """Name a detail: its stored name as words."""
    words = name.removeprefix("n_").removeprefix("is_").replace("_", " ")
    return words[:1].upper() + words[1:]
