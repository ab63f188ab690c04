"""Tests of the staff pages about what directories supply. A run is made by hand: no LDAP server is needed."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts import ldap_directories
from accounts.models import Directory, DirectorySync, DirectorySyncRow, User
from accounts.models.directories import SyncEvery
from accounts.support import directory_problems
from accounts.support.directory_sync_pages import row_words, views
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire
from verification.models import AuditEvent

State = DirectorySync.State
LIST = "/admin/accounts/directory/"


@pytest.fixture
def directory(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"], sync_minutes=60)
    ldap_directories.seal_password(made, "the secret of the account")
    made.save()
    return made


@pytest.fixture
def viewer(db: None, clock: Clock) -> Person:
    """A member of staff who may see directories and not change them."""
    person = hire("vera", "Auditors")
    right = Permission.objects.get(codename="view_directory", content_type__app_label="accounts")
    person.user.user_permissions.add(right)
    person.sign_in(to="/admin/")
    return person


def ready(directory: Directory, **more: object) -> DirectorySync:
    """A run that has stopped: 30 of 400 people would be switched off."""
    now = timezone.now()
    values: dict[str, object] = {
        "state": State.READY,
        "stopped": True,
        "made_at": now,
        "read_at": now,
        "n_active": 400,
        "n_read": 371,
        "n_to_do": 31,
        "n_switched_off": 30,
        "n_changed": 1,
    }
    run = DirectorySync.objects.create(directory=directory, **(values | more))
    DirectorySyncRow.objects.create(sync=run, what="switched_off", name="anna", why="missing")
    fields = {"name": ["Bert", "Bert Huber"], "mobile": ["", "•••\xa0••\xa023"]}
    DirectorySyncRow.objects.create(sync=run, what="changed", name="bert", fields=fields)
    DirectorySyncRow.objects.create(sync=run, what="refused", name="olga", why="staff")
    DirectorySyncRow.objects.create(sync=run, what="group", name="vpn", why="changed", fields={"joined": 2, "left": 1})
    DirectorySyncRow.objects.create(sync=run, what="group", name="cars", why="added", fields={"joined": 1, "left": 0})
    return run


def opened(person: Person, directory: Directory) -> Page:
    return person.browser.go(f"{LIST}{directory.pk}/sync/")


def test_the_page_of_a_directory_says_that_a_run_waits(directory: Directory, fay: Person) -> None:
    run = ready(directory)

    page = opened(fay, directory)

    assert directory_problems.would_go(run) in page
    assert "30 of 400 people" in page
    assert "every hour" in page


def test_the_page_counts_the_people_of_a_directory_who_can_sign_in(directory: Directory, fay: Person) -> None:
    """Seen failing: people who are blocked, or whose second step is locked, were counted."""
    kept_out = {"blocked_until": timezone.now() + timedelta(hours=1)}, {"second_step_locked_at": timezone.now()}
    for number, fields in enumerate(({}, *kept_out)):
        name = f"anna{number}"
        User.objects.create(username=name, directory=directory, directory_key=name, **fields)

    page = opened(fay, directory)

    n_people, *_others = re.findall(r"\d+", page.part("class", "tiles").words)
    assert n_people == "1"


def test_a_run_lists_every_change_with_its_reason(directory: Directory, fay: Person) -> None:
    run = ready(directory)

    page = fay.browser.go(f"{LIST}runs/{run.ref}/")

    for words in (
        "No longer in the directory",
        "Name: Bert → Bert Huber",
        "Mobile number: – → ••• •• 23",
        "Staff are never taken over",
        "2 join, 1 leave",
        "New, with 1 member",
    ):
        assert words in page
    assert "1 members" not in page


def test_a_directory_that_is_read_only_on_demand_says_so_in_its_form(directory: Directory, fay: Person) -> None:
    """Seen failing: the choice whose value is 0 was called "Choose one"."""
    page = fay.browser.go(f"{LIST}{directory.pk}/change/")

    assert str(SyncEvery.NEVER.label) in page
    assert "Choose one" not in page


def test_a_confirmation_names_the_numbers_and_needs_a_reason(directory: Directory, fay: Person) -> None:
    run = ready(directory)
    page = fay.browser.go(f"{LIST}runs/{run.ref}/confirm/")

    assert page.offers("Switch off 30 of 400 people")
    fay.browser.press("Switch off 30 of 400 people", reason="")
    run.refresh_from_db()
    assert run.state == State.READY
    fay.browser.press("Switch off 30 of 400 people", reason="The site in Bern closed.")

    run.refresh_from_db()
    assert run.state == State.APPLYING
    event = AuditEvent.objects.get(kind="directory.sync_confirmed")
    assert (event.actor_id, event.detail["n_off"], event.detail["of"]) == (fay.user.pk, 30, 400)


def test_a_preview_starts_a_run_and_its_page_shows_the_progress(directory: Directory, fay: Person) -> None:
    opened(fay, directory)

    page = fay.browser.press("Preview changes")

    run = DirectorySync.objects.get()
    assert (run.is_preview, run.state, page.path) == (True, State.WAITING, f"{LIST}runs/{run.ref}/")
    told = fay.browser.client.get(f"{LIST}runs/{run.ref}/status/").json()
    assert told["reload"] is False
    assert not AuditEvent.objects.filter(kind="directory.sync_started").exists()


def test_a_run_is_started_with_a_reason_and_cancelled(directory: Directory, fay: Person) -> None:
    fay.browser.go(f"{LIST}{directory.pk}/sync/start/")
    fay.browser.press("Sync now", reason="Anna left today.")
    run = DirectorySync.objects.get()
    fay.browser.go(f"{LIST}runs/{run.ref}/cancel/")

    fay.browser.press("Cancel this run", reason="Not yet.")

    run.refresh_from_db()
    assert run.state == State.CANCELLED
    kinds = AuditEvent.objects.filter(kind__startswith="directory.sync").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["directory.sync_started", "directory.sync_cancelled"]


def test_the_changes_are_exported(directory: Directory, fay: Person) -> None:
    run = ready(directory)
    fay.browser.go(f"{LIST}runs/{run.ref}/export/")

    page = fay.browser.press("Export", reason="for the works council")

    assert f"{row_words.HEADINGS['switched_off']},anna,{row_words.WHY['missing']}" in page.html


@pytest.mark.parametrize(
    "path", ["{pk}/sync/preview/", "{pk}/sync/start/", "runs/{ref}/confirm/", "runs/{ref}/cancel/"]
)
def test_only_someone_who_may_change_directories_acts(directory: Directory, viewer: Person, path: str) -> None:
    run = ready(directory)
    at = LIST + path.format(pk=directory.pk, ref=run.ref)

    answer = viewer.browser.client.post(at, {"reason": "x", "form_ref": "0" * 32})

    assert answer.status_code == 403
    assert viewer.browser.go(f"{LIST}runs/{run.ref}/").status == 200
    run.refresh_from_db()
    assert run.state == State.READY


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "It starts within a few seconds"),
        ("reading", "Reading the directory"),
        ("applying", "Applying the changes"),
        ("done", "The changes were applied"),
        ("failed", "ldaps://ldap.example.org:636: Size limit exceeded"),
        ("cancelled", "Cancelled"),
        ("replaced", "A later run has replaced this one"),
    ],
)
def test_every_state_of_a_run_is_in_words(directory: Directory, fay: Person, state: str, words: str) -> None:
    run = ready(directory, state=state, error="ldaps://ldap.example.org:636: Size limit exceeded")

    assert words in fay.browser.go(f"{LIST}runs/{run.ref}/")
    assert opened(fay, directory).status == 200


@pytest.mark.parametrize(
    ("n_done", "words"), [(0, "Nothing was changed."), (3, "Changes that have already been applied stay.")]
)
def test_a_cancelled_run_says_what_stays(directory: Directory, fay: Person, n_done: int, words: str) -> None:
    run = ready(directory, state="cancelled", n_done=n_done)

    assert words in fay.browser.go(f"{LIST}runs/{run.ref}/")


def test_discarding_a_preview_says_that_nothing_of_it_is_applied(directory: Directory, fay: Person) -> None:
    run = ready(directory)

    assert "None of them is applied." in fay.browser.go(f"{LIST}runs/{run.ref}/cancel/")


@pytest.mark.parametrize("invites", [True, False])
def test_a_confirmation_says_if_people_are_invited(directory: Directory, fay: Person, invites: bool) -> None:
    Directory.objects.update(invites_people=invites)
    run = ready(directory, n_added=3, n_switched_off=0, stopped=False, is_preview=True)

    page = fay.browser.go(f"{LIST}runs/{run.ref}/confirm/")

    assert (str(views.INVITES) in page) is invites


@pytest.mark.parametrize("minutes", [0, 60])
def test_a_first_run_leads_to_the_choice_of_an_interval(directory: Directory, fay: Person, minutes: int) -> None:
    Directory.objects.update(sync_minutes=minutes)
    run = ready(directory, state=State.DONE, stopped=False)

    page = fay.browser.go(f"{LIST}runs/{run.ref}/")

    assert page.leads_to(f"{LIST}{directory.pk}/change/") is (minutes == 0)
