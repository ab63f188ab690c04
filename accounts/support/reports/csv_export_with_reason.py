"""Exports as a file: after a recent verification, with a reason, and audited."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from accounts import admin_changes, request_context
from accounts.admin_changes import ReasonPage
from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import administration_audit_events
from accounts.support.reports import audit_search, csv_without_formulas
from verification import audit

_NAMING = frozenset({"q", "person", "actor", "file"})  # search fields that may name people
_NUMBER = re.compile(r"\d(?:[\s()/.-]*\d){5,}")


def _kept(field: str, text: str, staff: User) -> str:
    """Return what the audit log keeps of a search: users by id, and no text that somebody typed.

    Otherwise staff of a desk could read there whether someone of another desk has this username.
    """
    if field not in _NAMING:
        return _NUMBER.sub(_("(a number)"), text)
    found = audit_search.known(text, staff)
    return _("number %(n)d") % {"n": found.pk} if found is not None else _("(words)")


def give(
    request: AuthedRequest,
    name: str,
    rows: Callable[[], Iterable[Sequence[object]]],
    *,
    title: str,
    search: Mapping[str, str],
    back: str,
    here: str,
) -> HttpResponseBase:
    """Ask for a reason, then return the rows as a file, once for each form.

    Shape: `search` is the filter. Anything in it that may name a user is left out of the audit log, because that is
    kept when the user is erased.
    """
    shown = [f"{field}: {_NUMBER.sub(_('(a number)'), text)}" for field, text in search.items()]
    kept = {field: _kept(field, text, request.user) for field, text in search.items()}
    lines = (
        _("You get a CSV file with the rows that match %(filter)s.") % {"filter": ", ".join(shown)}
        if shown
        else _("You get a CSV file with all rows."),
        _("The audit log records that you exported it, when and why."),
    )

    def run(reason: str) -> HttpResponseBase:
        about = {"what": name, "search": kept, "reason": reason}
        audit.record(
            administration_audit_events.EXPORT_MADE,
            user_id=None,
            context=request_context.read(request),
            actor_id=request.user.pk,
            **about,
        )
        answer = StreamingHttpResponse(csv_without_formulas.lines(rows()), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer

    asked = ReasonPage(title=title, button=_("Export"), back=back, here=here, lines=lines)
    return admin_changes.with_reason(request, asked, run)
