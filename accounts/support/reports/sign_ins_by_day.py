"""The report “Sign-ins by day”: sign-ins, refusals, and incorrect codes and passwords of each day."""

from collections import Counter
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.support.reports.report_table import DAYS, KeyFigure, Table
from verification import audit
from verification.audit import verification_audit_events

TITLE = gettext_lazy("Sign-ins by day")


def build(now: datetime) -> Table:
    """Build the report."""
    shown = (
        audit_events.SIGN_IN_COMPLETED,
        audit_events.SIGN_IN_DENIED,
        verification_audit_events.CHALLENGE_FAILED,
        audit_events.PASSWORD_REFUSED,
    )
    happened = audit.since(now - timedelta(days=DAYS), of=shown)
    found: dict[date, Counter[str]] = {}
    for row in happened.annotate(day=TruncDate("at")).values("day", "kind").annotate(n=Count("pk")).order_by("day"):
        found.setdefault(row["day"], Counter())[row["kind"]] = row["n"]
    columns = (_("Day"), _("Signed in"), _("Refused"), _("Incorrect codes"), _("Incorrect passwords"))
    rows = tuple((day, *(counts[event.kind] for event in shown)) for day, counts in sorted(found.items()))
    totals = [sum(counts[event.kind] for counts in found.values()) for event in shown]
    notes = (
        _("in %(n)d days") % {"n": DAYS},
        _("blocked or locked accounts"),
        _("some are typing errors"),
        _("some are typing errors"),
    )
    today = timezone.localdate(now)
    month = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    return Table(
        "sign-ins",
        str(TITLE),
        columns,
        rows,
        tiles=tuple(KeyFigure(label, str(n), note) for label, n, note in zip(columns[1:], totals, notes, strict=True)),
        days=tuple((day, found.get(day, Counter())[shown[0].kind]) for day in month) if rows else (),
        meaning=_(
            "The last %(n)d days. A sudden rise in incorrect codes or passwords can mean an attack: look at those days "
            "in the audit log."
        )
        % {"n": DAYS},
    )
