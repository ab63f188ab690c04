"""Creates, lists and revokes app passwords, and says who may create one."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.app_passwords import audit_events, generating, kinds_of_apps, limits
from accounts.models import AppPassword, User
from verification import audit, notices, policies
from verification.context import Context
from verification.db import row_locks
from verification.keys import generated_secrets_and_alphabet
from verification.models import AppPasswordsEnd

DIGEST_PURPOSE = "app_password"


class TooManyAppPasswords(Exception):
    """The user has reached the limit of app passwords."""


class AppPasswordsOff(Exception):
    """The user may not create app passwords now."""


def may_make(user: User) -> bool:
    """Return whether a user may create app passwords: policy allows them and the account is not being secured."""
    return user.securing_since is None and policies.rules_for(user.pk).app_passwords


def issue(
    user: User, context: Context, *, name: str, program: str, network: str = "", ends_at: datetime | None = None
) -> str:
    """Create an app password and return it, in groups. It is shown this once.

    Errors: `AppPasswordsOff` if the user may not create any; `TooManyAppPasswords` at the limit, also for concurrent
    requests.
    """
    if not may_make(user):
        raise AppPasswordsOff
    secret = generating.generate()
    with transaction.atomic():
        # Locks the user's row, so that concurrent requests count one after another, and whatever ended the session of
        # this one comes first.
        same = {"epoch": user.epoch, "grants_epoch": user.grants_epoch}
        unchanged = User.objects.filter(pk=user.pk, securing_since=None, **same)
        if not unchanged.update(grants_epoch=F("grants_epoch")):
            raise AppPasswordsOff
        if of_person(user).count() >= limits.MAX_PER_PERSON:
            raise TooManyAppPasswords
        AppPassword.objects.create(
            user=user,
            name=name,
            program=program,
            digest=generated_secrets_and_alphabet.digest(DIGEST_PURPOSE, secret),
            grants_epoch=user.grants_epoch,
            network=network,
            made_at=context.now,
            ends_at=ends_at,
        )
        audit.record(audit_events.APP_PASSWORD_MADE, user_id=user.pk, context=context, name=name, program=program)
        opens = str(kinds_of_apps.program(program).label)
        notices.notify(user, "app_password_created", now=context.now, context=context, name=name, service=opens)
    return generating.grouped(secret)


def of_person(user: User) -> QuerySet[AppPassword]:
    """Return a user's app passwords, newest first. Those of an older epoch are left out."""
    return AppPassword.objects.filter(user=user, grants_epoch=user.grants_epoch).order_by("-made_at", "-pk")


def revoke(user: User, context: Context, *, ref: str = "") -> int:
    """Delete one app password of a user, or all. The programs are refused at their next request."""
    with transaction.atomic():
        row_locks.lock_person(user.pk)
        rows = AppPassword.objects.filter(user=user)
        gone = list((rows.filter(ref=ref) if ref else rows).values_list("pk", "name"))
        AppPassword.objects.filter(pk__in=[pk for pk, _name in gone]).delete()
        for _pk, name in gone:
            audit.record(audit_events.APP_PASSWORD_DELETED, user_id=user.pk, context=context, name=name)
    return len(gone)


def clear(user: User) -> int:
    """Delete all app passwords of a user, and stop any being created. Call it in the action's transaction."""
    User.objects.filter(pk=user.pk).update(grants_epoch=F("grants_epoch") + 1)
    return AppPassword.objects.filter(user=user).delete()[0]


def end_with(user: User, new: AppPasswordsEnd) -> bool:
    """Return whether policy ends a user's app passwords with this kind of password change."""
    return policies.rules_for(user.pk).app_passwords_end >= new
