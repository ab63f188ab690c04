"""Row locks: the person first, many rows in one order, and rows that are to be deleted without any waiting.

PostgreSQL checks a foreign key when a transaction commits, and locks the row that is named for the check. So a
transaction that writes such rows asks for a lock on their owner last of all, with the others already in its hands.
Anyone who locked the owner for a deletion and then waited for those others would deadlock with it.

SQLite lets one writer in at a time, so nothing here does anything there. See the decision "In which order rows are
locked".
"""

import random
import time
from collections.abc import Iterator
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import OperationalError, connections, models, transaction
from django.db.models import Model, QuerySet

_TRIES = 100  # with some 15 ms between them: much longer than any transaction of a sign-in
_LOCK_NOT_AVAILABLE = "55P03"  # Source: PostgreSQL documentation, appendix A
M = TypeVar("M", bound=Model)


def hold_person(user_id: int) -> None:
    """Let the changes of one person happen one after another. Inside a transaction, and first in it.

    The lock does not stop others from writing rows that name the person.
    """
    get_user_model().objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk", flat=True).first()


def in_order(rows: QuerySet[M]) -> QuerySet[M]:
    """Give the same rows to change or delete, locked in the order of their keys. Inside a transaction."""
    held: QuerySet[M] = rows.model._base_manager.filter(  # noqa: SLF001  (public, despite its name)
        pk__in=rows.order_by("pk").select_for_update().values("pk")
    )
    return held


def hold(rows: QuerySet[Any]) -> None:
    """Lock rows in the order of their keys, and wait for each. Inside a transaction."""
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def take(*wanted: QuerySet[Any]) -> None:
    """Lock rows, and all that is deleted or emptied with them. Inside the transaction that deletes them.

    While somebody holds one of them it lets go of all, lets them finish, and tries again. Afterwards nobody can commit
    a row that names one of these.

    Errors: `OperationalError` when it cannot have all of them within a second or two.
    """
    if not connections[wanted[0].db].features.has_select_for_update_nowait:
        return
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():  # its rollback gives back what it locked
                for rows in wanted:
                    _take(rows)
        except OperationalError as error:
            if not left or getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            _let_others_finish()
        else:
            return


def _take(rows: QuerySet[Any]) -> None:
    keys = list(rows.order_by("pk").select_for_update(nowait=True).values_list("pk", flat=True))
    for model, name, is_deleted in _naming(rows.model) if keys else ():
        named = model._base_manager.filter(**{f"{name}__in": keys})  # noqa: SLF001  (public, despite its name)
        if is_deleted:
            _take(named)
        else:
            list(named.order_by("pk").select_for_update(nowait=True).values_list("pk", flat=True))


def _naming(model: type[Model]) -> Iterator[tuple[type[Model], str, bool]]:
    """List which rows name a row of this model, in which field, and whether they are deleted with it."""
    for relation in model._meta.get_fields(include_hidden=True):  # noqa: SLF001  (public, despite its name)
        if isinstance(relation, models.ManyToOneRel):
            yield relation.related_model, relation.field.name, relation.on_delete is models.CASCADE


def _let_others_finish() -> None:
    time.sleep(random.uniform(0.005, 0.025))  # noqa: S311  (no secret)
