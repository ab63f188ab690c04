"""Remembers, recognises and forgets browsers. How the token travels in a cookie is the entrance's matter."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from verification import audit, crypto
from verification.facts import Facts
from verification.models import Browser

_GRACE = timedelta(seconds=60)  # two requests of one page may carry the former token
_PURPOSE = "browser"


class Person(Protocol):
    """What a browser is bound to."""

    pk: int
    epoch: int


def remember(user: Person, facts: Facts, *, days: int, method: str = "") -> str:
    """Remember this browser for some days. Returns the raw token for the cookie: 256 bits, base64url."""
    token = secrets.token_urlsafe(32)
    Browser.objects.create(
        user_id=user.pk,
        digest=crypto.digest(_PURPOSE, token),
        method=method,
        epoch=user.epoch,
        agent=facts.agent,
        network=facts.network,
        made_at=facts.now,
        rotated_at=facts.now,
        ends_at=facts.now + timedelta(days=days),
    )
    return token


def recognise(user: Person, facts: Facts) -> tuple[bool, str]:
    """Tell whether this person asked to be remembered here, and give the token that replaces the one shown.

    The token changes at each use; the former one is good for a minute. An older one is a copied cookie: the row ends.
    """
    if not facts.browser:
        return False, ""
    known = crypto.digests(_PURPOSE, facts.browser)
    row = Browser.objects.filter(Q(digest__in=known) | Q(previous_digest__in=known), user_id=user.pk).first()
    if row is None or row.ends_at <= facts.now or row.epoch != user.epoch:
        return False, ""
    if row.digest not in known:
        if facts.now - row.rotated_at <= _GRACE:
            return True, ""
        audit.record("browser.copied", user_id=user.pk, facts=facts, browser=row.ref)
        row.delete()
        return False, ""
    token = secrets.token_urlsafe(32)
    changed = Browser.objects.filter(pk=row.pk, digest=row.digest).update(
        digest=crypto.digest(_PURPOSE, token),
        previous_digest=row.digest,
        rotated_at=facts.now,
        network=facts.network,
        agent=facts.agent,
    )
    return True, token if changed else ""


def of_person(user: Person, *, now: datetime) -> list[Browser]:
    """List the browsers that are remembered for a person now, the one used last first."""
    mine = Browser.objects.filter(user_id=user.pk, epoch=user.epoch, ends_at__gt=now)
    return list(mine.order_by("-rotated_at"))


def of_many(people: QuerySet[Any], *, now: datetime) -> int:
    """Count the browsers that are remembered for many people now."""
    return Browser.objects.filter(user__in=people, ends_at__gt=now).count()


def is_this(browser: Browser, token: str) -> bool:
    """Tell whether a remembered browser is the one that shows this token."""
    return bool(token) and browser.digest in crypto.digests(_PURPOSE, token)


def forget(user: Person, *, ref: str = "") -> int:
    """Forget one browser of a person, or all of them. Returns how many."""
    rows = Browser.objects.filter(user_id=user.pk)
    return (rows.filter(ref=ref) if ref else rows).delete()[0]
