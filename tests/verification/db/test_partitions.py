"""Tables in months: rows always find a place, and old months go while others write."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.infrastructure import concurrency
from tests.infrastructure.rounds import rounds
from tests.verification.audit import log_over_months as written
from tests.verification.audit.conftest import faults
from tests.verification.conftest import EngineUser
from verification import audit, retention
from verification.context import Context
from verification.db import partitions
from verification.db.partitions import Month
from verification.models import AuditEvent, Message

EVENTS, MESSAGES = written.EVENTS, Message._meta.db_table
NOW = Context(now=timezone.now())


@pytest.mark.parametrize(
    ("moment", "n", "month"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), 0, Month(2026, 1)),
        (datetime(2026, 1, 31, tzinfo=UTC), 1, Month(2026, 2)),
        (datetime(2026, 12, 1, tzinfo=UTC), 1, Month(2027, 1)),
        (datetime(2026, 1, 1, tzinfo=UTC), -1, Month(2025, 12)),
        (datetime(2026, 3, 1, tzinfo=UTC), -24, Month(2024, 3)),
    ],
)
def test_counts_months_over_the_ends_of_years(moment: datetime, n: int, month: Month) -> None:
    assert Month.of(moment).later(n) == month


def test_later_moments_have_higher_ids() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert partitions.first_id(moment) + 2**22 == partitions.first_id(moment + timedelta(milliseconds=1))


def note(kind: str = "a.done") -> None:
    audit.record(audit.Event(kind), user_id=None, context=NOW)


def part_of(event: AuditEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {EVENTS} WHERE id = %s", [event.pk])
        return str(cursor.fetchone()[0])


@pytest.mark.postgresql  # no other database has parts
@pytest.mark.django_db
class TestParts:
    """On PostgreSQL."""

    @pytest.mark.parametrize("table", [EVENTS, MESSAGES])
    def test_migrate_makes_this_month_and_the_next_ones(self, table: str) -> None:
        this = Month.of(timezone.now())
        firsts = {partitions.first_id(this.later(n).starts_at) for n in range(3)}

        assert {part.first for part in partitions.parts(connection, table)} >= firsts  # a test may have made others
        assert partitions.prepare(connection, table, now=timezone.now()) == []

    def test_row_is_in_the_month_in_which_it_was_written(self) -> None:
        note()

        now = Month.of(timezone.now())
        assert part_of(AuditEvent.objects.get()) == f"{EVENTS}_{now.year}_{now.month:02d}"

    @pytest.fixture
    def none(self) -> None:
        """No month has a part, as if housekeeping had not run for a year."""
        with connection.cursor() as cursor:
            for table in (EVENTS, MESSAGES):
                for part in partitions.parts(connection, table):
                    cursor.execute(f"DROP TABLE {part.name}")

    def test_row_without_a_month_is_written_and_moves_later(self, none: None) -> None:
        note()
        audit.seal(NOW.now)
        assert part_of(AuditEvent.objects.get()) == f"{EVENTS}_rest"

        retention.make_months(timezone.now())

        assert part_of(AuditEvent.objects.get()) != f"{EVENTS}_rest"
        assert faults() == []
        with pytest.raises(Exception, match="written once"), transaction.atomic():
            AuditEvent.objects.all().delete()

    def test_month_that_was_missed_is_made_when_rows_of_it_wait(self, none: None, engine_user: EngineUser) -> None:
        written.write(engine_user, "old.done", at=written.past(engine_user, 3), has_part=False)

        made = retention.make_months(timezone.now())

        old = Month.of(written.past(engine_user, 3))
        assert f"{EVENTS}_{old.year}_{old.month:02d}" in made
        assert part_of(AuditEvent.objects.get()) == f"{EVENTS}_{old.year}_{old.month:02d}"

    def test_message_without_a_month_moves_with_what_names_it(self, none: None, ana: EngineUser) -> None:
        issued = ana.start("text")
        message = Message.objects.get(challenge__handle=issued.handle)
        message.attempts.create(provider="virtual", result="lost")

        retention.make_months(timezone.now())

        assert Message.objects.get(pk=message.pk).attempts.count() == 1


@pytest.fixture
def year() -> None:
    """Twelve months of ten events each, in a database that other connections see."""
    partitions.prepare(connection, EVENTS, now=timezone.now())
    now = Month.of(timezone.now())
    with written.without_triggers():
        for n in range(12, 0, -1):
            start = now.later(-n).starts_at
            partitions.prepare(connection, EVENTS, now=start)
            note(f"m{n}.done")
            mine = AuditEvent.objects.get(kind=f"m{n}.done")
            AuditEvent.objects.filter(pk=mine.pk).update(id=partitions.first_id(start) + n)
            audit.seal(NOW.now)


@pytest.mark.postgresql  # a month is dropped, which takes a lock on the whole table
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_months_go_while_others_write(year: None) -> None:
    """Every event that is written during it is there afterwards, and the chain holds.

    The drop must not wait for its lock as long as it takes: a transaction that writes and then reads what the drop has
    locked would end in a deadlock.
    """
    done, counts = threading.Event(), list[int]()

    def write() -> None:
        n = 0
        try:
            while not done.is_set():
                with transaction.atomic():
                    note("new.done")
                    AuditEvent.objects.filter(kind="new.done").order_by("-id").first()
                    note("new.done")
                n += 2
        finally:
            counts.append(n)
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write) for _ in range(rounds(3, 6))]
        try:
            for keep in range(11, 0, -1):
                removed = audit.remove(Month.of(timezone.now()).later(-keep), now=timezone.now())
                assert removed.n_events == 1
                audit.seal(timezone.now())
        finally:
            done.set()
        for writer in writers:
            writer.result()
    while audit.seal(timezone.now()):
        pass

    assert sum(counts) > 0
    assert AuditEvent.objects.filter(kind="new.done").count() == sum(counts)
    assert not AuditEvent.objects.filter(kind="m2.done").exists()
    assert faults() == []


def removed() -> None:
    try:
        audit.remove(Month.of(timezone.now()), now=timezone.now())
    finally:
        connection.close()


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_others_write_between_two_months(year: None) -> None:
    """One month is dropped, and the next one is being read. Others write, because each month has its transaction.

    Seen failing: the lock of the first month was kept until the last one was dropped, and nobody could write.
    """
    second = Month.of(timezone.now()).later(-11)
    with ThreadPoolExecutor(1) as pool:
        with closing(connection.copy()) as other, other.cursor() as reader:
            reader.execute("BEGIN")
            reader.execute(f"LOCK TABLE {EVENTS}_{second.year}_{second.month:02d} IN ACCESS SHARE MODE")
            removal = pool.submit(removed)
            concurrency.until_waiting(removal)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                note("new.done")
            left = set(AuditEvent.objects.values_list("kind", flat=True))
            reader.execute("ROLLBACK")
        removal.result()

    assert {"m11.done", "new.done"} <= left
    assert "m12.done" not in left
    assert set(AuditEvent.objects.values_list("kind", flat=True)) == {"new.done", "records.removed"}
