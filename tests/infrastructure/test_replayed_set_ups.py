"""Tests that a set-up which is repeated leaves what it left the first time, and is repeated only where it would."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from tests.infrastructure.replayed_set_ups import SetUps
from tests.simulated.people import ANAS, Clock, join
from verification import policies
from verification.context import Context
from verification.models import AuditEvent, Enrolment, Policy

IS_REPEATED = connection.vendor == "sqlite"
TABLES = (User, Enrolment, AuditEvent)


class SetUpTrial:
    """Runs a set-up as tests do, one after another, and takes back what it wrote."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.set_ups, self.n_real, self._patch = SetUps(), 0, patch

    def rows(self, before: Callable[[], object] = lambda: None) -> list[Any]:
        """Return the rows that are there after the set-up. Values such as secrets differ each time it is real."""
        with transaction.atomic():
            self.set_ups.begin((), self._patch)
            before()
            self.set_ups.run("ana", (), self._set_up)
            found = [list(table.objects.order_by("pk").values()) for table in TABLES]
            transaction.set_rollback(True)
        return found

    def _set_up(self) -> None:
        self.n_real += 1
        person = join("ana", number=ANAS).set_up("text", "totp").print_codes()
        policies.decide(person.user, Context(now=timezone.now()))


@pytest.fixture
def trial(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUpTrial]:
    trial = SetUpTrial(monkeypatch)
    trial.set_ups.keep()
    yield trial
    connection.execute_wrappers.remove(trial.set_ups._watch)


def test_repeated_set_up_leaves_the_same_rows(trial: SetUpTrial) -> None:
    first, second = trial.rows(), trial.rows()

    assert len(first[1]) == 4  # text and call, an app, recovery codes
    assert (first == second, trial.n_real) == ((True, 1) if IS_REPEATED else (False, 2))


@pytest.mark.parametrize("cause", ["setting", "patch", "row", "hour", "taken back"])
def test_set_up_is_real_where_it_could_come_to_something_else(
    cause: str, trial: SetUpTrial, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_back() -> None:
        with transaction.atomic():
            transaction.set_rollback(True)

    causes: dict[str, Callable[[], object]] = {
        "setting": lambda: setattr(settings, "SENDS_PER_PERSON_HOUR", 9),
        "patch": lambda: monkeypatch.setattr("verification.enrolments.setup.notices", None),
        "row": lambda: Policy.objects.create(rank=7),
        "hour": lambda: clock.forward(hours=1),
        "taken back": take_back,
    }
    trial.rows(lambda: policies.rules_for(1))  # the caches are filled, as after an earlier request

    trial.rows(causes[cause])

    assert trial.n_real == 2
