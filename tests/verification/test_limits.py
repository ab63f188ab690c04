"""Guessing and sending are bounded by rows: five are free, then waits double, at thirty the method is off."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import Desk
from verification import crypto, limits
from verification.models import Counter, Failure

MINUTE = timedelta(minutes=1)
NUMBER = "+41795550123"


def fail(desk: Desk, times: int, *, method: str = "totp") -> tuple[Failure, datetime]:
    """Fail so often, each time as soon as it is looked at; gives the row and the instant of the last failure."""
    now = desk.facts.now
    for _ in range(times):
        row = Failure.objects.filter(user=desk.user, method=method).first()
        now = row.next_at if row and row.next_at else now
        assert limits.reserve(desk.user.pk, method, now=now).is_open
    return Failure.objects.get(user=desk.user, method=method), now


@pytest.mark.parametrize(
    ("times", "minutes"),
    [(1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (29, 60)],
)
def test_waits_double_after_five_failures(desk: Desk, times: int, minutes: int) -> None:
    row, now = fail(desk, times)

    assert row.next_at == (now + minutes * MINUTE if minutes else None)


def test_is_off_at_thirty(desk: Desk) -> None:
    row, now = fail(desk, 30)

    assert row.off_at == now
    gate = limits.reserve(desk.user.pk, "totp", now=now + timedelta(days=365))
    assert (gate.is_open, gate.is_off, gate.retry_at) == (False, True, None)


def test_closed_gate_counts_nothing(desk: Desk) -> None:
    row, now = fail(desk, 5)

    gate = limits.reserve(desk.user.pk, "totp", now=now + timedelta(seconds=59))

    row.refresh_from_db()
    assert (gate.is_open, gate.retry_at, row.consecutive) == (False, now + MINUTE, 5)


def test_wait_is_over_at_its_instant(desk: Desk) -> None:
    _, now = fail(desk, 5)

    assert limits.gate(desk.user.pk, "totp", now=now + MINUTE).is_open


def test_methods_and_people_are_counted_apart(desk: Desk) -> None:
    other = get_user_model().objects.create(username="eve")
    _, now = fail(desk, 5)

    assert limits.gate(desk.user.pk, "text", now=now).is_open
    assert limits.gate(other.pk, "totp", now=now).is_open


def test_right_answer_ends_the_count(desk: Desk) -> None:
    _, now = fail(desk, 5)

    limits.clear(desk.user.pk, "totp")

    assert limits.reserve(desk.user.pk, "totp", now=now).n_failures == 1


def test_clearing_without_a_method_clears_all(desk: Desk) -> None:
    fail(desk, 30)
    _, now = fail(desk, 5, method="text")

    limits.clear(desk.user.pk)

    assert [limits.gate(desk.user.pk, name, now=now).is_open for name in ("totp", "text")] == [True, True]


def test_refund_takes_back_the_failure_and_the_wait_it_began(desk: Desk) -> None:
    row, _ = fail(desk, 5)

    limits.refund(desk.user.pk, "totp")

    row.refresh_from_db()
    assert (row.consecutive, row.next_at) == (4, None)


def test_refund_switches_nothing_on_again(desk: Desk) -> None:
    row, _ = fail(desk, 30)

    limits.refund(desk.user.pk, "totp")

    row.refresh_from_db()
    assert (row.consecutive, row.off_at is None) == (30, False)


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_network_is_what_one_person_holds(address: str, folded: str) -> None:
    assert limits.network_of(address) == folded


# Sending -------------------------------------------------------------------------------------------------------


def sends(desk: Desk, times: int, *, user_id: int = 0, number: str = NUMBER, **facts: Any) -> int:
    """Spend so many sends; gives how many were allowed."""
    circumstances = replace(desk.facts, **facts)
    return sum(limits.spend_send(user_id or desk.user.pk, number, circumstances).is_open for _ in range(times))


def test_person_causes_ten_sends_an_hour(desk: Desk) -> None:
    allowed = sum(sends(desk, 1, number=f"+4179555010{n % 10}") for n in range(12))

    assert allowed == 10


def test_number_takes_ten_sends_an_hour_whoever_asks(desk: Desk) -> None:
    assert sum(sends(desk, 1, user_id=n) for n in range(1, 13)) == 10


def test_number_takes_thirty_sends_a_day(desk: Desk) -> None:
    midnight = limits._EPOCH + ((desk.facts.now - limits._EPOCH) // timedelta(days=1)) * timedelta(days=1)

    allowed = [sends(desk, 10, user_id=hour + 1, now=midnight + timedelta(hours=hour)) for hour in range(4)]

    assert allowed == [10, 10, 10, 0]


def test_network_causes_so_many_sends_an_hour(desk: Desk, settings: Any) -> None:
    settings.SENDS_PER_NETWORK_HOUR = 3

    allowed = sum(sends(desk, 1, user_id=n, number=f"+4179555010{n}") for n in range(1, 6))

    assert allowed == 3
    assert sends(desk, 1, user_id=9, number="+41795550190", network="198.51.100.7") == 1


def test_organisation_causes_so_many_sends_an_hour(desk: Desk, settings: Any) -> None:
    settings.SENDS_PER_SITE_HOUR = 2

    allowed = sum(sends(desk, 1, user_id=n, number=f"+4179555010{n}", network=f"192.0.2.{n}") for n in range(1, 5))

    assert allowed == 2


def test_says_when_more_sends_may_go_out(desk: Desk) -> None:
    sends(desk, 10)

    gate = limits.spend_send(desk.user.pk, NUMBER, desk.facts)

    assert gate.retry_at is not None
    assert timedelta(0) < gate.retry_at - desk.facts.now <= timedelta(hours=1)
    assert sends(desk, 1, now=gate.retry_at) == 1


def test_counters_keep_no_number(desk: Desk) -> None:
    sends(desk, 1)

    assert all(len(key) == 64 and NUMBER not in key for key in Counter.objects.values_list("key", flat=True))


# Passwords -----------------------------------------------------------------------------------------------------


def attempts(desk: Desk, times: int, *, name: str = "ana") -> list[limits.Gate]:
    return [limits.password_gate(name, desk.facts) for _ in range(times)]


@pytest.mark.parametrize("name", ["ana", "nobody of this name"])
def test_ten_wrong_passwords_are_free_for_any_name(desk: Desk, name: str) -> None:
    gates = attempts(desk, 12, name=name)

    assert [gate.is_open for gate in gates] == [True] * 10 + [False] * 2
    assert gates[-1].retry_at == desk.facts.now + MINUTE


def test_locked_name_is_not_counted_further(desk: Desk) -> None:
    attempts(desk, 40)

    assert limits.password_gate("ana", desk.later(minutes=1).facts).is_open
    assert limits.password_gate("ana", desk.later(minutes=2).facts).retry_at == desk.later(minutes=3).facts.now


def test_other_names_of_the_network_go_on(desk: Desk) -> None:
    attempts(desk, 12)

    assert limits.password_gate("ben", desk.facts).is_open


def test_network_makes_so_many_attempts_an_hour(desk: Desk, settings: Any) -> None:
    settings.NETWORK_PASSWORDS_PER_HOUR = 5

    gates = [limits.password_gate(f"name {n}", desk.facts) for n in range(7)]

    assert [gate.is_open for gate in gates] == [True] * 5 + [False] * 2
    assert limits.password_gate("name 9", desk.later(hours=1).facts).is_open


def test_attempts_at_a_locked_name_count_for_the_network(desk: Desk, settings: Any) -> None:
    settings.NETWORK_PASSWORDS_PER_HOUR = 20
    attempts(desk, 40)

    assert not limits.password_gate("ben", desk.facts).is_open


def test_right_password_forgets_the_wrong_ones(desk: Desk) -> None:
    attempts(desk, 9)
    limits.password_right("ana")

    assert all(gate.is_open for gate in attempts(desk, 10))


def test_names_are_kept_as_digests(desk: Desk) -> None:
    attempts(desk, 1)

    row = Counter.objects.get(scope="password.name")
    assert row.key == crypto.digest("limit.password.name", "ana")


def test_purge_removes_counters_of_windows_long_over(desk: Desk) -> None:
    sends(desk, 1)
    attempts(desk, 11)

    assert limits.purge(desk.facts.now) == 0
    limits.purge(desk.later(days=4).facts.now)
    assert not Counter.objects.exists()
