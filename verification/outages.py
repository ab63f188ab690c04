"""Tells what is switched off now, as it was read at most a second ago, so that no sign-in pays for it."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import conf
from verification.models import Kind, Outage


@dataclass(frozen=True)
class _Held:
    read_at: float
    rows: tuple[Outage, ...]


_lock = threading.Lock()
_held: _Held | None = None


def _rows(now: datetime) -> list[Outage]:
    """Give the switches that are on now."""
    global _held  # noqa: PLW0603  (one a process)
    held = _held
    if held is None or time.monotonic() - held.read_at >= conf.board_seconds():
        with _lock:
            coming = Outage.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("pk")
            held = _held = _Held(time.monotonic(), tuple(coming))
    return [row for row in held.rows if row.starts_at <= now and (row.ends_at is None or now < row.ends_at)]


def forget() -> None:
    """Read them anew next time: something was changed from here."""
    global _held  # noqa: PLW0603
    _held = None


def kinds(now: datetime) -> dict[str, Outage]:
    """Give the switches that turn kinds of messages off now."""
    return {row.kind: row for row in _rows(now) if row.kind}


def of_kind(kind: str, now: datetime) -> Outage | None:
    """Give the switch that turns a kind of message off now; none while it is on."""
    return kinds(now).get(kind) if kind else None


def providers(now: datetime) -> set[str]:
    """Name the providers that are switched off now."""
    return {row.provider for row in _rows(now) if row.provider}


def words(outage: Outage) -> str:
    """Say what is off, until when and why."""
    names = {Kind.TEXT: _("Texts"), Kind.CALL: _("Calls"), Kind.MAIL: _("Mails")}
    what = names[Kind(outage.kind)]
    if outage.ends_at:
        said = _("%(what)s are switched off until %(at)s.") % {
            "what": what,
            "at": f"{timezone.localtime(outage.ends_at):%H:%M, %d.%m.}",
        }
    else:
        said = _("%(what)s are switched off for now.") % {"what": what}
    return f"{said} {outage.words}".strip()
