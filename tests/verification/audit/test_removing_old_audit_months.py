"""Old months of the audit log are removed with a signed statement, and what stays verifies."""

from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tests.verification.audit import log_over_months as written
from tests.verification.audit.conftest import faults
from tests.verification.conftest import EngineUser
from verification import audit
from verification.audit import Problem
from verification.db import partitions
from verification.db.partitions import Month
from verification.models import AuditEvent, AuditRemoval, AuditSeal


@pytest.fixture
def half_year(engine_user: EngineUser) -> EngineUser:
    """An audit log with one event in each of six months, and a seal over each."""
    for n in range(5, -1, -1):
        written.write(engine_user, f"m{n}.done", at=written.past(engine_user, n) if n else engine_user.context.now)
    return engine_user


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))


def remove(engine_user: EngineUser, *, keep: int) -> audit.Removed:
    return audit.remove(Month.of(engine_user.context.now).later(-keep), now=engine_user.context.now)


def test_old_months_are_gone_and_the_rest_verifies(half_year: EngineUser) -> None:
    removed = remove(half_year, keep=2)
    audit.seal(half_year.context.now)

    assert removed.n_events == 3
    assert kinds() == ["m2.done", "m1.done", "m0.done", *["records.removed"] * 3]
    assert AuditSeal.objects.count() == 4
    assert faults() == []


def test_statements_say_what_went(half_year: EngineUser) -> None:
    """Each month has its own, because each goes in a transaction of its own."""
    remove(half_year, keep=2)

    statements = list(AuditRemoval.objects.order_by("boundary"))
    assert [(each.n_events, each.last_seal) for each in statements] == [(1, 1), (1, 2), (1, 3)]
    months = [Month.of(half_year.context.now).later(-n) for n in (4, 3, 2)]
    assert [each.ends_at for each in statements] == [month.starts_at for month in months]
    events = AuditEvent.objects.filter(kind="records.removed").order_by("id")
    said = [{"what": "record", "before": str(month), "n_rows": 1} for month in months]
    assert [event.said for event in events] == said


def test_every_next_month_is_bound_to_the_one_before(half_year: EngineUser) -> None:
    for keep in (4, 3, 1):
        remove(half_year, keep=keep)

    statements = list(AuditRemoval.objects.order_by("boundary"))
    assert len(statements) == 4
    assert [each.previous for each in statements] == ["", *(each.digest for each in statements[:-1])]
    assert faults() == []


def test_second_time_removes_and_states_nothing(half_year: EngineUser) -> None:
    remove(half_year, keep=2)

    assert remove(half_year, keep=2) == audit.Removed()
    assert AuditRemoval.objects.count() == 3


def test_sealing_goes_on_where_all_seals_were_removed(engine_user: EngineUser) -> None:
    for n in (3, 2):
        written.write(engine_user, f"m{n}.done", at=written.past(engine_user, n))
    remove(engine_user, keep=1)
    audit.seal(engine_user.context.now)

    assert AuditSeal.objects.get().number == 3
    assert faults() == []


def test_seal_over_both_sides_of_a_boundary_stays(engine_user: EngineUser) -> None:
    """Its link holds, and what of it remains is still checked."""
    for n in (3, 2):
        written.write(engine_user, f"m{n}.done", at=written.past(engine_user, n))
    events = list(AuditEvent.objects.order_by("id"))
    with written.without_triggers():
        AuditSeal.objects.all().delete()
    audit.seal(written.past(engine_user, 2))
    assert [seal.events for seal in AuditSeal.objects.all()] == [tuple(event.pk for event in events)]

    remove(engine_user, keep=2)
    assert (kinds()[0], faults()) == ("m2.done", [])

    with written.without_triggers():
        AuditEvent.objects.filter(kind="m2.done").update(kind="x.done")
    assert faults() == [Problem.EVENT_CHANGED]


def test_tampered_event_of_an_old_month_is_named_and_the_month_stays(half_year: EngineUser) -> None:
    with written.without_triggers():
        AuditEvent.objects.filter(kind="m4.done").update(user_id=999_999)
    ref = AuditEvent.objects.get(kind="m4.done").ref

    removed = remove(half_year, keep=2)

    assert removed.fault == audit.ChainFault(2, ref, Problem.EVENT_CHANGED)
    assert (AuditEvent.objects.count(), AuditRemoval.objects.exists()) == (6, False)
    assert next(audit.verify()).ref == ref


@pytest.mark.parametrize("kind", ["m5.done", "m4.done"])
def test_event_removed_without_a_statement_is_missed(half_year: EngineUser, kind: str) -> None:
    with written.without_triggers():
        AuditEvent.objects.filter(kind=kind).delete()

    assert Problem.EVENT_REMOVED in faults()
    assert remove(half_year, keep=2).fault is not None


def forge(half_year: EngineUser) -> None:
    """State without the key that all but this month was removed."""
    last = AuditSeal.objects.get(number=5)
    now = half_year.context.now
    first = AuditEvent.objects.get(kind="m0.done").pk
    AuditRemoval.objects.create(
        boundary=first,
        ends_at=now,
        n_events=5,
        last_seal=5,
        last_digest=last.digest,
        removed_at=now,
        key_id="",
        digest="0",
    )


def test_forged_statement_lets_rows_go_and_is_named(half_year: EngineUser) -> None:
    forge(half_year)
    AuditEvent.objects.exclude(kind="m0.done").delete()
    AuditSeal.objects.filter(number__lte=5).delete()

    assert faults() == [Problem.REMOVAL_CHANGED]


def test_event_put_where_others_were_removed_is_named(half_year: EngineUser) -> None:
    old = AuditEvent.objects.get(kind="m4.done")
    remove(half_year, keep=2)
    old.save(force_insert=True)

    assert faults() == [Problem.EVENT_BEFORE_START]


def test_database_lets_go_only_what_a_statement_covers(half_year: EngineUser) -> None:
    remove(half_year, keep=2)

    for rows in (
        AuditEvent.objects.filter(kind="m2.done"),
        AuditSeal.objects.filter(number=4),
        AuditRemoval.objects.all(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def test_events_without_a_month_of_their_own_are_removed_as_well(engine_user: EngineUser) -> None:
    written.write(engine_user, "old.done", at=written.past(engine_user, 5), has_part=False)
    written.write(engine_user, "new.done", at=engine_user.context.now)

    assert remove(engine_user, keep=2).n_events == 1
    assert (kinds()[0], faults()) == ("new.done", [])


def test_command_counts_what_is_left(half_year: EngineUser, capsys: pytest.CaptureFixture[str]) -> None:
    remove(half_year, keep=2)
    audit.seal(half_year.context.now)

    call_command("verify_audit")

    assert "intact: 6 events, 4 seals" in capsys.readouterr().out


@pytest.mark.postgresql  # the months are tables of their own
@pytest.mark.parametrize("verb", ["UPDATE {} SET digest = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_every_month_refuses_changes(half_year: EngineUser, verb: str) -> None:
    parts = partitions.parts(connection, written.EVENTS)
    full = [part.name for part in parts if AuditEvent.objects.filter(id__gte=part.first, id__lt=part.end).exists()]
    assert len(full) == 6

    for name in full:
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb.format(name))


@pytest.mark.postgresql  # as above
def test_month_dropped_by_hand_is_missed(half_year: EngineUser) -> None:
    part = next(
        part
        for part in partitions.parts(connection, written.EVENTS)
        if part.first == partitions.first_id(_start(half_year, 3))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {part.name}")

    assert faults() == [Problem.EVENT_REMOVED]


def _start(engine_user: EngineUser, n: int) -> datetime:
    return Month.of(engine_user.context.now).later(-n).starts_at
