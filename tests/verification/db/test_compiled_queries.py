"""A statement that is written once asks and changes what Django's own would, on every thread and with every value."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session
from verification.db.compiled_queries import (
    BindParam,
    Delete,
    Insert,
    Select,
    Update,
    Values,
    bind_each,
    fill_each,
)
from verification.models import AuditEvent, Challenge, ChallengeState, Counter

pytestmark = pytest.mark.django_db
NOW = timezone.now()

AFTER = Select(
    lambda: Counter.objects.filter(scope=BindParam("scope"), window_at__gte=BindParam("since")).order_by("count")
)
RAISE = Update(
    lambda: (
        Counter.objects.filter(scope=BindParam("scope"), count__lt=BindParam("most")),
        {"count": F("count") + 1, "until_at": BindParam("until")},
    )
)


@pytest.fixture
def counters() -> list[Counter]:
    return Counter.objects.bulk_create(
        Counter(scope="a", key=bytes([number]), window_at=NOW - timedelta(hours=number), count=number)
        for number in range(4)
    )


def test_selects_what_django_selects(counters: list[Counter]) -> None:
    for hours in (0, 1, 2):
        since = NOW - timedelta(hours=hours)

        found = AFTER.all(scope="a", since=since)

        wanted = list(Counter.objects.filter(scope="a", window_at__gte=since).order_by("count"))
        assert [vars(row) | {"_state": None} for row in found] == [vars(row) | {"_state": None} for row in wanted]
    assert AFTER.all(scope="b", since=NOW) == []
    assert AFTER.first(scope="b", since=NOW) is None


def test_asks_one_statement(counters: list[Counter]) -> None:
    with CaptureQueriesContext(connection) as captured:
        AFTER.first(scope="a", since=NOW)

    assert len(captured) == 1


def test_gives_annotations_beside_the_row(counters: list[Counter]) -> None:
    """What belongs to no field is never set on the model."""
    doubled = Select(lambda: Counter.objects.annotate(twice=F("count") * 2).filter(count=BindParam("count")))

    [(row, read)] = doubled.annotated(count=3)

    assert (row, read) == (counters[3], {"twice": 6})
    assert "twice" not in vars(row)


def test_brings_related_rows_along() -> None:
    user = get_user_model().objects.create_user(username="ana")
    challenges = Select(
        lambda: Challenge.objects.select_related("user", "enrolment").filter(handle=BindParam("handle"))
    )
    challenge = _challenge(user)

    with CaptureQueriesContext(connection) as captured:
        found = challenges.first(handle=challenge.handle)

        assert found == challenge
        assert found is not None
        assert (found.user, found.enrolment, found.state) == (user, challenge.enrolment, ChallengeState.OPEN)
        assert found.expires_at == challenge.expires_at
        assert found.code_life == challenge.code_life
    assert len(captured) == 1


def _challenge(user: Any) -> Challenge:
    return Challenge.objects.create(
        user=user,
        enrolment=user.enrolments.create(name="", method="totp"),
        purpose="sign_in",
        code_life=timedelta(minutes=5),
        issued_at=NOW,
        resend_at=NOW,
        expires_at=NOW,
        tries_left=5,
    )


def test_updates_and_counts(counters: list[Counter]) -> None:
    assert RAISE.run(scope="a", most=2, until=NOW) == 2
    assert RAISE.run(scope="a", most=2, until=None) == 1
    assert RAISE.run(scope="b", most=2, until=NOW) == 0
    assert list(Counter.objects.order_by("-window_at").values_list("count", "until_at")) == [
        (2, None),
        (2, NOW),
        (2, None),
        (3, None),
    ]


def test_deletes_and_counts(counters: list[Counter]) -> None:
    remove = Delete(lambda: Counter.objects.filter(scope=BindParam("scope"), count__gte=BindParam("least")))

    assert remove.run(scope="a", least=2) == 2
    assert remove.run(scope="b", least=0) == 0
    assert Counter.objects.count() == 2


def test_takes_a_choice_for_its_value() -> None:
    challenge = _challenge(get_user_model().objects.create_user(username="ana"))
    move = Update(lambda: (Challenge.objects.filter(state=BindParam("old")), {"state": BindParam("new")}))

    assert move.run(old=ChallengeState.OPEN, new=ChallengeState.PROVEN) == 1
    challenge.refresh_from_db()
    assert challenge.state == ChallengeState.PROVEN


def test_inserts_what_django_inserts() -> None:
    values: dict[str, Any] = {"at": NOW, "kind": "code.sent", "detail": {"tag": "K4"}, "key_id": "k", "digest": "d"}
    ours, theirs = AuditEvent(**values), AuditEvent(**values)

    Insert(AuditEvent).run(ours)
    theirs.save()

    one, other = (
        {name: value for name, value in vars(AuditEvent.objects.get(pk=row.pk)).items() if name not in _OWN}
        for row in (ours, theirs)
    )
    assert one == other
    assert not ours._state.adding


_OWN = ("_state", "id", "ref")


def test_inserts_a_row_that_brings_its_key() -> None:
    Insert(Session).run(Session(ref="a-key", session_key="a-key", session_data="", expire_date=NOW))

    row = Session.objects.get()
    assert (row.session_key, row.expire_date) == ("a-key", NOW)
    assert row.made_at is not None


def test_refuses_to_guess_a_value(counters: list[Counter]) -> None:
    with pytest.raises(KeyError, match="since"):
        AFTER.all(scope="a")


def test_spoils_the_transaction_it_fails_in(counters: list[Counter]) -> None:
    name = Update(lambda: (Counter.objects.filter(scope=BindParam("scope")), {"key": BindParam("key")}))

    with transaction.atomic():
        with pytest.raises(DatabaseError):
            name.run(scope="a", key=None)

        assert transaction.get_connection().needs_rollback


@pytest.mark.django_db(transaction=True)
def test_each_thread_speaks_by_its_own_connection(counters: list[Counter]) -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(len(AFTER.all(scope="a", since=NOW - timedelta(days=1))))
        connection.close()

    AFTER.all(scope="a", since=NOW)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [4, 4, 4, 4]


def test_selects_columns_without_models(counters: list[Counter]) -> None:
    some = Values(
        lambda: Counter.objects.filter(count__in=bind_each("n", 3)).order_by("count").values_list("count", "window_at")
    )

    for wanted in ([2], [1, 3], [0, 1, 2]):
        found = some.all(**fill_each("n", wanted, 3))

        assert found == [(count, NOW - timedelta(hours=count)) for count in wanted]
    assert some.all(**fill_each("n", [9], 3)) == []
