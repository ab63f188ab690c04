"""Marks codes as used with one guarded update each, so that each works once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.db.compiled_queries import BindParam, Update
from verification.models import Enrolment, SingleUseCode

_ROW, _NOW, _COUNTER = BindParam("pk"), BindParam("now"), BindParam("counter")


_USE = Update(lambda: (Enrolment.objects.filter(pk=_ROW), {"last_used_at": _NOW}))


_USE_STEP = Update(
    lambda: (Enrolment.objects.filter(pk=_ROW, counter__lt=_COUNTER), {"counter": _COUNTER, "last_used_at": _NOW})
)

_USE_AND_LEARN = Update(
    lambda: (
        Enrolment.objects.filter(pk=_ROW, counter__lt=_COUNTER),
        {"counter": _COUNTER, "last_used_at": _NOW, "data": BindParam("data")},
    )
)


def mark_used(
    enrolment: Enrolment, *, counter: int | None, now: datetime, learned: Mapping[str, Any] | None = None
) -> bool:
    """Mark the counter of a correct answer as used. Return False if it was used before.

    What the answer told us, such as clock drift, is saved in the same update: of two answers at once, only one counts.
    """
    found: list[int] = []
    with batched_writes.block():
        use_later(enrolment, counter=counter, now=now, learned=learned, then=lambda rows: found.append(len(rows)))
    return bool(sum(found))


def use_later(
    enrolment: Enrolment,
    *,
    counter: int | None,
    now: datetime,
    then: Callable[[Rows], None],
    learned: Mapping[str, Any] | None = None,
) -> None:
    """Do what `mark_used` does, with the other writes of a block. `then` gets one row if it was not used before."""
    which: dict[str, Any] = {"pk": enrolment.pk, "now": now}
    if counter is None:
        _USE.later(then, **which)
        return
    data = _with(enrolment, learned or {})
    if data == enrolment.data:
        _USE_STEP.later(then, counter=counter, **which)
    else:
        _USE_AND_LEARN.later(then, counter=counter, data=data, **which)


def is_used(enrolment: Enrolment, counter: int) -> bool:
    """Return whether a counter, or a later one, was used."""
    return bool(Enrolment.objects.filter(pk=enrolment.pk, counter__gte=counter).exists())


def save_learned(enrolment: Enrolment, learned: Mapping[str, Any]) -> None:
    """Save what an incorrect answer told us about an enrolment, unless a correct one came in between."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter=enrolment.counter)
    rows.update(data=_with(enrolment, learned))


def _with(enrolment: Enrolment, learned: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**enrolment.data, **learned}.items() if value is not None}


def spend_single_use_code(code_id: int, *, now: datetime) -> bool:
    """Mark a single-use code as used. Return False if it was used before."""
    return bool(SingleUseCode.objects.filter(pk=code_id, used_at=None).update(used_at=now))
