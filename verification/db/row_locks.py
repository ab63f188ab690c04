"""Row locks without deadlocks: the person first, many rows in one order, rows to delete without waiting.

PostgreSQL checks foreign keys at commit, and locks the referenced row for the check. So a transaction that writes such
rows locks their owner last, when it already holds the others. A transaction that locked the owner first, to delete it,
and then waited for the others would deadlock with it.

On SQLite nothing here does anything, because it allows one writer at a time. See the decision "In which order rows are
locked".
"""

import random
import time
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import OperationalError, connections, models, transaction
from django.db.models import Model, QuerySet

from verification.db.compiled_queries import BindParam, Values

_MAX_TRIES = 100  # about 15 ms apart: together much longer than any transaction of a sign-in
_LOCK_NOT_AVAILABLE = "55P03"  # Source: PostgreSQL documentation, appendix A
M = TypeVar("M", bound=Model)

_PERSON = Values(
    lambda: get_user_model().objects.select_for_update(no_key=True).filter(pk=BindParam("user_id")).values_list("pk")
)


def lock_person(user_id: int) -> None:
    """Lock a person, so that changes of one person happen one after another. Call it first in a transaction.

    Others can still write rows that refer to the person.
    """
    _PERSON.all(user_id=user_id)


def lock_people(people: Collection[int]) -> list[int]:
    """Lock people as `lock_person` does, in the order of their keys. Return who still exists."""
    rows = get_user_model().objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def in_order(rows: QuerySet[M]) -> QuerySet[M]:
    """Return the same rows to change or delete, locked in the order of their keys. Call it in a transaction."""
    locked: QuerySet[M] = rows.model._base_manager.filter(  # noqa: SLF001  (public, despite its name)
        pk__in=rows.order_by("pk").select_for_update().values("pk")
    )
    return locked


def lock(rows: QuerySet[Any]) -> None:
    """Lock rows in the order of their keys, and wait for each. Call it in a transaction."""
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def lock_to_delete(*wanted: QuerySet[Any]) -> None:
    """Lock rows and all rows that refer to them. Call it in the transaction that deletes them.

    If another transaction holds one of them, it releases all, waits and tries again. Afterwards nobody can commit a row
    that refers to one of these.

    Errors: `OperationalError` if it can't lock all of them within a second or two.
    """
    if not connections[wanted[0].db].features.has_select_for_update_nowait:
        return
    for left in reversed(range(_MAX_TRIES)):
        try:
            with transaction.atomic():  # its rollback releases the locks
                for rows in wanted:
                    _lock_to_delete(rows)
        except OperationalError as error:
            if not left or not is_lock_missing(error):
                raise
            _let_others_finish()
        else:
            return


def is_lock_missing(error: OperationalError) -> bool:
    """Return whether a statement failed because another transaction holds the lock that it needs."""
    return getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE


def _lock_to_delete(rows: QuerySet[Any]) -> None:
    keys = list(rows.order_by("pk").select_for_update(nowait=True).values_list("pk", flat=True))
    for model, name, is_deleted in _naming(rows.model) if keys else ():
        named = model._base_manager.filter(**{f"{name}__in": keys})  # noqa: SLF001  (public, despite its name)
        if is_deleted:
            _lock_to_delete(named)
        else:
            list(named.order_by("pk").select_for_update(nowait=True).values_list("pk", flat=True))


def _naming(model: type[Model]) -> Iterator[tuple[type[Model], str, bool]]:
    """Yield the models whose rows a deletion deletes or changes: by which field, and whether it deletes them."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is not models.DO_NOTHING:
            yield relation.related_model, relation.field.name, relation.on_delete is models.CASCADE


def _let_others_finish() -> None:
    time.sleep(random.uniform(0.005, 0.025))  # noqa: S311  (no secret)
