"""Password resets by an emailed link. None skips, weakens or replaces the second step."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import conf, password_changes
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import PasswordReset, User
from accounts.models.people import fold
from verification import audit, limits, notices
from verification.context import Context
from verification.db import batched_writes, row_locks
from verification.db.compiled_queries import Insert
from verification.keys import derived_link_tokens

_MAX_ACCOUNTS_PER_MAILBOX = 20  # accounts that a single request emails
_PURPOSE = "password_reset"
_ADD = Insert(PasswordReset)


def ask(name: str, context: Context, *, path: str) -> None:
    """Email a reset link to everyone with this name or email address, without revealing whether there is anyone.

    Several accounts may share a mailbox: each gets its own email, which names it.
    """
    folded = fold(name)
    if not limits.spend_request("password_reset", name=folded, context=context).is_open:
        return
    named = (
        User.objects.select_related("directory")
        .filter(is_active=True)
        .filter(Q(username=folded) | Q(email__iexact=name.strip()))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)  # anyone who changes the address waits, and then ends the link
    )
    with batched_writes.block():  # together, or the time of the answer would tell that many share a mailbox
        # PostgreSQL treats some letters as the same, such as a dotless i. Each spelling would be limited separately.
        people = [
            person for person in named[:_MAX_ACCOUNTS_PER_MAILBOX] if folded in {person.username, fold(person.email)}
        ]
        for person in people:
            audit.record(audit_events.PASSWORD_RESET_ASKED, user_id=person.pk, context=context)
            if person.email:
                _mail_link(person, context, path=path)
        if not people:
            audit.record(audit_events.PASSWORD_RESET_ASKED, user_id=None, context=context)


def _mail_link(person: User, context: Context, *, path: str) -> None:
    life, account = conf.password_reset_life(), person.get_username()
    if person.directory is not None and not person.has_password_here:
        page = person.directory.password_url
        notices.notify(
            person, "password_change_in_directory", now=context.now, context=context, account=account, page=page
        )
        return
    reset = PasswordReset(user=person, epoch=person.epoch, made_at=context.now, ends_at=context.now + life)
    _ADD.later(reset)
    said = {"account": account, "minutes": str(life // timedelta(minutes=1))}
    link = {"link": reset.handle, "link_purpose": _PURPOSE, "link_path": path}
    notices.notify(person, "password_reset", now=context.now, context=context, until=reset.ends_at, **said, **link)


def _good(context: Context) -> QuerySet[PasswordReset]:
    """Return the requests whose link is valid: unused, not expired, and the newest of their user."""
    newer = PasswordReset.objects.filter(user=OuterRef("user"), pk__gt=OuterRef("pk"))
    return PasswordReset.objects.filter(~Exists(newer), used_at=None, ends_at__gt=context.now)


def open_link(handle: str, token: str, context: Context) -> PasswordReset | None:
    """Return the request that an emailed link belongs to, if the link is still valid."""
    if not derived_link_tokens.is_derived(_PURPOSE, handle, token):
        return None
    reset = _good(context).select_related("user").filter(handle=handle).first()
    return reset if reset and reset.user.is_active and reset.user.epoch == reset.epoch else None


def finish(reset: PasswordReset, password: str, context: Context) -> bool:
    """Use up a link and set the password. Return False if the link is no longer valid. Signs nobody in."""
    if not password_changes.change(
        reset.user, password, context, how="reset", use_link=lambda: _use_up(reset, context)
    ):
        return False
    limits.forget_passwords(reset.user.username)
    return True


def _use_up(reset: PasswordReset, context: Context) -> bool:
    row_locks.lock_person(reset.user.pk)
    # The account may have been blocked or cleared since the link was opened.
    same = _good(context).filter(pk=reset.pk, user__epoch=F("epoch"), user__is_active=True)
    return bool(same.update(used_at=context.now))
