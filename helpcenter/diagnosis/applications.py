"""Diagnosis of applications: why one doesn't open for a user, and why one asks them to verify again."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access
from accounts.access import AccessReason, AccessStep
from accounts.applications import audit_events
from accounts.models import Application
from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification import audit, strengths, time_format
from verification.audit import UserEvent
from verification.lazy_text import LazyText
from verification.models import AuditEvent

_MAX_EVENT_AGE = timedelta(days=2)
_MAX_EVENTS_READ, _MAX_FINDINGS = 20, 3

_REFUSED: dict[str, tuple[LazyText, LazyText]] = {
    AccessReason.NOT_ALLOWED: (
        gettext_lazy("“%(name)s” is only for some groups, and you aren’t in any of them."),
        gettext_lazy("If you need it for your work, ask %(support)s to add you to one."),
    ),
    AccessReason.NO_METHOD_POSSIBLE: (
        gettext_lazy("You have no method that is strong enough for “%(name)s”, and can’t set one up yourself."),
        gettext_lazy("Contact %(support)s."),
    ),
    AccessReason.TOO_MANY_ROUNDS: (
        gettext_lazy("You verified twice for “%(name)s”, and it wasn’t enough."),
        gettext_lazy("Set up a stronger method, such as a passkey. If that doesn’t help, contact %(support)s."),
    ),
}
_ASKED: dict[str, tuple[LazyText, LazyText]] = {
    AccessReason.TOO_WEAK: (
        gettext_lazy("“%(name)s” needs a stronger method than the one you verified with."),
        gettext_lazy("Sign in with one that is strong enough: %(strength)s."),
    ),
    AccessReason.TOO_OLD: (
        gettext_lazy("“%(name)s” needs a newer verification than the one from your sign-in."),
        gettext_lazy("Verify again when it asks. This is intended."),
    ),
    AccessReason.REMEMBERED: (
        gettext_lazy("“%(name)s” needs the second step, even in a remembered browser."),
        gettext_lazy("Verify when it asks. This is intended."),
    ),
    AccessReason.NO_METHOD: (
        gettext_lazy("“%(name)s” needs a stronger method, and you haven’t set one up."),
        gettext_lazy("Set one up that is strong enough: %(strength)s."),
    ),
}


def cannot_open(seen: DiagnosisInput) -> Iterator[Finding]:
    """Say which applications refused the user lately, and whether they still would."""
    if seen.is_half:
        yield _sign_in_first("application-refused")
        return
    found = list(_lately(seen, audit_events.APPLICATION_REFUSED))
    for application, event in found:
        yield _of_refusal(seen, application, event)
    if not found:
        n = Application.objects.filter(is_active=True).count()
        yield Finding(
            name="not-refused",
            kind="info",
            sees=_("No application refused you in the last %(n)d days.") % {"n": _MAX_EVENT_AGE.days}
            if n
            else _("No application is connected yet."),
            does=_("Open it from your applications. If its tile is missing, the page says why."),
            to="applications",
            slug="application-refused",
        )


def _of_refusal(seen: DiagnosisInput, application: Application, event: AuditEvent) -> Finding:
    name = application.name
    if not application.is_active:
        sees, does = _("“%(name)s” is switched off.") % {"name": name}, _("Nobody can open it now. Try again later.")
        return Finding(name="application-off", kind="warn", sees=sees, does=does, slug="application-refused")
    now = access.of_person(seen.user, application, now=seen.context.now)
    why = now.reason if now.step is AccessStep.REFUSE else str(event.detail.get("why", ""))
    if now.step is not AccessStep.REFUSE and why != AccessReason.TOO_MANY_ROUNDS:
        words = {"name": name, "at": time_format.moment(event.at)}
        return Finding(
            name="no-longer-refused",
            kind="good",
            sees=_("“%(name)s” didn’t open on %(at)s. The reason no longer applies.") % words,
            does=_("Open it again."),
            to="applications",
            slug="application-refused",
        )
    said, advice = _REFUSED.get(why, (_("“%(name)s” didn’t open for you."), _("Contact %(support)s.")))
    about = {"name": name, "support": seen.support}
    to = "add" if why == AccessReason.TOO_MANY_ROUNDS else "applications"
    return Finding(
        name=f"refused-{why}",
        kind="bad",
        sees=str(said) % about,
        does=str(advice) % about,
        to=to,
        slug="application-refused",
    )


def asks_again(seen: DiagnosisInput) -> Iterator[Finding]:
    """Say which applications asked the user to verify lately, and what each needs."""
    if seen.is_half:
        yield _sign_in_first("application-asks-again")
        return
    found = list(_lately(seen, audit_events.APPLICATION_ASKED))
    for application, event in found:
        strength = strengths.named(application.strength)
        about = {"name": application.name, "strength": str(strength.label)}
        unknown = (_("“%(name)s” needed another verification."), _("Verify when it asks."))
        sees, does = _ASKED.get(str(event.detail.get("why", "")), unknown)
        is_missing = event.detail.get("why") == AccessReason.NO_METHOD
        yield Finding(
            name=f"asked-{event.detail.get('why', '')}",
            kind="warn" if is_missing else "info",
            sees=str(sees) % about,
            does=str(does) % about,
            to="add" if is_missing else "",
            slug="application-asks-again",
        )
    if not found:
        yield Finding(
            name="not-asked",
            kind="info",
            sees=_("No application asked you to verify again in the last %(n)d days.") % {"n": _MAX_EVENT_AGE.days},
            does=_("If a page asks you to verify for an application that you didn’t open, close it."),
            slug="application-asks-again",
        )


def _lately(seen: DiagnosisInput, kind: UserEvent) -> Iterator[tuple[Application, AuditEvent]]:
    """Yield the newest event of each of the last applications."""
    events: dict[str, AuditEvent] = {}
    for event in audit.of_person(seen.user.pk, of=(kind,), most=_MAX_EVENTS_READ):
        if seen.context.now - event.at < _MAX_EVENT_AGE:
            events.setdefault(str(event.detail.get("application", "")), event)
    rows = {each.slug: each for each in Application.objects.filter(slug__in=events)}
    for slug, event in list(events.items())[:_MAX_FINDINGS]:
        if slug in rows:
            yield rows[slug], event


def _sign_in_first(slug: str) -> Finding:
    return Finding(
        name="sign-in-first",
        kind="info",
        sees=_("We can check your applications only after you sign in."),
        does=_("Sign in, then open this page again."),
        slug=slug,
    )
