"""Import rows that assign hardware tokens from the stock to users."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.support.imports import csv_tables
from accounts.support.imports.people_rows import Chunk, Row
from accounts.support.imports.token_rows import assignee, find, users_needing_approval
from verification import hardware_tokens
from verification.context import Context


def apply(
    rows: Sequence[Row], staff: User | None, context: Context, *, is_dry_run: bool, repeated: Collection[int] = ()
) -> Chunk:
    """Assign some tokens, in the chunk's transaction. A token that the user already has is left alone.

    `repeated` are the lines whose token also occurs earlier in the file.
    """
    people = find([fields["user"] for _line, fields in rows])
    waiting = users_needing_approval(people)
    counts, faults = Counter[str](), []
    for line, fields in rows:
        try:
            if line in repeated:
                raise ValueError(_("This serial number appears twice in the file. Remove one of the rows."))
            counts[_one(fields, people, staff, waiting, context, is_dry_run=is_dry_run)] += 1
        except ValueError as fault:
            words = {"serial": fields["serial number"][:64], "words": str(fault)}
            faults.append((line, _("Token %(serial)s: %(words)s") % words))
    return Chunk(counts, faults)


def _one(
    fields: Mapping[str, str],
    people: Mapping[str, list[User]],
    staff: User | None,
    waiting: Collection[int],
    context: Context,
    *,
    is_dry_run: bool,
) -> str:
    """Assign one token and return the result. Errors: `ValueError` with a text for staff."""
    serial = fields["serial number"].upper()
    if csv_tables.ROUNDED.fullmatch(serial):
        raise ValueError(_("A spreadsheet rounded this serial number. Use the original file."))
    user = assignee(fields["user"], people, staff, waiting)
    token = hardware_tokens.named(serial)
    if token is None:
        raise ValueError(_("There is no token with this serial number. Import the manufacturer’s file first."))
    if token.enrolment is not None and token.enrolment.user_id == user.pk:
        return "same"
    if token.enrolment is not None:
        raise ValueError(_("Somebody else has this token. Take it back from them first."))
    if token.retired_at:
        raise ValueError(_("This token is retired. Restore it to the stock first."))
    if token.ends_at and token.ends_at <= context.now:  # one that isn't valid yet may be assigned ahead of time
        raise ValueError(_("The manufacturer’s file says that this token isn’t valid any more."))
    if not token.opens:
        raise ValueError(_("Its secret can’t be read. Import the manufacturer’s file again."))
    if not is_dry_run:
        hardware_tokens.assign(token, user, context, actor_id=staff.pk if staff else None)
    return "new"
