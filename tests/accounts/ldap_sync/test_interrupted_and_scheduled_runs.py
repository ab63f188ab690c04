"""Tests of when a sync runs: after an interruption, one at a time, and at its interval."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone

from accounts import ldap_sync
from accounts.ldap_sync import applying_batches, sync_runs
from accounts.models import Directory, DirectorySync, DirectorySyncBatch, User
from tests.accounts.ldap_sync.runs import State, context, events, preview, sync_now
from tests.real_programs.slapd import BASE, Slapd
from tests.simulated.people import Clock, Person

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd_jobs")]


# Interruptions ----------------------------------------------------------------------------------------------------


class WorkerKilled(BaseException):
    """A worker that dies."""


def test_a_run_that_is_interrupted_while_it_applies_is_finished_without_repeating(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slapd.people(f"p{n}" for n in range(1100))
    made, true = directory(), applying_batches.apply
    done = []

    def apply_once(sync: DirectorySync, batch: DirectorySyncBatch, now: datetime) -> int:
        found = true(sync, batch, now)
        done.append(found)
        if len(done) == 2:
            raise WorkerKilled  # within the transaction of the second batch
        return found

    monkeypatch.setattr(applying_batches, "apply", apply_once)
    with pytest.raises(WorkerKilled):
        sync_now(made)
    n_before = User.objects.count()
    assert sync_runs.work(timezone.now()) == 0  # its lease still runs
    clock.forward(minutes=6)

    assert sync_runs.work(timezone.now()) == 1

    sync = DirectorySync.objects.get()
    assert (n_before, User.objects.count()) == (500, 1100)
    assert (sync.state, sync.n_done, sync.n_starts) == (State.DONE, 1100, 2)
    assert len(events("directory.person_added")) == 1100
    assert events("directory.sync_done") == ["directory.sync_done"]


def test_a_run_that_is_interrupted_while_it_reads_starts_again(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slapd.people(f"p{n}" for n in range(1100))
    made, true = directory(), sync_runs._keep

    def die(sync: DirectorySync, found: Counter[str]) -> None:
        true(sync, found)
        raise WorkerKilled

    monkeypatch.setattr(sync_runs, "_keep", die)
    with pytest.raises(WorkerKilled):
        sync_now(made)
    assert DirectorySyncBatch.objects.count() == 1
    monkeypatch.undo()
    clock.forward(minutes=6)

    sync_runs.work(timezone.now())

    sync = DirectorySync.objects.get()
    assert (sync.state, sync.n_added, User.objects.count()) == (State.DONE, 1100, 1100)
    assert sync.rows.count() == 1100


def test_a_run_that_always_kills_its_worker_ends(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise WorkerKilled

    monkeypatch.setattr(sync_runs, "_read", die)
    sync_runs._make(directory(), timezone.now())
    for _turn in range(5):
        with pytest.raises(WorkerKilled):
            sync_runs.work(timezone.now())
        clock.forward(minutes=6)

    sync_runs.work(timezone.now())

    assert DirectorySync.objects.get().state == State.FAILED


def test_only_one_run_of_a_directory_is_under_way(
    directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    made = directory()
    first = ldap_sync.begin(made, fay.user, context(), is_preview=False, reason="now")

    assert ldap_sync.begin(made, fay.user, context(), is_preview=True) == first
    assert ldap_sync.schedule(timezone.now()) == 0
    assert ldap_sync.cancel(first, fay.user, context(), reason="not yet")
    assert not ldap_sync.cancel(first, fay.user, context(), reason="not yet")
    assert sync_runs.work(timezone.now()) == 0


# The schedule -----------------------------------------------------------------------------------------------------


def test_a_directory_is_read_when_its_interval_is_over(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    directory(sync_minutes=60)
    starts = []

    for _turn in range(9):
        starts.append(ldap_sync.schedule(timezone.now()))
        sync_runs.work(timezone.now())
        clock.forward(minutes=15)

    assert starts == [1, 0, 0, 0, 1, 0, 0, 0, 1]


def test_a_run_that_failed_is_tried_again_sooner(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    directory(sync_minutes=1440, base=f"ou=elsewhere,{BASE}")
    starts = []

    for _turn in range(4):
        starts.append(ldap_sync.schedule(timezone.now()))
        sync_runs.work(timezone.now())
        clock.forward(minutes=6)

    assert starts == [1, 0, 1, 0]


@pytest.mark.parametrize("off", [{"is_active": False}, {"sync_minutes": 0}])
def test_a_directory_that_is_off_is_not_read(
    directory: Callable[..., Directory], clock: Clock, off: dict[str, object]
) -> None:
    directory(**off)

    assert ldap_sync.schedule(timezone.now()) == 0


def test_a_directory_without_a_complete_answer_for_three_intervals_is_stale(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    made = directory(sync_minutes=15)
    sync_now(made)

    def stale() -> bool:
        return ldap_sync.is_stale(ldap_sync.health_of(made), timezone.now())

    assert not stale()
    clock.forward(minutes=46)
    assert stale()


def test_old_runs_are_deleted(slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person) -> None:
    slapd.people(["anna"])
    made = directory()
    shown = preview(made, fay)

    clock.forward(hours=25)
    ldap_sync.purge(timezone.now())
    shown.refresh_from_db()

    assert (shown.state, shown.batches.count(), shown.rows.count()) == (State.REPLACED, 0, 1)
    clock.forward(days=7)
    ldap_sync.purge(timezone.now())
    assert not shown.rows.exists()
    clock.forward(days=30)
    ldap_sync.purge(timezone.now())
    assert not DirectorySync.objects.exists()
