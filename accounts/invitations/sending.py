"""Sends invitations and reminders. Each email has a new link, and only the newest works."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import conf
from accounts.invitations import audit_events
from accounts.invitations.states import NEW, is_new
from accounts.models import Invitation, PasswordReset, User
from verification import audit, notices, policies
from verification.context import Context
from verification.db import row_locks
from verification.models.random_row_handles import new_handle

PURPOSE = "invitation"
PATH = "/invitation/"
_MIN_TIME_BETWEEN_EMAILS = timedelta(minutes=10)  # to the same person
_BATCH = 200  # invitations


def was_sent_recently(person: User, now: datetime) -> bool:
    """Return whether an invitation was emailed to a person a moment ago."""
    return Invitation.objects.filter(user=person, sent_at__gt=now - _MIN_TIME_BETWEEN_EMAILS).exists()


def send(person: User, now: datetime, *, is_reminder: bool = False) -> None:
    """Email a person a new link, which replaces the old one. Call it in the transaction of its cause."""
    ends_at, handle = now + conf.invitation_life(), new_handle()
    values = {"handle": handle, "epoch": person.epoch, "sent_at": now, "ends_at": ends_at, "accepted_at": None}
    if is_reminder:
        Invitation.objects.filter(user=person).update(**values, n_reminders=F("n_reminders") + 1)
    else:
        fresh = {"invited_at": now, "n_reminders": 0}
        Invitation.objects.update_or_create(user=person, defaults=values | fresh)
    said = {
        "account": person.get_username(),
        "ends": ends_at.isoformat(),
        "of_directory": "" if person.has_password_here else "1",
        "is_reminder": "1" if is_reminder else "",
        "link": handle,
        "link_purpose": PURPOSE,
        "link_path": PATH,
    }
    notices.notify(person, "invitation", now=now, context=None, until=ends_at, **said)


def invite_new(people: Iterable[int], now: datetime) -> None:
    """Invite the people a directory or a file has just added or switched on, in its transaction.

    Others have no use for it. A link that they had before ended when they were switched off. Shape: `people` are ids.
    """
    found = User.objects.filter(_can_start(now), pk__in=people).select_related("directory").order_by("pk")
    for person in found:
        send(person, now)
    said = [audit.EventToRecord(audit_events.INVITATION_SENT, person.pk) for person in found]
    audit.record_many(said, context=Context(now=now))


def move(people: Collection[int], now: datetime) -> None:
    """End the links that were emailed to people's former address, in the transaction that locked and changed them.

    The mailbox that got them may be someone else's. Anyone who was invited is invited again, at the new address.
    Shape: `people` are ids.
    """
    PasswordReset.objects.filter(user__in=people, used_at=None, ends_at__gt=now).update(ends_at=now)
    running = Invitation.objects.filter(user__in=people, accepted_at=None, ends_at__gt=now, user__epoch=F("epoch"))
    owners = list(running.values_list("user", flat=True))
    if owners:
        Invitation.objects.filter(user__in=owners, accepted_at=None).update(ends_at=now)
        invite_new(owners, now)


def remind(now: datetime) -> int:
    """Remind people who haven't followed their invitation. Return how many."""
    told = 0
    for pk in list(_due(now).order_by("sent_at").values_list("user", flat=True)[:_BATCH]):
        with transaction.atomic():
            row_locks.lock_person(pk)
            person = User.objects.select_related("directory").filter(pk=pk, invitation__in=_due(now)).first()
            if person is not None and is_new(person):
                send(person, now, is_reminder=True)
                audit.record(audit_events.INVITATION_REMINDED, user_id=pk, context=Context(now=now))
                told += 1
    return told


def _due(now: datetime) -> QuerySet[Invitation]:
    """Return the invitations to remind of. One that ended with a block, or another change of epoch, is not."""
    return Invitation.objects.filter(
        accepted_at=None,
        n_reminders__lt=conf.invitation_reminders(),
        sent_at__lte=now - conf.invitation_reminder_interval(),
        user__epoch=F("epoch"),
        user__in=User.objects.filter(_can_start(now)),
    )


def _can_start(now: datetime) -> Q:
    """Return the condition for people who are new, have an email address, and are neither blocked nor locked."""
    return NEW & ~Q(email="") & policies.can_sign_in(now)
