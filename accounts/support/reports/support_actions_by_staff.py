"""The report “Support actions”: what each member of staff did for people, and how often."""

from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.support.reports.report_table import DAYS, Table
from verification import audit

TITLE = gettext_lazy("Support actions")


def build(now: datetime) -> Table:
    """Build the report."""
    actions = audit.since(now - timedelta(days=DAYS), prefix="support.")
    found = list(actions.values("actor_id", "kind").annotate(n=Count("pk")).order_by("actor_id", "kind"))
    names = dict(User.objects.filter(pk__in={row["actor_id"] for row in found}).values_list("pk", "username"))
    titles = {event.kind: event.title_for(is_own=False) for event in audit.declared()}
    return Table(
        "staff",
        str(TITLE),
        (_("Member of staff"), _("Action"), _("Times")),
        tuple(
            (names.get(row["actor_id"] or 0, _("a former account")), titles.get(row["kind"], row["kind"]), row["n"])
            for row in found
        ),
        bar=2,
        meaning=_(
            "What each member of staff did for people in the last %(n)d days. Ask about unusual numbers of cleared "
            "settings, passes and bypasses."
        )
        % {"n": DAYS},
    )
