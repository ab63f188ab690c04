"""Support actions on methods and Temporary Access Passes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import app_passwords
from accounts.models import User
from accounts.support import audit_events
from accounts.support.actions.base import Actor, Result, Unneeded, close, notify, record, unless_nothing
from verification import challenges, enrolments, policies
from verification.models import Purpose
from verification.models.handles import new_handle


def clear_settings(person: User, actor: Actor, *, app_passwords_too: bool = False) -> Result:
    """Remove all methods, so that the next sign-in asks to register again. Sessions and remembered browsers end."""
    with transaction.atomic():
        enrolments.lock_person_and_methods(person)
        notify(person, "settings_cleared", actor)  # first, so that the old phone also gets the notice
        gone = enrolments.clear(person, actor.context)
        n_gone = app_passwords.clear(person) if app_passwords_too else 0
        closed = close(person)
        unless_nothing(_("There is nothing to clear."), gone, n_gone, *closed.values())
        record(audit_events.SUPPORT_SETTINGS_CLEARED, person, actor, methods=gone, n_app_passwords=n_gone, **closed)
    words = ngettext("%(n)d method was removed.", "%(n)d methods were removed.", len(gone)) % {"n": len(gone)}
    return Result(f"{words} {_('The next sign-in asks to register again.')}")


def phone_lost(person: User, actor: Actor) -> Result:
    """Do everything a lost phone requires: remove methods and app passwords, forget browsers, end sessions."""
    with transaction.atomic():
        enrolments.lock_person_and_methods(person)
        notify(person, "phone_lost", actor)
        gone = enrolments.clear(person, actor.context)
        n_gone = app_passwords.clear(person)
        closed = close(person)
        unless_nothing(_("There is nothing left to end."), gone, n_gone, *closed.values())
        record(audit_events.SUPPORT_PHONE_LOST, person, actor, methods=gone, n_app_passwords=n_gone, **closed)
    return Result(
        _("Methods, app passwords, remembered browsers and sign-ins are gone. Issue a pass to let them in again.")
    )


def reset_device(person: User, actor: Actor, *, ref: str) -> Result:
    """Remove one method of a user, and with it other methods with the same number."""
    with transaction.atomic():
        found = enrolments.by_ref(person.pk, ref)
        if found is None:
            raise Unneeded(_("This method is gone already."))
        label = enrolments.label(found)
        enrolments.lock_person_and_methods(person)
        notify(person, "device_reset", actor, label=label)
        gone = enrolments.clear(person, actor.context, only=found)
        record(audit_events.SUPPORT_DEVICE_RESET, person, actor, methods=gone, **close(person))
    return Result(_("%(label)s was removed.") % {"label": label})


def issue_pass(
    person: User, actor: Actor, *, length: int, life: timedelta, once: bool, starts_at: datetime | None = None
) -> Result:
    """Issue a Temporary Access Pass, which is shown once and replaces an older one.

    Units: `life` is 10 minutes to 30 days from the start.
    """
    begins = max(starts_at or actor.context.now, actor.context.now)
    ends = begins + life
    with transaction.atomic():
        secret = enrolments.issue_pass(
            person,
            {"length": length, "once": once},
            actor.context,
            starts_at=begins,
            ends_at=ends,
            actor_id=actor.staff.pk,
        )
        record(
            audit_events.SUPPORT_PASS_ISSUED,
            person,
            actor,
            starts_at=begins.isoformat(),
            ends_at=ends.isoformat(),
            once=once,
        )
        notify(person, "pass_issued", actor)
    return Result(_("The pass is good now.") if begins == actor.context.now else _("The pass begins later."), secret)


def try_message(person: User, actor: Actor, *, ref: str) -> Result:
    """Send a test text or call to a verified number. The case page shows whether it arrived."""
    found = enrolments.by_ref(person.pk, ref)
    if found is None:
        raise Unneeded(_("This method is gone."))
    rules = policies.rules_for(person.pk)
    outcome = challenges.start(
        found, user=person, purpose=Purpose.SELF_TEST, binding=new_handle(), context=actor.context, rules=rules
    )
    label = enrolments.label(found)
    if not outcome.issued:
        raise Unneeded(_("Nothing was sent: too many messages went to this person or number just now."))
    with transaction.atomic():
        record(audit_events.SUPPORT_MESSAGE_TRIED, person, actor, method=found.method, label=label)
    return Result(_("A test message goes to %(label)s. This page shows whether it arrived.") % {"label": label})
