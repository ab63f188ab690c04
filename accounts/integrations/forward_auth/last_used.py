"""When an application was last used: written once in some minutes, after the answer was sent."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpResponse

from accounts.models import ApplicationSession
from verification.db.compiled_queries import BindParam, Update

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
_NOTE = Update(
    lambda: (
        ApplicationSession.objects.filter(pk=BindParam("pk"), last_used_at__lte=BindParam("before")),
        {"last_used_at": BindParam("now")},
    )
)


def note_after(response: HttpResponse, opened: ApplicationSession, now: datetime) -> None:
    """Write it once the web server has sent the answer. Of many requests at the same time, one writes."""
    if now - opened.last_used_at >= EVERY:
        # Django has no public hook for this; `close` calls these, and the server calls `close` when all is sent.
        response._resource_closers.append(lambda: _note_or_log(opened.pk, now))  # type: ignore[attr-defined]  # noqa: SLF001


def _note_or_log(pk: int, now: datetime) -> None:
    """Write it. Django hides what these functions raise, and nobody waits for an answer any more."""
    try:
        note(pk, now)
    except DatabaseError:
        logger.exception("The last use of an application's session wasn't written.")


def note(pk: int, now: datetime) -> bool:
    """Write when it was last used, unless somebody has within the last minutes."""
    return bool(_NOTE.run(pk=pk, before=now - EVERY, now=now))
