"""Posts receipts and key presses to the service over HTTP. `carrier_behaviour` decides what is due."""

import json
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db.models import F, QuerySet
from django.utils import timezone

from verification.db.compiled_queries import BindParam, Select, Update, bind_each

from . import carrier_behaviour, signature
from .models import PendingCallback

MAX_TRIES = 6
_LEASE = timedelta(seconds=15)  # longer than a post may take; after one that died in between, another tries again
_OK = range(200, 300)
_FINAL = range(200, 500)
_GOODBYE = "An application error has occurred. Goodbye."  # what callers hear of most carriers then


class CallbackResponse(NamedTuple):
    """The response. Status 0 means that there was none."""

    status: int
    body: bytes = b""


Post = Callable[[str, bytes, dict[str, str]], CallbackResponse]
"""Posts body and headers to an address."""


def pump(post: Post, *, now: datetime | None = None) -> int:
    """Post everything that is due, one after another, and return the number of posts."""
    now = now or timezone.now()
    n_posts = 0
    carrier_behaviour.advance(now)
    while batch := due(now=now, limit=1):
        for callback in batch:
            settle(callback, sign_and_post(callback, post), now=now)
            n_posts += 1
    return n_posts


def due(*, now: datetime, limit: int, busy: Collection[int] = ()) -> list[PendingCallback]:
    """Claim what is due, in order, one callback of a message at a time, so that none overtakes another by accident."""
    claimed: dict[int, PendingCallback] = {}
    for callback in _waiting(limit * 4, len(busy)).all(now=now, **{f"busy{at}": pk for at, pk in enumerate(busy)}):
        if len(claimed) < limit and callback.delivery_id not in claimed and _claim(callback, now):
            claimed[callback.delivery_id] = callback
    return list(claimed.values())


def sign_and_post(callback: PendingCallback, post: Post) -> CallbackResponse:
    """Sign and post a callback. Changes no row, so that many can run at the same time."""
    body = callback.body.encode()
    headers = signature.headers(address=callback.address, body=body, now=timezone.now())
    return post(callback.address, body, headers)


def settle(callback: PendingCallback, answer: CallbackResponse, *, now: datetime) -> None:
    """Save the response, and let the call speak if the response says so."""
    tries = callback.tries + 1
    is_final = answer.status in _FINAL
    PendingCallback.objects.filter(pk=callback.pk).update(
        status=answer.status,
        sent_at=now if is_final else None,
        due_at=callback.due_at if is_final else now + timedelta(seconds=2 ** (tries - 1)),
    )
    if callback.event == "keys" and (is_final or tries == MAX_TRIES):
        words, more = _speech(answer)
        carrier_behaviour.say(callback.delivery_id, words, more=more, now=now)


def _claim(callback: PendingCallback, now: datetime) -> bool:
    """Take one callback by a guarded update: of two carriers, one gets it."""
    return bool(_CLAIM.run(pk=callback.pk, tries=callback.tries, due_at=now + _LEASE))


_CLAIM = Update(
    lambda: (
        PendingCallback.objects.filter(pk=BindParam("pk"), tries=BindParam("tries"), sent_at=None),
        {"tries": F("tries") + 1, "due_at": BindParam("due_at")},
    )
)


@cache
def _waiting(most: int, n_busy: int) -> Select[PendingCallback]:
    """Return the select of what waits, without the callbacks of as many messages. The demo runs it all the time."""

    def build() -> QuerySet[PendingCallback]:
        rows = PendingCallback.objects.filter(
            sent_at=None, is_held=False, due_at__lte=BindParam("now"), tries__lt=MAX_TRIES
        )
        rows = rows.select_related("delivery").order_by("due_at", "id")
        return rows.exclude(delivery__pk__in=bind_each("busy", n_busy))[:most]

    return Select(build)


def _speech(answer: CallbackResponse) -> tuple[str, bool]:
    if answer.status not in _OK:
        return _GOODBYE, False
    try:
        reply = json.loads(answer.body or b"{}")
        return str(reply.get("words", "")), bool(reply.get("more", False))
    except (ValueError, AttributeError):
        return _GOODBYE, False
