"""Import rows that assign hardware tokens from the stock to users."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.support.imports import csv_encoding_and_separators, token_rows
from accounts.support.imports.collecting_row_errors import collect_error
from accounts.support.imports.people_rows import Chunk, Row
from accounts.support.imports.token_rows import about, assignee, find, users_needing_approval
from verification import enrolments, hardware_token_stock
from verification.context import Context
from verification.models import HardwareToken

_TAKEN = gettext_lazy("Somebody else has this token. Take it back from them first.")


def apply(
    rows: Sequence[Row], staff: User | None, context: Context, *, is_dry_run: bool, repeated: Collection[int] = ()
) -> Chunk:
    """Assign some tokens, in the chunk's transaction. A token that the user already has is left alone.

    `repeated` are the lines whose token also occurs earlier in the file.
    """
    people = find(staff, [fields["user"] for _line, fields in rows])
    waiting = users_needing_approval(people)
    counts, faults = Counter[str](), []
    for line, fields in rows:
        errors = list[str]()
        if line in repeated:
            errors.append(_("This serial number appears twice in the file. Remove one of the rows."))
        user = collect_error(errors, assignee, fields["user"], people, staff, waiting)
        token = collect_error(errors, _token, fields["serial number"].upper(), user, context)
        if errors or user is None or token is None:
            faults.append((line, about(fields["serial number"], errors)))
        elif verdict := collect_error(errors, _assign, token, user, context, staff, is_dry_run=is_dry_run):
            counts[verdict] += 1
        else:
            faults.append((line, about(fields["serial number"], errors)))
    return Chunk(counts, faults)


def _assign(token: HardwareToken, user: User, context: Context, staff: User | None, *, is_dry_run: bool) -> str:
    """Assign a token, unless the user has it, and return the result. Errors: `ValueError` with a text for staff."""
    if token.enrolment is not None:
        return "same"
    try:
        enrolments.token_method()
        if not is_dry_run:
            hardware_token_stock.assign(token, user, context, actor_id=staff.pk if staff else None)
    except hardware_token_stock.NotInStock:  # somebody got it a moment ago
        raise ValueError(_TAKEN) from None
    except enrolments.NotInstalled:
        raise ValueError(token_rows.NOT_INSTALLED) from None
    return "new"


def _token(serial: str, user: User | None, context: Context) -> HardwareToken:
    """Return a token that a user has or may get. Errors: `ValueError` with a text for staff."""
    if csv_encoding_and_separators.ROUNDED.fullmatch(serial):
        raise ValueError(_("A spreadsheet rounded this serial number. Use the original file."))
    token = hardware_token_stock.named(serial)
    if token is None:
        raise ValueError(_("There is no token with this serial number. Import the manufacturer’s file first."))
    if token.enrolment is not None:
        if user is not None and token.enrolment.user_id != user.pk:
            raise ValueError(_TAKEN)
        return token
    if token.retired_at:
        raise ValueError(token_rows.RETIRED)
    if token.ends_at and token.ends_at <= context.now:  # one that isn't valid yet may be assigned ahead of time
        raise ValueError(token_rows.ENDED)
    if not token.opens:
        raise ValueError(_("Its secret can’t be read. Import the manufacturer’s file again."))
    return token
