"""Long jobs that are rows: a worker takes one by a lease, and another continues it after the first one died.

A job that crashes its worker again and again ends as failed, and so does one with an error in our program. A
database that is down ends no job.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import InterfaceError, OperationalError, models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

_MAX_STARTS = 5  # of one job; without a limit, a job that crashes its worker would be retried forever

logger = logging.getLogger(__name__)


class Taken(Exception):
    """Somebody cancelled the job, or another worker took it over."""


class Leased(models.Model):
    """A job that one worker runs at a time."""

    lease_until = models.DateTimeField(null=True)
    n_starts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


J = TypeVar("J", bound=Leased)


def work(
    under_way: QuerySet[J],
    run: Callable[[J], None],
    fail: Callable[[J, str], None],
    *,
    lease: timedelta,
    now: datetime,
    **started: object,
) -> int:
    """Run what is waiting, or what a worker left unfinished, one after another. Return how many ended.

    `under_way` are all jobs that have not ended, in their order; `fail` ends one with a text for its page;
    `started` is stored in each that is run.
    """
    ended = 0
    for job in under_way.filter(Q(lease_until=None) | Q(lease_until__lt=now)):
        if job.n_starts >= _MAX_STARTS:
            words = _("It stopped %(n)d times before it was finished. Tell your operator.")
            fail(job, words % {"n": job.n_starts})
        elif _of(under_way, job).update(lease_until=timezone.now() + lease, n_starts=F("n_starts") + 1, **started):
            job.refresh_from_db()
            _run_to_an_end(job, run, fail)
        else:
            continue
        ended += 1
    return ended


def hold(under_way: QuerySet[J], job: J, *, lease: timedelta, **values: object) -> None:
    """Store the progress of a job and extend its lease. Errors: `Taken`."""
    values["lease_until"] = timezone.now() + lease
    if not _of(under_way, job).update(**values):
        raise Taken
    for name, value in values.items():
        setattr(job, name, value)


def _of(under_way: QuerySet[J], job: J) -> QuerySet[J]:
    """Return the row of a job, as long as nobody else has taken or ended it."""
    return under_way.filter(pk=job.pk, lease_until=job.lease_until)


def _run_to_an_end(job: J, run: Callable[[J], None], fail: Callable[[J, str], None]) -> None:
    try:
        run(job)
    except Taken:
        return
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("%s %s failed", job._meta.label, job.pk)
        words = _("It stopped because of an error in our program (%(kind)s). Tell your operator.")
        fail(job, words % {"kind": type(error).__name__})
