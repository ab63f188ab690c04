"""Marks codes as used with one guarded update each, so that each works once."""

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
    """Mark the counter of a correct answer as used. Return False if it was used before.

    What was learned is saved in the same update: of two answers at once, only one counts.
    """
    if counter is None:
        return bool(_USE.run(pk=enrolment.pk, now=now))
    data = _with(enrolment, learned or {})
    if data == enrolment.data:
        return bool(_USE_STEP.run(pk=enrolment.pk, counter=counter, now=now))
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter__lt=counter)
    return bool(rows.update(counter=counter, last_used_at=now, data=data))


def save_learned(enrolment: Enrolment, learned: Mapping[str, Any]) -> None:
    """Save what an incorrect answer told about an enrolment, unless a right one came in between."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter=enrolment.counter)
    rows.update(data=_with(enrolment, learned))


def _with(enrolment: Enrolment, learned: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**enrolment.data, **learned}.items() if value is not None}


def spend_single_use_code(code_id: int, *, now: datetime) -> bool:
    """Mark a single-use code as used. Return False if it was used before."""
    return bool(SingleUseCode.objects.filter(pk=code_id, used_at=None).update(used_at=now))
