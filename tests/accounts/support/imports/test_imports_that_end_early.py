"""Tests of imports that fail, are cancelled, or lose the right of the person who started them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import Import, User
from accounts.support.imports import jobs, people_rows
from tests.accounts.support.imports.people_files import HEAD, IMPORT, ROW, import_people
from tests.simulated.people import Person
from verification.context import Context
from verification.models import AuditEvent


def test_a_file_at_which_our_program_fails_has_failed(
    root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(people_rows, "apply", broken)

    job = import_people(f"{HEAD}\n{ROW}\n", root.user, context)

    assert (job.state, job.sealed, len(job.faults)) == ("failed", "", 1)
    assert job.faults[0][0] == 0
    assert jobs.work(context.now) == 0


def test_a_file_that_stops_its_worker_again_and_again_has_failed(
    root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WorkerKilled(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise WorkerKilled

    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, context, name="x", is_dry_run=False)
    monkeypatch.setattr(people_rows, "apply", killed)
    for n in range(5):
        with pytest.raises(WorkerKilled):
            jobs.work(context.now + n * jobs._LEASE * 2)

    assert jobs.work(context.now + 10 * jobs._LEASE) == 1
    job.refresh_from_db()
    assert (job.state, job.sealed) == ("failed", "")


def test_a_database_that_is_away_ends_no_file(root: Person, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = people_rows.apply

    def away(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, context, name="x", is_dry_run=False)
    monkeypatch.setattr(people_rows, "apply", away)
    with pytest.raises(OperationalError):
        jobs.work(context.now)
    monkeypatch.setattr(people_rows, "apply", apply)

    assert jobs.work(context.now + 2 * jobs._LEASE) == 1
    job.refresh_from_db()
    assert (job.state, job.n_new) == ("done", 1)


# Cancelling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_dry_run", "button", "words"),
    [
        (True, "Cancel check", "Check cancelled Nothing was imported."),
        (False, "Cancel import", "Import cancelled Rows that were imported before stay."),
    ],
)
def test_an_import_and_its_check_are_cancelled_on_their_page(
    fay: Person, context: Context, is_dry_run: bool, button: str, words: str
) -> None:
    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", fay.user, context, name="p.csv", is_dry_run=is_dry_run)
    fay.browser.go(f"{IMPORT}{job.ref}/")
    fay.browser.follow(button)
    page = fay.browser.press(button, reason="The wrong file.")

    assert words in page
    assert page.notices == ["warn"]
    assert jobs.work(timezone.now()) == 0
    job = Import.objects.get()
    assert (job.state, job.sealed) == ("cancelled", "")
    event = AuditEvent.objects.get(kind="people.import_cancelled")
    assert event.actor_id == fay.user.pk
    assert not page.offers("Import 1")


@pytest.mark.parametrize(
    ("is_dry_run", "words"),
    [
        (True, "The check stopped Nothing was imported."),
        (False, "The import stopped Rows that were imported before stay."),
    ],
)
def test_a_page_says_whether_the_check_or_the_import_stopped(
    fay: Person, context: Context, monkeypatch: pytest.MonkeyPatch, is_dry_run: bool, words: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(people_rows, "apply", broken)
    job = import_people(f"{HEAD}\n{ROW}\n", fay.user, context, is_dry_run=is_dry_run)

    assert words in fay.browser.go(f"{IMPORT}{job.ref}/")


def test_cancelling_keeps_what_was_applied_and_stops_the_rest(
    root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is in the midst of its second step."""
    job = jobs.begin(
        "people",
        HEAD + "\n" + "".join(f"p{n},,,,\n" for n in range(1_400)),
        root.user,
        context,
        name="x",
        is_dry_run=False,
    )
    step = jobs._step

    def cancelled_meanwhile(running: Import, *more: Any) -> None:
        if running.n_done:
            assert jobs.cancel(job, root.user, context, reason="Enough.")
        step(running, *more)

    monkeypatch.setattr(jobs, "_step", cancelled_meanwhile)
    jobs.work(context.now)

    job.refresh_from_db()
    assert (job.state, job.n_done, job.n_new) == ("cancelled", 500, 500)
    assert User.objects.filter(username__startswith="p").count() == 500
    assert not jobs.cancel(job, root.user, context, reason="Again.")


LOST: tuple[dict[str, Any], ...] = (
    {"is_active": False},
    {"is_staff": False},
    {"is_superuser": False},
    {"blocked_until": datetime(2100, 1, 1, tzinfo=UTC)},
)


@pytest.mark.parametrize("change", LOST)
def test_a_file_ends_with_the_right_of_the_person_who_brought_it(
    root: Person, context: Context, change: dict[str, Any]
) -> None:
    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, context, name="x", is_dry_run=False)
    User.objects.filter(pk=root.user.pk).update(**change)

    jobs.work(context.now)

    job.refresh_from_db()
    assert (job.state, job.n_new, job.sealed) == ("failed", 0, "")
    assert [line for line, _words in job.faults] == [0]
