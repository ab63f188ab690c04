"""When an application was last used: written once in some minutes, after the answer was sent."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpResponse

from accounts.models import ApplicationSession
from verification.db.compiled_queries import BindParam, Update

logger = logging.getLogger(__name__)

UPDATE_INTERVAL = timedelta(minutes=5)
_NOTE = Update(
    lambda: (
        ApplicationSession.objects.filter(pk=BindParam("pk"), last_used_at__lte=BindParam("before")),
        {"last_used_at": BindParam("now")},
    )
)


class Noting(HttpResponse):
    """An answer that lets a visitor in. The web server closes it when it is sent, and the use is written then."""

    def __init__(self, opened: ApplicationSession, now: datetime, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self._due = opened.pk if now - opened.last_used_at >= UPDATE_INTERVAL else None
        self._now = now

    def close(self) -> None:
        """Write the use, if none was written within the last minutes. Of many requests at the same time, one writes."""
        if self._due is not None:
            _note_or_log(self._due, self._now)
        super().close()


def _note_or_log(pk: int, now: datetime) -> None:
    """Write it. Nobody waits for an answer any more, so an error is logged."""
    try:
        note(pk, now)
    except DatabaseError:
        logger.exception("The last use of an application's session wasn't written.")


def note(pk: int, now: datetime) -> bool:
    """Write when it was last used, unless somebody has within the last minutes."""
    return bool(_NOTE.run(pk=pk, before=now - UPDATE_INTERVAL, now=now))
