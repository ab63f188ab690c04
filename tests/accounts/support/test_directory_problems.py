"""Tests of the notice that many people left a directory, or would leave it: who sees it, and when it goes away."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import ldap_directories, ldap_sync, provisioning
from accounts.models import Directory, DirectorySync, DirectorySyncRow, User
from accounts.models.directories import DirectoryKind
from accounts.provisioning import ChangeKind, PersonChange, PersonEntry, ProvisioningMethod, ProvisioningSource
from accounts.support import directory_problems
from tests.every_page.admin_rows import DIRECTORY
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire
from verification.context import Context
from verification.models import AuditEvent

State = DirectorySync.State
PEOPLE = "/admin/accounts/user/"
# What a page tells.
LEFT, WOULD_LEAVE, GROUPS_WOULD_LEAVE = (
    f"directory:{name}" for name in ("many_left", "people_would_leave", "groups_would_leave")
)


@pytest.fixture
def dev(db: None, clock: Clock) -> Person:
    """Someone at the support desk who is signed in."""
    person = hire("dev", "Support desk")
    person.sign_in(to="/admin/")
    return person


@pytest.fixture
def entra(db: None, clock: Clock) -> Directory:
    """A SCIM directory with 20 people."""
    made = Directory.objects.create(name="Entra ID", kind=DirectoryKind.SCIM)
    send_people(made, clock, n_off=0)
    return made


def send_people(directory: Directory, clock: Clock, *, n_off: int) -> None:
    """Let a directory send its people, of which the first are switched off."""
    entries = [
        PersonEntry(key=f"k{n}", username=f"eva{n:02}", name="", email="", is_active=n >= n_off) for n in range(20)
    ]
    changes = [PersonChange(entry=entry, verdict=ChangeKind.CHANGED) for entry in entries]
    list(provisioning.apply_people(directory, changes, ProvisioningSource(way=ProvisioningMethod.SCIM), clock.now))


@pytest.fixture
def staff_ldap(db: None, clock: Clock) -> Directory:
    made = Directory(**DIRECTORY, servers=["ldap.example.org"], sync_minutes=60)
    ldap_directories.seal_password(made, "the secret of the account")
    made.save()
    return made


def stopped(directory: Directory, **more: object) -> DirectorySync:
    """Let a run stop: 30 of 400 people would be switched off."""
    now = timezone.now()
    DirectorySync.objects.filter(directory=directory, state=State.READY).update(state=State.REPLACED)
    values: dict[str, object] = {"state": State.READY, "stopped": True, "made_at": now, "read_at": now}
    numbers = {"n_active": 400, "n_to_do": 30, "n_switched_off": 30}
    run = DirectorySync.objects.create(directory=directory, **(values | numbers | more))
    for name in ("anna", "bert", "cleo", "dirk"):
        DirectorySyncRow.objects.create(sync=run, what="switched_off", name=name, why="missing")
    return run


def test_nothing_is_shown_while_few_leave(entra: Directory, fay: Person, clock: Clock) -> None:
    send_people(entra, clock, n_off=4)

    assert LEFT not in fay.browser.go(PEOPLE).outcomes


# People who left ------------------------------------------------------------------------------------------------


def test_an_administrator_sees_who_left_and_since_when(entra: Directory, fay: Person, clock: Clock) -> None:
    send_people(entra, clock, n_off=5)
    since = timezone.localtime(clock.now).strftime("%H:%M")
    clock.forward(hours=20)
    fay.sign_in(to="/admin/")

    page = fay.browser.go(PEOPLE)

    assert LEFT in page.outcomes
    assert "5 of 20 people" in page
    assert f", {since}" in page
    notice = page.part("data-outcome", LEFT)
    assert "eva00, eva01, eva02" in notice.words
    assert re.search(r"\b2\b", notice.words), "others"
    assert notice.hrefs == [f"/admin/accounts/directory/{entra.pk}/scim/#left"]
    fay.browser.go(notice.hrefs[0])
    assert "eva04" in fay.browser.shown


def test_support_reads_how_to_help_and_no_names(entra: Directory, dev: Person, clock: Clock) -> None:
    send_people(entra, clock, n_off=5)

    page = dev.browser.go(PEOPLE)

    notice = page.part("data-outcome", LEFT)
    assert notice.hrefs == []
    (problem,) = directory_problems.problems(dev.user)
    assert problem.lines[-1] in notice.words
    assert "eva00, eva01" not in page


@pytest.mark.parametrize("n_off", [0, 4])
def test_the_notice_goes_away_when_they_return(entra: Directory, fay: Person, clock: Clock, n_off: int) -> None:
    """Seen failing without `calm`."""
    send_people(entra, clock, n_off=5)
    clock.forward(minutes=30)

    send_people(entra, clock, n_off=n_off)

    assert LEFT not in fay.browser.go(PEOPLE).outcomes


def test_the_notice_goes_away_when_someone_confirms(entra: Directory, fay: Person, clock: Clock) -> None:
    send_people(entra, clock, n_off=5)
    fay.browser.go(f"/admin/accounts/directory/{entra.pk}/scim/left/")

    page = fay.browser.press("Confirm that they left", reason="The site in Bern closed.")

    assert LEFT not in page.outcomes
    assert LEFT not in fay.browser.go(PEOPLE).outcomes
    event = AuditEvent.objects.get(kind="directory.departures_confirmed")
    assert (event.actor_id, event.detail["n"], event.detail["of"]) == (fay.user.pk, 5, 20)
    assert User.objects.filter(directory=entra, is_active=False).count() == 5


def test_a_later_alarm_shows_the_notice_again(entra: Directory, fay: Person, clock: Clock) -> None:
    send_people(entra, clock, n_off=5)
    assert provisioning.end_alarm(entra)
    clock.forward(hours=2)

    send_people(entra, clock, n_off=11)

    assert "6 of 15 people" in fay.browser.go(PEOPLE)


# People who would leave -----------------------------------------------------------------------------------------


def test_a_run_that_waits_is_shown_until_it_is_decided(
    staff_ldap: Directory, fay: Person, dev: Person, clock: Clock
) -> None:
    run = stopped(staff_ldap)

    page = fay.browser.go(PEOPLE)
    assert WOULD_LEAVE in page.outcomes
    assert directory_problems.would_go(run) in page
    notice = page.part("data-outcome", WOULD_LEAVE)
    assert "30 of 400 people" in notice.words
    assert "anna, bert, cleo" in notice.words
    assert re.search(r"\b27\b", notice.words), "others"
    assert notice.hrefs == [f"/admin/accounts/directory/runs/{run.ref}/"]
    assert WOULD_LEAVE in dev.browser.go(PEOPLE).outcomes
    assert "anna, bert" not in dev.browser.shown
    context = Context(now=timezone.now())
    assert ldap_sync.cancel(run, fay.user, context, reason="The base was incorrect.")
    assert WOULD_LEAVE not in fay.browser.go(PEOPLE).outcomes


def test_a_run_that_waits_says_since_when_the_first_one_stopped(
    staff_ldap: Directory, fay: Person, clock: Clock
) -> None:
    since = timezone.localtime(clock.now).strftime("%H:%M")
    stopped(staff_ldap)
    clock.forward(minutes=20)

    stopped(staff_ldap)

    assert f", {since}" in quiet_line(fay.browser.go(PEOPLE))


def quiet_line(page: Page) -> str:
    (line,) = [each for each in page.html.splitlines() if "Nothing has been changed since" in each]
    return line


def test_a_run_that_would_remove_groups_says_so(staff_ldap: Directory, fay: Person, clock: Clock) -> None:
    """Seen failing: "0 of 400 people would be switched off"."""
    run = stopped(staff_ldap, n_switched_off=0, n_groups_removed=6, n_groups_known=8)

    page = fay.browser.go(PEOPLE)

    assert GROUPS_WOULD_LEAVE in page.outcomes
    assert "6 of 8 groups" in page
    assert "6 of 8 groups" in fay.browser.go(reverse("admin:directory-run", args=[run.ref]))
