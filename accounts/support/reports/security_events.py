"""The report “Security events”: how often each event happened that may need a follow-up."""

from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.support.reports.report_table import DAYS, Table
from verification import audit

TITLE = gettext_lazy("Security events")


def build(now: datetime) -> Table:
    """Build the report."""
    counted = [event for event in audit.user_events() if event.trouble]
    happened = audit.since(now - timedelta(days=DAYS), of=counted)
    counts = dict(happened.values_list("kind").annotate(n=Count("pk")).order_by("kind"))
    rows = tuple((str(event.trouble), counts.get(event.kind, 0)) for event in counted)
    return Table(
        "trouble",
        str(TITLE),
        (_("Event"), _("Last %(n)d days") % {"n": DAYS}),
        rows,
        kinds=tuple(event.kind for event in counted),
        meaning=_(
            "Events of the last %(n)d days that may need a follow-up. Open one in the audit log to see who it was "
            "about."
        )
        % {"n": DAYS},
    )
