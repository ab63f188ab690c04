"""Tests of blocks whose writes reach the database together."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from verification.db import batched_writes
from verification.db.compiled_queries import BindParam, Insert, Update
from verification.models import Challenge, Enrolment, Failure, Message

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
_ADD, _ADD_CHALLENGE, _ADD_MESSAGE = Insert(Failure), Insert(Challenge), Insert(Message)
_RAISE = Update(
    lambda: (Failure.objects.filter(method=BindParam("name"), consecutive=BindParam("was")), {"consecutive": 9})
)


def row(name: str) -> Failure:
    return Failure(user_id=1, method=name, consecutive=1)


def names() -> set[str]:
    return set(Failure.objects.values_list("method", flat=True))


def writes(found: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in found if q["sql"].startswith(("INSERT", "UPDATE", "WITH"))]


def test_block_sends_its_writes_as_one_statement() -> None:
    """On SQLite, which can't do that, one after another."""
    with CaptureQueriesContext(connection) as found, batched_writes.block():
        _ADD.later(row("a"))
        _ADD.later(row("b"))
        _RAISE.later(name="c", was=1)

    assert len(writes(found)) == (3 if connection.vendor == "sqlite" else 1)
    assert names() == {"a", "b"}


def test_rows_learn_their_keys_and_whom_they_name() -> None:
    user = User.objects.create(username="ana", email="ana@example.org")
    enrolment = Enrolment.objects.create(user=user, method="text", confirmed=True)
    times = {"issued_at": NOW, "resend_at": NOW, "expires_at": NOW, "code_life": timedelta(minutes=5)}
    challenge = Challenge(user=user, enrolment=enrolment, purpose="sign_in", binding="b", tries_left=5, **times)
    message = Message(user=user, challenge=challenge, kind="text", template="t", hint="h", useful_until=NOW)
    message.address = "+41791234567"

    with batched_writes.block():
        _ADD_CHALLENGE.later(challenge)
        _ADD_MESSAGE.later(message)

    assert message.challenge_id == challenge.pk
    assert Message.objects.get(pk=message.pk).challenge == Challenge.objects.get(pk=challenge.pk)


def test_every_other_statement_sees_what_was_written_before_it() -> None:
    with batched_writes.block():
        _ADD.later(row("a"))

        assert names() == {"a"}


def test_change_is_told_how_many_rows_it_found() -> None:
    row("a").save()
    found: list[int] = []

    with batched_writes.block():
        _RAISE.later(lambda rows: found.append(len(rows)), name="a", was=1)
        _RAISE.later(lambda rows: found.append(len(rows)), name="a", was=5)
        batched_writes.flush()

        assert found == [1, 0]


def test_error_undoes_the_whole_block() -> None:
    with pytest.raises(ZeroDivisionError), batched_writes.block():  # noqa: PT012  (the block is the subject)
        _ADD.later(row("a"))
        batched_writes.flush()
        _ADD.later(row("b"))
        raise ZeroDivisionError

    assert names() == set()
    assert not batched_writes.is_open()


def test_conflict_at_the_end_undoes_the_whole_block() -> None:
    with pytest.raises(IntegrityError), batched_writes.block():  # noqa: PT012  (the block is the subject)
        _ADD.later(row("a"))
        _ADD.later(row("b"))
        _ADD.later(row("a"))

    assert names() == set()


def test_what_an_inner_transaction_rolls_back_is_not_written() -> None:
    with batched_writes.block():
        _ADD.later(row("a"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012  (the block is the subject)
            _ADD.later(row("b"))
            raise ZeroDivisionError
        _ADD.later(row("c"))

    assert names() == {"a", "c"}


def test_block_within_a_block_joins_it() -> None:
    with pytest.raises(ZeroDivisionError), batched_writes.block():  # noqa: PT012  (the block is the subject)
        with batched_writes.block():
            _ADD.later(row("a"))
        raise ZeroDivisionError

    assert names() == set()


def test_write_outside_a_block_happens_at_once() -> None:
    _ADD.later(row("a"))

    assert names() == {"a"}
