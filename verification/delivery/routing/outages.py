"""Tells what is switched off now, as it was read at most a second ago, so that no sign-in pays for it."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import time_format
from verification.db.ttl_cache import TTLCache
from verification.models import Kind, Outage


def _coming() -> tuple[Outage, ...]:
    now = timezone.now()
    return tuple(Outage.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("pk"))


_cache = TTLCache(_coming)
forget = _cache.forget


def _rows(now: datetime) -> list[Outage]:
    """Give the switches that are on now."""
    return [row for row in _cache.read() if row.starts_at <= now and (row.ends_at is None or now < row.ends_at)]


def kinds(now: datetime) -> dict[str, Outage]:
    """Give the switches that turn kinds of messages off now."""
    return {row.kind: row for row in _rows(now) if row.kind}


def of_kind(kind: str, now: datetime) -> Outage | None:
    """Give the switch that turns a kind of message off now; none while it is on."""
    return kinds(now).get(kind) if kind else None


def providers(now: datetime) -> dict[str, Outage]:
    """Give the switches that turn providers off now."""
    return {row.provider: row for row in _rows(now) if row.provider}


def words(outage: Outage, kind: Kind) -> str:
    """Say what is off for people by a switch, until when and why."""
    names = {Kind.TEXT: _("Texts"), Kind.CALL: _("Calls"), Kind.MAIL: _("Emails")}
    what = names[kind]
    if outage.ends_at:
        said = _("%(what)s are switched off until %(at)s.") % {
            "what": what,
            "at": time_format.moment(outage.ends_at),
        }
    else:
        said = _("%(what)s are switched off. We don’t know yet for how long.") % {"what": what}
    return f"{said} {outage.words}".strip()
