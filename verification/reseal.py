"""Seals anew, in batches beside traffic, what rests under an older key of the ring."""

from collections.abc import Iterator

from django.db import transaction

from verification import crypto
from verification.models import Enrolment, Message

_BATCH = 200
_PLACES: tuple[tuple[type[Enrolment] | type[Message], tuple[tuple[str, str], ...]], ...] = (
    (Enrolment, (("sealed_address", "address"), ("sealed_secret", "secret"))),
    (Message, (("sealed_address", "address"),)),
)


def run() -> Iterator[tuple[str, int]]:
    """Reseal all rows of all places under the current key; yields name and count after each batch.

    A row that changed meanwhile is left for the next run: the update names the value that was read.
    """
    for model, columns in _PLACES:
        done, last = 0, 0
        while rows := list(model.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
            last = rows[-1].pk
            done += sum(_reseal(row, columns) for row in rows)
            yield model.__name__, done


def _reseal(row: Enrolment | Message, columns: tuple[tuple[str, str], ...]) -> int:
    before = {column: getattr(row, column) for column, _ in columns}
    stale = [(c, plain) for c, plain in columns if before[c] and crypto.sealed_by(before[c]) != crypto.current_key()]
    if not stale:
        return 0
    for _column, plain in stale:
        setattr(row, plain, getattr(row, plain))
    fields = [column for column, _ in columns] + ["address_digest"]
    with transaction.atomic():
        same = type(row).objects.filter(pk=row.pk, **before)
        return same.update(**{name: getattr(row, name) for name in fields})


def keys_in_use() -> dict[str, int]:
    """Count the sealed values by the key that sealed them; a key that counts none may leave the ring."""
    counts: dict[str, int] = {}
    for model, columns in _PLACES:
        for column, _ in columns:
            for value in model.objects.exclude(**{column: ""}).values_list(column, flat=True).iterator():
                key_id = crypto.sealed_by(value)
                counts[key_id] = counts.get(key_id, 0) + 1
    return counts
