"""The outages that are in force now, cached for `cache_seconds`."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from verification.db.compiled_queries import BindParam, Select
from verification.db.ttl_cache import TTLCache
from verification.models import Outage


def _coming() -> tuple[Outage, ...]:
    return tuple(_NOT_ENDED.all(now=timezone.now()))


_NOT_ENDED = Select(lambda: Outage.objects.filter(Q(ends_at=None) | Q(ends_at__gt=BindParam("now"))).order_by("pk"))
_cache = TTLCache(_coming)
forget = _cache.forget


def _rows(now: datetime) -> list[Outage]:
    """Return the outages in force. Of several of the same kind or provider, the one that ends last comes last."""
    found = [row for row in _cache.read() if row.starts_at <= now and (row.ends_at is None or now < row.ends_at)]
    return sorted(found, key=lambda row: (row.ends_at is None, row.ends_at or now))


def kinds(now: datetime) -> dict[str, Outage]:
    """Return the outage of each kind of message that is off. Of several, the one that ends last: it counts."""
    return {row.kind: row for row in _rows(now) if row.kind}


def of_kind(kind: str, now: datetime) -> Outage | None:
    """Return the outage of a kind of message, or None."""
    return kinds(now).get(kind) if kind else None


def providers(now: datetime) -> dict[str, Outage]:
    """Return the outage of each provider that is off. Of several, the one that ends last."""
    return {row.provider: row for row in _rows(now) if row.provider}
