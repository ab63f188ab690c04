"""Reports for administrators and auditors: who is registered, what is used, what happened. Read-only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit_events
from accounts.models import SecondStep, User
from verification import audit, enrolments, registry, time_format
from verification.audit import events

_DAYS = 30


@dataclass(frozen=True)
class Table:
    """One report. Shape: `columns` are headings, `rows` text and numbers; the column `bar` is drawn as a bar."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    bar: int = 1

    def bars(self) -> Iterator[tuple[tuple[object, ...], int]]:
        """Yield each row with the width of its bar in percent."""
        values = [int(row[self.bar]) for row in self.rows if isinstance(row[self.bar], int)]  # type: ignore[call-overload]  # asked before
        most = max(values, default=0) or 1
        for row in self.rows:
            value = row[self.bar]
            yield row, round(100 * value / most) if isinstance(value, int) else 0


REPORTS = {
    "registered": gettext_lazy("Registered, by group"),
    "methods": gettext_lazy("Methods in use"),
    "sign-ins": gettext_lazy("Sign-ins by day"),
    "reasons": gettext_lazy("Sign-ins by what was asked"),
    "trouble": gettext_lazy("Fraud, blocks, passes, bypasses"),
    "staff": gettext_lazy("Actions of the support desk"),
}


def build(key: str, *, now: datetime) -> Table:
    """Build a report over the last thirty days, or of the current state. Errors: `KeyError` for an unknown one."""
    return _BUILDERS[key](now)


def _registered(_now: datetime) -> Table:
    """Registered users have one permanent method, capable users two. Users without a second step are counted apart."""
    people = User.objects.filter(is_active=True)
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
    return Table(
        "registered",
        str(REPORTS["registered"]),
        (_("Group"), _("People"), _("One way or more"), _("Two ways or more"), _("None yet"), _("Switched off")),
        tuple((name, r["n"], r["registered"], r["capable"], r["n"] - r["registered"], r["off"]) for name, r in rows),
    )


def _methods(_now: datetime) -> Table:
    known = {name: str(method.label) for name, method in registry.methods().items()}
    found = enrolments.of_many(User.objects.filter(is_active=True)).values("method")
    rows = found.annotate(n=Count("pk"), people=Count("user", distinct=True)).order_by("-n")
    return Table(
        "methods",
        str(REPORTS["methods"]),
        (_("Method"), _("Set up"), _("People")),
        tuple((known.get(row["method"], row["method"]), row["n"], row["people"]) for row in rows),
    )


def _sign_ins(now: datetime) -> Table:
    shown = (
        audit_events.SIGN_IN_COMPLETED,
        audit_events.SIGN_IN_DENIED,
        events.CHALLENGE_FAILED,
        audit_events.PASSWORD_REFUSED,
    )
    happened = audit.since(now - timedelta(days=_DAYS), of=shown)
    found: dict[date, Counter[str]] = {}
    for row in happened.annotate(day=TruncDate("at")).values("day", "kind").annotate(n=Count("pk")).order_by("day"):
        found.setdefault(row["day"], Counter())[row["kind"]] = row["n"]
    columns = (_("Day"), _("Signed in"), _("Refused"), _("Wrong codes"), _("Wrong passwords"))
    days = sorted(found.items(), key=lambda pair: pair[0])
    rows = tuple((time_format.short_day(day), *(counts[event.kind] for event in shown)) for day, counts in days)
    return Table("sign-ins", str(REPORTS["sign-ins"]), columns, rows)


def _reasons(now: datetime) -> Table:
    completed = audit.since(now - timedelta(days=_DAYS), of=(audit_events.SIGN_IN_COMPLETED,))
    rows = completed.values("detail__why", "detail__method").annotate(n=Count("pk")).order_by("-n")
    known = {name: str(method.label) for name, method in registry.methods().items()}
    columns = (_("Asked, or why not"), _("Sign-ins"))
    named = ((known.get(row["detail__method"] or "", ""), str(row["detail__why"]), row["n"]) for row in rows)
    lines = tuple((label or why.replace("_", " "), n) for label, why, n in named)
    return Table("reasons", str(REPORTS["reasons"]), columns, lines)


def _trouble(now: datetime) -> Table:
    counted = [event for event in audit.user_events() if event.trouble]
    happened = audit.since(now - timedelta(days=_DAYS), of=counted)
    counts = dict(happened.values_list("kind").annotate(n=Count("pk")).order_by("kind"))
    rows = tuple((str(event.trouble), counts.get(event.kind, 0)) for event in counted)
    return Table("trouble", str(REPORTS["trouble"]), (_("What"), _("In thirty days")), rows)


def _staff(now: datetime) -> Table:
    actions = audit.since(now - timedelta(days=_DAYS), prefix="support.")
    found = list(actions.values("actor_id", "kind").annotate(n=Count("pk")).order_by("actor_id", "kind"))
    names = dict(User.objects.filter(pk__in={row["actor_id"] for row in found}).values_list("pk", "username"))
    rows = tuple(
        (
            names.get(row["actor_id"] or 0, _("somebody who left")),
            row["n"],
            row["kind"].partition(".")[2].replace("_", " "),
        )
        for row in found
    )
    return Table("staff", str(REPORTS["staff"]), (_("Who"), _("How often"), _("What")), rows)


_BUILDERS = {
    "registered": _registered,
    "methods": _methods,
    "sign-ins": _sign_ins,
    "reasons": _reasons,
    "trouble": _trouble,
    "staff": _staff,
}


def as_lines(table: Table) -> Iterator[Sequence[object]]:
    """Yield a report as the lines of a CSV file."""
    yield table.columns
    yield from table.rows
