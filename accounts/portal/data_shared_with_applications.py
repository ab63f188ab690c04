"""What an application knows about a person, and what it was told at each sign-in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import access
from accounts.models import Application, ApplicationSession, OidcSignIn, User
from accounts.sessions import running_sessions
from verification import method_registry, time_format

_MAX_SESSIONS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Received:
    """What an application was told at a sign-in. Shape: `facts` are pairs of a label and a value.

    `is_running` is False as soon as the session here is over, which the application's own row shows later.
    """

    session: ApplicationSession
    is_running: bool
    facts: tuple[tuple[str, str], ...]


def received(user: User, application: Application, *, now: datetime) -> list[Received]:
    """Return the person's last sign-ins to an application, newest first."""
    mine = ApplicationSession.objects.filter(user=user, application=application).order_by("-last_used_at")
    rows = list(mine[:_MAX_SESSIONS_SHOWN])
    running = running_sessions.still_running([row.session_ref for row in rows if not row.ended_at], now)
    return [
        Received(session=row, is_running=not row.ended_at and row.session_ref in running, facts=tuple(_facts(row)))
        for row in rows
    ]


def data(user: User, application: Application) -> list[tuple[str, str]]:
    """Return what an application that a person signed in to knows about them. Shape: a label and the present value."""
    last = ApplicationSession.objects.filter(user=user, application=application).order_by("-last_used_at").first()
    if last is None:
        return []
    shared = {"profile", "email", "groups"}
    if application.kind == Application.Kind.OIDC:
        newest = OidcSignIn.objects.filter(session=last).order_by("-made_at").first()
        shared &= set(newest.scope.split()) if newest else set()
    groups = ", ".join(user.groups.order_by("name").values_list("name", flat=True)) if "groups" in shared else ""
    lines = [
        ("profile", _("Name"), user.get_full_name()),
        ("profile", _("Username"), user.username),
        ("email", _("Email address"), user.email or _("none")),
        ("groups", _("Groups"), groups or _("none")),
    ]
    found = [(label, value) for part, label, value in lines if part in shared]
    return found or [(_("Who you are"), _("only a random name, which stays the same"))]


def _facts(row: ApplicationSession) -> list[tuple[str, str]]:
    return [
        (_("Verified with"), ", ".join(dict.fromkeys(_methods(row.amr))) or _("nothing")),
        (_("Last verified"), time_format.moment(row.auth_time) if row.auth_time else _("not at this sign-in")),
        (
            _("Strength that it was told"),
            access.words_for_strength_told_to_applications.level(row.acr).capitalize() or "–",
        ),
    ]


def _methods(told: Sequence[str]) -> Iterator[str]:
    """Return the labels of what an application was told in `amr`; “mfa” only sums up the others."""
    labels = {"pwd": _("password")} | {each.amr: str(each.amr_label) for each in method_registry.methods().values()}
    yield from (labels.get(each, each) for each in told if each != "mfa")
