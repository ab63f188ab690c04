"""Diagnosis of app passwords that do not work."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts import app_passwords
from helpcenter.diagnosis.findings import Finding, View
from verification import time_format


def app_password(seen: View) -> Iterator[Finding]:
    user, now = seen.user, seen.context.now
    if seen.is_half:
        yield Finding(
            kind="info",
            sees=_("App passwords are shown once you are signed in."),
            does=_("Sign in first."),
            slug="app-password-refused",
        )
        return
    if not seen.decision.rules.app_passwords:
        yield Finding(
            kind="bad",
            sees=_("Your organisation has switched app passwords off."),
            does=_("Ask company support what to use instead."),
            slug="app-passwords",
        )
        return
    if user.securing_since:
        yield Finding(
            kind="warn",
            sees=_("Your app passwords rest while you make your account safe."),
            does=_("Finish that first."),
            to="secure",
            slug="activity",
        )
    mine = list(app_passwords.of_person(user))
    stale = list(app_passwords.stale_of(user, now=now))
    for client in stale:
        sees = _("A program at %(network)s keeps trying a wrong password for %(service)s: %(n)d times.") % {
            "network": client.network,
            "service": client.service.name,
            "n": client.n_failures,
        }
        yield Finding(
            kind="warn",
            sees=sees,
            does=_("Remove the password that it kept, and type an app password."),
            to="app_passwords",
            slug="app-password-refused",
        )
    if not mine:
        yield Finding(
            kind="bad",
            sees=_("You have no app password."),
            does=_("Make one for the program."),
            to="make",
            slug="app-passwords",
        )
    ended = [each for each in mine if each.ends_at and each.ends_at <= now]
    for each in ended:
        yield Finding(
            kind="bad",
            sees=_("“%(name)s” has ended.") % {"name": each.name},
            does=_("Make a new one."),
            to="make",
            slug="app-password-refused",
        )
    for each in mine:
        if each.last_used_at and each.ref not in {one.ref for one in ended}:
            sees = _("“%(name)s” was taken at %(at)s.") % {
                "name": each.name,
                "at": time_format.moment(each.last_used_at),
            }
            yield Finding(kind="good", sees=sees, does=_("That one works."), slug="app-passwords")
    if mine and not stale and not ended:
        does = _(
            "Make sure that you type it in place of your normal password, and that it is for this kind of program."
        )
        yield Finding(
            kind="info",
            sees=_("We see no failed attempt in the last day."),
            does=does,
            to="make",
            slug="app-password-refused",
        )
