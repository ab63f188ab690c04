"""The report “Second steps”: the method that each sign-in was asked for, or why nothing was asked."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.support.reports.report_table import DAYS, KeyFigure, Table
from verification import audit, method_registry
from verification.policies import DecisionReason

TITLE = gettext_lazy("Second steps")


def build(now: datetime) -> Table:
    """Build the report."""
    completed = audit.since(now - timedelta(days=DAYS), of=(audit_events.SIGN_IN_COMPLETED,))
    rows = completed.values("detail__why", "detail__method").annotate(n=Count("pk")).order_by()
    known = {name: str(method.label) for name, method in method_registry.methods().items()}
    asked, others = Counter[str](), Counter[str]()
    for row in rows:
        if label := known.get(row["detail__method"] or "", ""):
            asked[label] += row["n"]
        else:
            others[_not_asked(str(row["detail__why"]))] += row["n"]
    in_days = _("sign-ins in %(n)d days") % {"n": DAYS}
    return Table(
        "reasons",
        str(TITLE),
        (_("Second step"), _("Sign-ins")),
        tuple((asked + others).most_common()),
        tiles=(
            KeyFigure(_("Second step asked"), str(asked.total()), in_days),
            KeyFigure(_("Not asked"), str(others.total()), in_days),
        ),
        meaning=_(
            "What people were asked for after their password in the last %(n)d days, or why nothing was asked. If "
            "exceptions are common, check the policies."
        )
        % {"n": DAYS},
    )


def _not_asked(recorded: str) -> str:
    why = DecisionReason.read(recorded)
    return _("Not asked: %(why)s") % {"why": why.label if why else recorded.replace("_", " ")}
