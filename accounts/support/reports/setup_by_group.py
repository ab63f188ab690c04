"""The report “Setup by group”: how many people of each group registered one method, two, or none."""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import SecondStep, User
from accounts.support.reports.report_table import KeyFigure, Table
from verification import policies

TITLE = gettext_lazy("Setup by group")


def build(now: datetime) -> Table:
    """Registered users have one permanent method, capable users two. Users without a second step are counted apart."""
    people = User.objects.filter(policies.can_sign_in(now))
    counts = {
        "n": Count("pk"),
        "registered": Count("pk", filter=Q(n_methods__gte=1)),
        "capable": Count("pk", filter=Q(n_methods__gte=2)),
        "off": Count("pk", filter=Q(second_step=SecondStep.DISABLED)),
    }
    whole = people.aggregate(**counts)
    names = dict(Group.objects.values_list("pk", "name"))
    groups = people.exclude(groups=None).values(group=F("groups")).annotate(**counts).order_by("group")
    rows = [(_("Everybody"), whole), *((names[row["group"]], row) for row in groups)]
    n, registered, capable = whole["n"], whole["registered"], whole["capable"]
    return Table(
        "registered",
        str(TITLE),
        (
            _("Group"),
            _("People"),
            _("One method or more"),
            _("Two methods or more"),
            _("No method"),
            _("Second step off"),
        ),
        tuple((name, r["n"], r["registered"], r["capable"], r["n"] - r["registered"], r["off"]) for name, r in rows),
        tiles=(
            KeyFigure(_("People"), str(n), _("who can sign in")),
            KeyFigure(_("Two methods or more"), str(capable), _share(capable, n)),
            KeyFigure(_("Only one method"), str(registered - capable), _share(registered - capable, n)),
            KeyFigure(_("No method"), str(n - registered), _share(n - registered, n)),
        ),
        meaning=_(
            "How many people have set up methods now. A person in several groups is counted in each of them. People "
            "with only one method can’t sign in if they lose it: encourage them to add another."
        ),
    )


def _share(n: int, whole: int) -> str:
    """Write a number as a share of a whole."""
    return _("%(percent)d%% of people") % {"percent": round(100 * n / whole)} if whole else ""
