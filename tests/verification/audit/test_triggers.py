"""The database refuses to change or remove what the audit log holds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.verification.audit.conftest import events
from tests.verification.conftest import EngineUser
from verification.models import AuditEvent, AuditSeal


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal])
@pytest.mark.parametrize("verb", ["update", "delete", "save"])
def test_database_refuses_to_change_the_record(sealed_log: EngineUser, model: Any, verb: str) -> None:
    row = model.objects.first()
    actions: dict[str, Callable[[], Any]] = {
        "update": lambda: model.objects.filter(pk=row.pk).update(digest="0" * 64),
        "delete": lambda: model.objects.filter(pk=row.pk).delete(),
        "save": row.save,
    }

    with pytest.raises(DatabaseError), transaction.atomic():
        actions[verb]()


@pytest.mark.parametrize(
    "change", [{"digest": "0" * 64}, {"words": {"reason": "found it"}}, {"kind": "x", "words": {}}]
)
def test_database_lets_words_be_emptied_and_nothing_else(change: dict[str, Any], log_with_reason: EngineUser) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        events(kind="support.tried").update(**change)

    assert events(kind="support.tried").update(words={}) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        events(kind="support.tried").update(words={})
