"""Diagnosis of app passwords that do not work."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import app_passwords
from accounts.models import StaleClient
from helpcenter.diagnosis.diagnosis_input import DiagnosisInput
from helpcenter.diagnosis.findings_and_buttons import Finding
from verification import time_format


def app_password(seen: DiagnosisInput) -> Iterator[Finding]:
    user, now = seen.user, seen.context.now
    obstacle = _obstacle(seen)
    if obstacle is not None:
        yield obstacle
        return
    if user.securing_since:
        yield Finding(
            name="app-passwords-suspended",
            kind="warn",
            sees=_("Your app passwords are suspended until you finish securing your account."),
            does=_("Finish the remaining steps."),
            to="secure",
            slug="activity",
        )
    mine = list(app_passwords.of_person(user))
    stale = list(app_passwords.stale_of(user, now=now))
    yield from (_of_program(client) for client in stale)
    if not mine:
        yield Finding(
            name="no-app-passwords",
            kind="bad",
            sees=_("You have no app passwords."),
            does=_("Create one for the app."),
            to="make",
            slug="app-passwords",
        )
    expired = [each for each in mine if each.ends_at and each.ends_at <= now]
    for each in expired:
        sees = _("“%(name)s” has expired.") % {"name": each.name}
        yield Finding(
            name="app-password-expired",
            kind="bad",
            sees=sees,
            does=_("Create a new one."),
            to="make",
            slug="app-password-refused",
        )
    for each in mine:
        if each.last_used_at and each not in expired:
            words = {"name": each.name, "at": time_format.moment(each.last_used_at)}
            sees = _("“%(name)s” was last used on %(at)s.") % words
            does = _("This app password works.")
            yield Finding(name="app-password-used", kind="good", sees=sees, does=does, slug="app-passwords")
    if mine and not stale and not expired:
        yield Finding(
            name="app-password-not-refused",
            kind="info",
            sees=_("There were no failed attempts in the last day."),
            does=_("Enter the app password instead of your normal password, in the kind of app that it’s for."),
            to="make",
            slug="app-password-refused",
        )


def _obstacle(seen: DiagnosisInput) -> Finding | None:
    """Return what keeps us from looking at app passwords; None if nothing does."""
    if seen.is_half:
        return Finding(
            name="sign-in-first",
            kind="info",
            sees=_("We can show your app passwords only after you sign in."),
            does=_("Sign in, then open this page again."),
            slug="app-password-refused",
        )
    if not seen.decision.rules.app_passwords:
        return Finding(
            name="app-passwords-off",
            kind="bad",
            sees=_("Your organisation has turned off app passwords."),
            does=_("Ask %(support)s what to use instead.") % {"support": seen.support},
            slug="app-passwords",
        )
    return None


def _of_program(client: StaleClient) -> Finding:
    words = {"network": client.network, "service": client.service.name, "n": client.n_failures}
    sees = ngettext(
        "An app at %(network)s used an incorrect password for %(service)s %(n)d time.",
        "An app at %(network)s used an incorrect password for %(service)s %(n)d times.",
        client.n_failures,
    )
    return Finding(
        name="app-password-refused",
        kind="warn",
        sees=sees % words,
        does=_("Delete the saved password in that app, then enter an app password."),
        to="app_passwords",
        slug="app-password-refused",
    )
