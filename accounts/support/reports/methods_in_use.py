"""The report “Methods in use”: how often each method is set up, and how many people have it."""

from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.support.reports.report_table import KeyFigure, Table
from verification import enrolments, method_registry, policies, strengths

TITLE = gettext_lazy("Methods in use")


def build(now: datetime) -> Table:
    """Build the report."""
    known = {name: str(method.label) for name, method in method_registry.methods().items()}
    found = enrolments.of_many(User.objects.filter(policies.can_sign_in(now)))
    rows = list(found.values("method").annotate(n=Count("pk"), people=Count("user", distinct=True)).order_by("-n"))
    strong = strengths.PHISHING_RESISTANT.methods()
    n_people = found.aggregate(n=Count("user", distinct=True))["n"]
    n_strong = found.filter(method__in=strong).aggregate(n=Count("user", distinct=True))["n"]
    return Table(
        "methods",
        str(TITLE),
        (_("Method"), _("Set up"), _("People")),
        tuple((known.get(row["method"], row["method"]), row["n"], row["people"]) for row in rows),
        tiles=(
            KeyFigure(_("People with a method"), str(n_people), _("of those who can sign in")),
            KeyFigure(_("Safe from phishing"), str(n_strong), _("people have a phishing-resistant method")),
        ),
        meaning=_(
            "Which methods are set up now, and how many people have each. A person can have several. Texts and calls "
            "are the weakest: encourage passkeys and authenticator apps."
        ),
    )
