"""Spend what a right answer uses up, by one guarded update, so that it works once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from verification.db.compiled_queries import BindParam, Update
from verification.models import Enrolment, SingleUseCode

_ROW, _NOW, _COUNTER = BindParam("pk"), BindParam("now"), BindParam("counter")


_USE = Update(lambda: (Enrolment.objects.filter(pk=_ROW), {"last_used_at": _NOW}))


_USE_STEP = Update(
    lambda: (Enrolment.objects.filter(pk=_ROW, counter__lt=_COUNTER), {"counter": _COUNTER, "last_used_at": _NOW})
)


def mark_used(
    enrolment: Enrolment, *, counter: int | None, now: datetime, learned: Mapping[str, Any] | None = None
) -> bool:
    """Spend the step of a right answer by one guarded update; False means that this step was spent before.

    What was learned is kept in the same update, so that of two answers the one that counts is believed.
    """
    if counter is None:
        return bool(_USE.run(pk=enrolment.pk, now=now))
    data = _with(enrolment, learned or {})
    if data == enrolment.data:
        return bool(_USE_STEP.run(pk=enrolment.pk, counter=counter, now=now))
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter__lt=counter)
    return bool(rows.update(counter=counter, last_used_at=now, data=data))


def save_learned(enrolment: Enrolment, learned: Mapping[str, Any]) -> None:
    """Keep what an answer told of an enrolment though it did not open, unless a right one came in between."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter=enrolment.counter)
    rows.update(data=_with(enrolment, learned))


def _with(enrolment: Enrolment, learned: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**enrolment.data, **learned}.items() if value is not None}


def spend_single_use_code(code_id: int, *, now: datetime) -> bool:
    """Spend a single-use secret by one guarded update; False means that it was spent before."""
    return bool(SingleUseCode.objects.filter(pk=code_id, used_at=None).update(used_at=now))
