"""Reports for administrators and auditors: who is registered, what is used, what happened. Read-only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit_events
from accounts.models import SecondStep, User
from verification import audit, enrolments, registry, strengths
from verification.audit import events
from verification.policies import DecisionReason

_DAYS = 30  # that the figures look back


@dataclass(frozen=True)
class KeyFigure:
    """One number that matters most, and what it means."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Table:
    """One report. Shape: `columns` are headings, `rows` text, days and numbers; the column `bar` is drawn as a bar.

    `days` draws a chart over time, `kinds` names the kind of audit event that each row counts.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    bar: int = 1
    meaning: str = ""
    tiles: tuple[KeyFigure, ...] = ()
    days: tuple[tuple[date, int], ...] = ()
    kinds: tuple[str, ...] = ()

    def bars(self) -> Iterator[tuple[tuple[object, ...], int]]:
        """Yield each row with the width of its bar in percent."""
        values = [int(row[self.bar]) for row in self.rows if isinstance(row[self.bar], int)]  # type: ignore[call-overload]  # asked before
        most = max(values, default=0) or 1
        for row in self.rows:
            value = row[self.bar]
            yield row, round(100 * value / most) if isinstance(value, int) else 0

    def heads(self) -> list[tuple[str, str]]:
        """Return each column with its class in the page, which aligns numbers at their end."""
        first = self.rows[0] if self.rows else self.columns
        return [
            (column, "number" if isinstance(cell, int) else "")
            for column, cell in zip(self.columns, first, strict=True)
        ]

    def lines(self) -> Iterator[tuple[object, list[tuple[str, str, object]], int, str]]:
        """Yield each row as its heading, its cells with `heads`, the width of its bar and its kind of event."""
        kinds, heads = self.kinds or ("",) * len(self.rows), self.heads()[1:]
        for (row, width), kind in zip(self.bars(), kinds, strict=True):
            yield row[0], [(*head, cell) for head, cell in zip(heads, row[1:], strict=True)], width, kind

    def chart(self) -> Iterator[tuple[date, int, int]]:
        """Yield each day with its number and the height of its bar in percent."""
        most = max((n for _day, n in self.days), default=0) or 1
        for each, n in self.days:
            yield each, n, round(100 * n / most)


REPORTS = {
    "registered": gettext_lazy("Setup by group"),
    "methods": gettext_lazy("Methods in use"),
    "sign-ins": gettext_lazy("Sign-ins by day"),
    "reasons": gettext_lazy("Second steps"),
    "trouble": gettext_lazy("Security events"),
    "staff": gettext_lazy("Support actions"),
}


def build(key: str, *, now: datetime) -> Table:
    """Build a report over the last thirty days, or of the current state. Errors: `KeyError` for an unknown one."""
    return replace(_BUILDERS[key](now), meaning=_meaning(key))


def _meaning(key: str) -> str:
    """Say what a report shows and what to do about it."""
    return {
        "registered": _(
            "How many people have set up methods now. A person in several groups is counted in each of them. People "
            "with only one method can’t sign in if they lose it: encourage them to add another."
        ),
        "methods": _(
            "Which methods are set up now, and how many people have each. A person can have several. Texts and calls "
            "are the weakest: encourage passkeys and authenticator apps."
        ),
        "sign-ins": _(
            "The last 30 days. A sudden rise in incorrect codes or passwords can mean an attack: look at those days in "
            "the audit log."
        ),
        "reasons": _(
            "What people were asked for after their password in the last 30 days, or why nothing was asked. If "
            "exceptions are common, check the policies."
        ),
        "trouble": _(
            "Events of the last 30 days that may need a follow-up. Open one in the audit log to see who it was about."
        ),
        "staff": _(
            "What each member of staff did for people in the last 30 days. Ask about unusual numbers of cleared "
            "settings, passes and bypasses."
        ),
    }[key]


def _share(n: int, whole: int) -> str:
    """Write a number as a share of a whole."""
    return _("%(percent)d%% of people") % {"percent": round(100 * n / whole)} if whole else ""


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
    n, registered, capable = whole["n"], whole["registered"], whole["capable"]
    return Table(
        "registered",
        str(REPORTS["registered"]),
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
    )


def _methods(_now: datetime) -> Table:
    known = {name: str(method.label) for name, method in registry.methods().items()}
    found = enrolments.of_many(User.objects.filter(is_active=True))
    rows = list(found.values("method").annotate(n=Count("pk"), people=Count("user", distinct=True)).order_by("-n"))
    strong = strengths.PHISHING_RESISTANT.methods()
    n_people = found.aggregate(n=Count("user", distinct=True))["n"]
    n_strong = found.filter(method__in=strong).aggregate(n=Count("user", distinct=True))["n"]
    return Table(
        "methods",
        str(REPORTS["methods"]),
        (_("Method"), _("Set up"), _("People")),
        tuple((known.get(row["method"], row["method"]), row["n"], row["people"]) for row in rows),
        tiles=(
            KeyFigure(_("People with a method"), str(n_people), _("of those who can sign in")),
            KeyFigure(_("Safe from phishing"), str(n_strong), _("people have a phishing-resistant method")),
        ),
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
    columns = (_("Day"), _("Signed in"), _("Refused"), _("Incorrect codes"), _("Incorrect passwords"))
    rows = tuple((day, *(counts[event.kind] for event in shown)) for day, counts in sorted(found.items()))
    totals = [sum(counts[event.kind] for counts in found.values()) for event in shown]
    notes = (
        _("in 30 days"),
        _("blocked or locked accounts"),
        _("some are typing errors"),
        _("some are typing errors"),
    )
    today = timezone.localdate(now)
    month = [today - timedelta(days=ago) for ago in reversed(range(_DAYS))]
    return Table(
        "sign-ins",
        str(REPORTS["sign-ins"]),
        columns,
        rows,
        tiles=tuple(KeyFigure(label, str(n), note) for label, n, note in zip(columns[1:], totals, notes, strict=True)),
        days=tuple((day, found.get(day, Counter())[shown[0].kind]) for day in month) if rows else (),
    )


def _reasons(now: datetime) -> Table:
    completed = audit.since(now - timedelta(days=_DAYS), of=(audit_events.SIGN_IN_COMPLETED,))
    rows = completed.values("detail__why", "detail__method").annotate(n=Count("pk")).order_by()
    known = {name: str(method.label) for name, method in registry.methods().items()}
    asked, others = Counter[str](), Counter[str]()
    for row in rows:
        if label := known.get(row["detail__method"] or "", ""):
            asked[label] += row["n"]
        else:
            others[_not_asked(str(row["detail__why"]))] += row["n"]
    return Table(
        "reasons",
        str(REPORTS["reasons"]),
        (_("Second step"), _("Sign-ins")),
        tuple((asked + others).most_common()),
        tiles=(
            KeyFigure(_("Second step asked"), str(asked.total()), _("sign-ins in 30 days")),
            KeyFigure(_("Not asked"), str(others.total()), _("sign-ins in 30 days")),
        ),
    )


def _not_asked(recorded: str) -> str:
    why = DecisionReason.read(recorded)
    return _("Not asked: %(why)s") % {"why": why.label if why else recorded.replace("_", " ")}


def _trouble(now: datetime) -> Table:
    counted = [event for event in audit.user_events() if event.trouble]
    happened = audit.since(now - timedelta(days=_DAYS), of=counted)
    counts = dict(happened.values_list("kind").annotate(n=Count("pk")).order_by("kind"))
    rows = tuple((str(event.trouble), counts.get(event.kind, 0)) for event in counted)
    return Table(
        "trouble",
        str(REPORTS["trouble"]),
        (_("Event"), _("Last 30 days")),
        rows,
        kinds=tuple(event.kind for event in counted),
    )


def _staff(now: datetime) -> Table:
    actions = audit.since(now - timedelta(days=_DAYS), prefix="support.")
    found = list(actions.values("actor_id", "kind").annotate(n=Count("pk")).order_by("actor_id", "kind"))
    names = dict(User.objects.filter(pk__in={row["actor_id"] for row in found}).values_list("pk", "username"))
    titles = {event.kind: event.title_for(is_own=False) for event in audit.declared()}
    return Table(
        "staff",
        str(REPORTS["staff"]),
        (_("Member of staff"), _("Action"), _("Times")),
        tuple(
            (names.get(row["actor_id"] or 0, _("a former account")), titles.get(row["kind"], row["kind"]), row["n"])
            for row in found
        ),
        bar=2,
    )


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
