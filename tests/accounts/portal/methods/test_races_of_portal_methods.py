"""Tests that concurrent setups, removals and choices for one person end in a state that the policy allows.

Each race is also run with its guard taken out and must then show a breach, or it would prove nothing.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.support.actions import ActionResult, Actor, blocks_and_bypasses
from tests.infrastructure.concurrency import ConcurrentThreads, NoTransaction
from tests.infrastructure.rounds import rounds
from tests.verification.conftest import app_code
from verification import challenges, enrolments, policies
from verification.challenges import correct_answers
from verification.context import Context
from verification.enrolments import default_method, one_change_at_a_time, removal, storage
from verification.models import AuditEvent, Enrolment, Message, SingleUseCode
from verification.outcomes import Verdict

N_ACTIONS, N_AT_ONCE = rounds(60, 200), 25
ALLOWED = ("totp",)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def threads() -> ConcurrentThreads:
    return ConcurrentThreads(N_AT_ONCE)


@dataclass
class OwnerOfManyApps:
    """One person with many apps. Each action reads its row first, as a request does, and then pauses."""

    user: User
    context: Context

    def make(self, number: int, *, confirmed: bool) -> list[int]:
        made = []
        for _ in range(number):
            row = Enrolment(user=self.user, method="totp", confirmed=confirmed)
            row.secret = b"s" * 20
            if confirmed:
                row.confirmed_at = self.context.now
            row.save(force_insert=True)
            made.append(row.pk)
        return made

    def confirm(self, pk: int) -> None:
        row = Enrolment.objects.select_related("user").get(pk=pk)
        with transaction.atomic():
            enrolments.confirm(row, now=self.context.now)

    def remove(self, pk: int) -> None:
        row = Enrolment.objects.select_related("user").filter(pk=pk, confirmed=True).first()
        if row is not None:
            enrolments.remove(row, self.context, allowed=ALLOWED, one_must_stay=True)

    def prefer(self, pk: int) -> None:
        row = Enrolment.objects.select_related("user").filter(pk=pk, confirmed=True).first()
        if row is not None:
            enrolments.make_default(row, self.context)

    def ways(self) -> int:
        return int(Enrolment.objects.filter(user=self.user, confirmed=True).count())

    def usual(self) -> int:
        return int(Enrolment.objects.filter(user=self.user, confirmed=True, is_default=True).count())


@pytest.fixture
def owner(transactional_db: None) -> OwnerOfManyApps:
    user = User.objects.create(username="ana", name="Ana", email="ana@example.org")
    return OwnerOfManyApps(user, Context(now=timezone.now(), network="192.0.2.7"))


def _caught(run: Callable[[], None]) -> Exception | None:
    try:
        run()
    except DatabaseError as error:
        return error
    return None


def _rush(threads: ConcurrentThreads, runs: list[Callable[[], None]]) -> list[Exception]:
    """Run all actions, twenty-five at a time without a pause, and return the errors."""

    def turn(number: int) -> list[Exception | None]:
        return [_caught(run) for run in runs[number::N_AT_ONCE]]

    return [error for errors in threads.rush(turn) for error in errors if error is not None]


def _mixed(owner: OwnerOfManyApps) -> list[Callable[[], None]]:
    """Registrations, removals and choices, about as many of each, shuffled: many of them meet on the same rows."""
    most, rest = N_ACTIONS * 35 // 100, N_ACTIONS * 30 // 100
    there = owner.make(10, confirmed=True)
    Enrolment.objects.filter(pk=there[0]).update(is_default=True)
    coming = owner.make(most, confirmed=False)
    every = there + coming
    dice = random.Random(20260302)  # noqa: S311  (a shuffle, no secret)
    runs: list[Callable[[], None]] = [lambda pk=pk: owner.confirm(pk) for pk in coming]  # type: ignore[misc]  # bound early
    runs += [lambda pk=pk: owner.remove(pk) for pk in dice.choices(every, k=most)]  # type: ignore[misc]  # the same
    runs += [lambda pk=pk: owner.prefer(pk) for pk in dice.choices(every, k=rest)]  # type: ignore[misc]  # the same
    dice.shuffle(runs)
    assert len(runs) == N_ACTIONS
    return runs


def test_many_actions_leave_one_usual_method_and_a_way_in(owner: OwnerOfManyApps, threads: ConcurrentThreads) -> None:
    errors = _rush(threads, _mixed(owner))

    assert errors == []
    assert owner.usual() == 1
    assert owner.ways() >= 1
    removed = AuditEvent.objects.filter(kind="enrolment.removed").count()
    assert removed == Message.objects.filter(template__contains="method_removed").count()
    assert User.objects.get(pk=owner.user.pk).epoch == 1 + removed


def _all_go(owner: OwnerOfManyApps) -> list[Callable[[], None]]:
    pks = owner.make(N_ACTIONS, confirmed=True)
    Enrolment.objects.filter(pk=pks[0]).update(is_default=True)
    return [lambda pk=pk: owner.remove(pk) for pk in pks]  # type: ignore[misc]  # bound early


def test_many_removals_leave_the_last_one(owner: OwnerOfManyApps, threads: ConcurrentThreads) -> None:
    errors = _rush(threads, _all_go(owner))

    assert (errors, owner.ways(), owner.usual()) == ([], 1, 1)


def _all_come(owner: OwnerOfManyApps) -> list[Callable[[], None]]:
    return [lambda pk=pk: owner.confirm(pk) for pk in owner.make(N_ACTIONS, confirmed=False)]  # type: ignore[misc]  # bound early


def test_many_registrations_make_one_usual_method(owner: OwnerOfManyApps, threads: ConcurrentThreads) -> None:
    errors = _rush(threads, _all_come(owner))

    assert (errors, owner.ways(), owner.usual()) == ([], N_ACTIONS, 1)


# Without the guard ---------------------------------------------------------------------------------------------


_PAUSE = 0.05  # seconds; SQLite lets writers in unevenly, so that a few threads are the last ones


def _take_guard_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the lock, and pause between check and removal, so that the fault shows on every machine.

    On SQLite one transaction that writes is let in at a time, so that the fault shows only without them; on
    PostgreSQL the missing hold is enough.
    """
    keep = storage.keep_counters

    def late(rows: Any) -> None:
        time.sleep(_PAUSE)
        keep(rows)

    monkeypatch.setattr(one_change_at_a_time, "lock_person", lambda user: None)
    monkeypatch.setattr(storage, "keep_counters", late)
    if connection.vendor == "sqlite":
        for module in (default_method, removal):
            monkeypatch.setattr(module, "transaction", SimpleNamespace(atomic=NoTransaction))


RACES: dict[str, Callable[[OwnerOfManyApps], list[Callable[[], None]]]] = {"all go": _all_go, "mixed": _mixed}


@pytest.mark.parametrize("race", RACES)
def test_race_shows_the_missing_guard(
    race: str, owner: OwnerOfManyApps, threads: ConcurrentThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen: all methods gone, no default, or an error because of two defaults."""
    _take_guard_out(monkeypatch)
    is_broken = False
    for _ in range(60):
        Enrolment.objects.all().delete()
        errors = _rush(threads, RACES[race](owner))
        is_broken = is_broken or bool(errors) or owner.ways() == 0 or owner.usual() != 1
        if is_broken:
            break

    assert is_broken


# Through the engine's face -------------------------------------------------------------------------------------


def test_one_person_registers_in_many_tabs(owner: OwnerOfManyApps, threads: ConcurrentThreads) -> None:
    """The last draft wins and the others say that they are gone. No error, and no more methods than allowed.

    An answer counts as a failure while it is checked, so many at once may have to wait.
    """
    rules = policies.rules_for(owner.user.pk)

    def register(number: int) -> Verdict:
        binding = f"tab {number}"
        user = User.objects.get(pk=owner.user.pk)
        issued = challenges.enrol(user, "totp", {}, binding=binding, context=owner.context, rules=rules)
        shown = challenges.show(issued.handle, binding=binding, now=owner.context.now)
        row = Enrolment.objects.filter(ref=shown.ref).first() if shown else None
        if row is None:
            return issued.verdict
        code = app_code(row, owner.context.now)
        return challenges.answer(issued.handle, code, binding=binding, context=owner.context).verdict

    verdicts = threads.rush(register)

    refused = {Verdict.GONE, Verdict.USED, Verdict.ISSUED, Verdict.FULL, Verdict.WRONG, Verdict.WAIT}
    assert set(verdicts) <= {Verdict.PROVEN} | refused
    assert verdicts.count(Verdict.PROVEN) == owner.ways()
    assert owner.usual() == min(1, owner.ways())


def test_codes_renewed_at_once_leave_one_set(owner: OwnerOfManyApps, threads: ConcurrentThreads, settings: Any) -> None:
    """Seen on PostgreSQL: each request deleted what it saw and added its own set, so two sets worked."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def renew(_: int) -> None:
        user = User.objects.get(pk=owner.user.pk)
        enrolments.issue_recovery_codes(user, owner.context, method_name="recovery")

    threads.rush(renew)

    assert Enrolment.objects.filter(method="recovery").count() == 1
    assert SingleUseCode.objects.count() == 10


def test_a_registration_and_an_unlocking_wait_for_each_other(
    owner: OwnerOfManyApps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One took the failures first, the other the person: on PostgreSQL the server ended one of them in an error."""
    rules = policies.rules_for(owner.user.pk)
    here: dict[str, Any] = {"binding": "tab", "context": owner.context}
    begun = challenges.enrol(owner.user, "totp", {}, rules=rules, **here)
    assert challenges.answer(begun.handle, "000000", **here).verdict is Verdict.WRONG
    staff = User.objects.create(username="sue", is_staff=True)
    has_failures, meets = threading.Event(), threading.Event()
    confirm = correct_answers._confirm

    def late(*args: Any, **more: Any) -> None:
        has_failures.set()
        meets.wait(1)  # the other one waits for what we hold, so nobody sets it
        confirm(*args, **more)

    monkeypatch.setattr(correct_answers, "_confirm", late)

    def register() -> Verdict:
        try:
            enrolment = Enrolment.objects.get(user=owner.user, confirmed=False)
            return challenges.answer(begun.handle, app_code(enrolment, owner.context.now), **here).verdict
        finally:
            connection.close()

    def unlock() -> ActionResult:
        try:
            has_failures.wait(5)
            return blocks_and_bypasses.unlock(
                owner.user, Actor(staff=staff, context=owner.context, reason="asked", ticket="1")
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        registered, unlocked = pool.submit(register), pool.submit(unlock)

        assert registered.result() is Verdict.PROVEN
        assert unlocked.result().text
