"""Remembered browsers: remember, recognise and forget them. Callers carry the cookie.

Shape of the cookie: up to five tokens with dots between them, because several people may share one browser.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from verification import audit
from verification.audit import verification_audit_events
from verification.context import Context
from verification.db import row_locks
from verification.keys import crypto
from verification.models import Browser
from verification.models.user_protocol import Person

_GRACE = timedelta(seconds=60)  # two requests of one page may carry the old token
_PURPOSE = "browser"
_MAX_PEOPLE = 5  # who use one browser


def remember(user: Person, context: Context, *, days: int, method: str = "") -> str:
    """Remember this browser for some days. Returns the cookie: a new token of 256 bits, before those of others."""
    token, others = secrets.token_urlsafe(32), _tokens(context.browser)
    if others:
        mine = {row.digest for row in Browser.objects.filter(_shows(others), user_id=user.pk)}
        others = [other for other in others if mine.isdisjoint(crypto.digests(_PURPOSE, other))]
        Browser.objects.filter(digest__in=mine).delete()
    Browser.objects.create(
        user_id=user.pk,
        digest=crypto.digest(_PURPOSE, token),
        method=method,
        epoch=user.epoch,
        agent=context.agent,
        network=context.network,
        made_at=context.now,
        rotated_at=context.now,
        ends_at=context.now + timedelta(days=days),
    )
    return ".".join([token, *others][:_MAX_PEOPLE])


def recognise(user: Person, context: Context) -> tuple[bool, str]:
    """Return whether this person asked to be remembered here, and give the cookie that replaces the one shown.

    A token changes at each use; the old one works for a minute. An older one is a copied cookie: the row ends, and
    its owner is told.
    """
    tokens = _tokens(context.browser)
    if not tokens:
        return False, ""
    row = Browser.objects.filter(_shows(tokens), user_id=user.pk, copied_at=None).first()
    if row is None or row.ends_at <= context.now or row.epoch != user.epoch:
        return False, ""
    shown = next((token for token in tokens if row.digest in crypto.digests(_PURPOSE, token)), "")
    if not shown:
        if context.now - row.rotated_at <= _GRACE:
            return True, ""
        _end_copied(row, context)
        return False, ""
    token = secrets.token_urlsafe(32)
    changed = Browser.objects.filter(pk=row.pk, digest=row.digest).update(
        digest=crypto.digest(_PURPOSE, token),
        previous_digest=row.digest,
        rotated_at=context.now,
        network=context.network,
        agent=context.agent,
    )
    return True, ".".join(token if each == shown else each for each in tokens) if changed else ""


def _tokens(cookie: str) -> list[str]:
    return [token for token in cookie.split(".") if token][:_MAX_PEOPLE]


def _shows(tokens: Iterable[str]) -> Q:
    known = [digest for token in tokens for digest in crypto.digests(_PURPOSE, token)]
    return Q(digest__in=known) | Q(previous_digest__in=known)


def _end_copied(row: Browser, context: Context) -> None:
    """End a remembrance whose cookie was copied. The row stays until its owner was told where that was seen."""
    ended = {"copied_at": context.now, "network": context.network, "agent": context.agent}
    with transaction.atomic():
        if Browser.objects.filter(pk=row.pk, copied_at=None).update(**ended):
            audit.record(
                verification_audit_events.BROWSER_COPIED, user_id=row.user_id, context=context, browser=row.ref
            )


def of_person(user: Person, *, now: datetime) -> list[Browser]:
    """Return the browsers that are remembered for a person now, the one used last first."""
    mine = Browser.objects.filter(user_id=user.pk, epoch=user.epoch, ends_at__gt=now, copied_at=None)
    return list(mine.order_by("-rotated_at"))


def of_many(people: QuerySet[Any], *, now: datetime) -> int:
    """Count the browsers that are remembered for many people now."""
    rows = Browser.objects.filter(user__in=people, epoch=F("user__epoch"), ends_at__gt=now, copied_at=None)
    return rows.count()


def is_this(browser: Browser, cookie: str) -> bool:
    """Return whether a remembered browser is the one that shows this cookie."""
    return any(browser.digest in crypto.digests(_PURPOSE, token) for token in _tokens(cookie))


def is_shared(cookie: str) -> bool:
    """Return whether more than one person is remembered by this cookie."""
    return len(_tokens(cookie)) > 1


def forget(user: Person, *, ref: str = "") -> int:
    """Forget one browser of a person, or all of them. Returns how many."""
    rows = Browser.objects.filter(user_id=user.pk)
    with transaction.atomic(savepoint=False):
        return row_locks.in_order(rows.filter(ref=ref) if ref else rows).delete()[0]


def forget_many(people: Collection[int], *, now: datetime) -> Counter[int]:
    """Forget all browsers of many people. Returns how many each had, without those that were over."""
    rows = Browser.objects.filter(user__in=people)
    with transaction.atomic(savepoint=False):
        theirs = list(rows.values_list("user_id", "ends_at", "copied_at"))
        if theirs:
            row_locks.in_order(rows).delete()
    return Counter(pk for pk, ends_at, copied_at in theirs if ends_at > now and copied_at is None)


def forget_own(user: Person, context: Context, *, ref: str = "") -> int:
    """Forget one browser or all, as the person themselves asks. Returns how many; one that isn't theirs is none."""
    with transaction.atomic():
        n_forgotten = forget(user, ref=ref)
        if n_forgotten or not ref:
            audit.record(
                verification_audit_events.BROWSER_FORGOTTEN, user_id=user.pk, context=context, n_browsers=n_forgotten
            )
    return n_forgotten
