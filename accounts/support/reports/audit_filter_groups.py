"""The kinds of events in groups, as the filter of the audit log offers them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from verification import audit
from verification.audit import Event, Severity
from verification.lazy_text import LazyText


@dataclass(frozen=True)
class KindGroup:
    """Kinds of events that answer one question. Shape: `name` has a hyphen, which no subject of events has."""

    name: str
    label: LazyText
    subjects: tuple[str, ...]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return its kinds of events with their titles, by title."""
        found = [(e.kind, e.title_for(is_own=False)) for e in audit.declared() if e.subject in self.subjects]
        return sorted(found, key=lambda pair: pair[1])


GROUPS = (
    KindGroup("sign-ins", _("Sign-ins and sessions"), ("sign_in", "session", "sessions", "registration")),
    KindGroup("second-step", _("Codes and calls"), ("challenge", "second_step", "message")),
    KindGroup("all-methods", _("Methods"), ("enrolment", "method", "token", "sealed_value")),
    KindGroup("all-passwords", _("Passwords"), ("password", "password_reset")),
    KindGroup("app-passwords", _("App passwords and services"), ("app_password", "service")),
    KindGroup(
        "all-applications", _("Applications"), ("application", "oidc", "proxy", "protected_address", "signing_key")
    ),
    KindGroup("all-directories", _("Directories"), ("directory", "scim")),
    KindGroup("remembered-browsers", _("Remembered browsers"), ("browser",)),
    KindGroup("support-desk", _("Support actions"), ("support",)),
    KindGroup("all-accounts", _("Accounts"), ("account", "invitation", "person")),
    KindGroup("groups-and-policies", _("Groups and policies"), ("group", "policy", "scope", "strength")),
    KindGroup("imports-and-exports", _("Imports and exports"), ("people", "import", "export")),
    KindGroup("delivery-and-costs", _("Delivery and costs"), ("route", "outage", "guard", "range", "spend", "number")),
    KindGroup("old-records", _("Old records"), ("records",)),
    KindGroup("help-centre", _("Help articles"), ("article", "feedback", "miss", "contact")),
)

LEVELS = (("attention", _("Warnings and serious")), ("serious", _("Serious only")))
_LEVELS = {"attention": {Severity.WARN, Severity.BAD}, "serious": {Severity.BAD}}


def _meant(name: str) -> Iterator[Event]:
    """Yield the events that a filter means: a group, a subject, or one kind."""
    group = next((group for group in GROUPS if group.name == name), None)
    for event in audit.declared():
        if event.subject in group.subjects if group else name in {event.subject, event.kind}:
            yield event


def kinds(name: str, level: str = "") -> list[str] | None:
    """Return the stored kinds that a filter means; None if it leaves out nothing.

    A kind that nobody declares any more can still be named in full.
    """
    if not name and level not in _LEVELS:
        return None
    found = list(_meant(name) if name else audit.declared())
    if level in _LEVELS:
        return [event.kind for event in found if event.level in _LEVELS[level]]
    return [event.kind for event in found] or ([name] if "." in name else [])


def label(name: str) -> str:
    """Return what a filter is called; the name itself if nothing else is known of it."""
    if group := next((group for group in GROUPS if group.name == name), None):
        return str(group.label)
    return next((event.title_for(is_own=False) for event in _meant(name) if event.kind == name), name)
