"""Fixtures: an audit log of six events under two seals, and ways to tamper with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.verification.conftest import EngineUser
from verification import audit
from verification.audit import triggers
from verification.models import AuditEvent


def write(engine_user: EngineUser, *kinds: str) -> list[AuditEvent]:
    for kind in kinds:
        audit.record(
            audit.Event(kind), user_id=engine_user.user.pk, context=engine_user.context, method="text", n_failures=2
        )
    return list(AuditEvent.objects.order_by("id"))


@pytest.fixture
def sealed_log(engine_user: EngineUser) -> EngineUser:
    """An audit log of six events under two seals."""
    write(engine_user, "a.done", "b.done", "c.done")
    audit.seal(engine_user.context.now)
    write(engine_user, "d.done", "e.done", "f.done")
    audit.seal(engine_user.context.now)
    return engine_user


@pytest.fixture
def without_triggers(db: None) -> Iterator[None]:
    """Remove the triggers, as anyone with full access to the database could."""
    triggers.lift(connection)
    yield
    triggers.put(connection)


def faults() -> list[audit.Problem]:
    return [fault.problem for fault in audit.verify()]


def events(**fields: Any) -> Any:
    return AuditEvent.objects.filter(**fields)


@pytest.fixture
def log_with_reason(sealed_log: EngineUser) -> EngineUser:
    """A sealed audit log, in which one event has a reason."""
    audit.record(
        audit.Event("support.tried"),
        user_id=sealed_log.user.pk,
        context=sealed_log.context,
        reason="lost it",
        ticket="INC-1",
    )
    audit.seal(sealed_log.context.now)
    return sealed_log
