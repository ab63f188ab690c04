"""Tests of whole runs against a real OpenLDAP: what changes, what stops a run, and what an interruption leaves."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import ldap_sync
from accounts.ldap_directories import ldap_binds_and_searches
from accounts.ldap_sync import sync_runs
from accounts.models import Directory, DirectorySyncBatch, User
from accounts.support.directory_sync_pages import row_words
from tests.accounts.ldap_sync.runs import State, context, counts, dn, members, preview, rows, sync_now
from tests.real_programs.slapd import Slapd
from tests.simulated.people import Clock, Person, hire, join
from verification.models import AuditEvent

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd_jobs")]


# What a run changes ----------------------------------------------------------------------------------------------


def test_adds_people_and_groups_and_a_second_run_changes_nothing(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(f"p{n}" for n in range(620))
    slapd.group("staff", f"member: {dn('p1')}", f"member: {dn('p2')}")
    made = directory()

    first = sync_now(made)
    n_events = AuditEvent.objects.count()
    epochs = list(User.objects.order_by("pk").values_list("epoch", "directory_seen_at"))
    clock.forward(minutes=60)
    second = sync_now(made)

    assert (first.state, counts(first)) == (State.DONE, {"added": 620, "groups_changed": 1})
    assert (second.state, counts(second)) == (State.DONE, {"unchanged": 620})
    assert AuditEvent.objects.count() == n_events
    assert list(User.objects.order_by("pk").values_list("epoch", "directory_seen_at")) == epochs
    assert members("staff") == {"p1", "p2"}
    assert not second.rows.exists()
    assert not DirectorySyncBatch.objects.exists()


def test_statements_do_not_grow_with_groups_that_stay_the_same(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """Seen failing with two statements for each group: its members, and the progress."""
    slapd.people(["anna", "bert"])
    made, counts = directory(), []
    for first, n in ((0, 3), (3, 40)):
        for each in range(first, n):
            slapd.group(f"g{each}", f"member: {dn('anna')}")
        sync_now(made)
        with CaptureQueriesContext(connection) as seen:
            assert sync_now(made).n_groups == n
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_follows_renames_changes_and_groups(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    slapd.people(["anna", "bert"])
    slapd.group("staff", f"member: {dn('anna')}")
    made = directory()
    sync_now(made)
    anna = User.objects.get(username="anna")

    slapd.rename("anna", "anna.huber")
    slapd.change("anna.huber", "replace: cn\ncn: Anna Huber")
    slapd.change_group("staff", f"replace: member\nmember: {dn('bert')}")
    again = sync_now(made)

    assert counts(again) == {"changed": 1, "unchanged": 1, "groups_changed": 1}
    anna.refresh_from_db()
    assert (anna.username, anna.name) == ("anna.huber", "Anna Huber")
    assert members("staff") == {"bert"}
    assert again.rows.get(what="changed").user == anna
    assert again.rows.get(what="changed").fields == {
        "username": ["anna", "anna.huber"],
        "name": ["Anna", "Anna Huber"],
    }


def test_people_who_are_gone_or_disabled_are_switched_off_until_they_return(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert", "cleo"])
    made = directory()
    sync_now(made)
    keys = dict(User.objects.values_list("username", "pk"))

    slapd.change("anna", "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    slapd.change("bert", "replace: employeeType\nemployeeType: guest")
    Directory.objects.filter(pk=made.pk).update(person_filter="(&(uid={username})(!(employeeType=guest)))")
    made.refresh_from_db()
    off = sync_now(made)
    who_is_off = set(User.objects.filter(is_active=False).values_list("username", flat=True))
    slapd.change("anna", "delete: pwdAccountLockedTime")
    slapd.change("bert", "delete: employeeType")
    on = sync_now(made)

    assert counts(off) == {"switched_off": 2, "unchanged": 1}
    assert who_is_off == {"anna", "bert"}
    assert rows(off) == {("switched_off", "anna", ""), ("switched_off", "bert", "missing")}
    assert counts(on) == {"switched_on": 2, "unchanged": 1}
    assert dict(User.objects.filter(is_active=True).values_list("username", "pk")) == keys


def test_someone_who_is_disabled_from_the_start_gets_no_account(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert"])
    slapd.change("bert", "replace: employeeType\nemployeeType: left")
    slapd.group("staff", f"member: {dn('anna')}", f"member: {dn('bert')}")
    made = directory(disabled_filter="(employeeType=left)")

    sync_now(made)
    second = sync_now(made)

    assert set(User.objects.values_list("username", flat=True)) == {"anna"}
    assert counts(second) == {"unchanged": 2}


def test_a_group_that_is_gone_is_removed(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    slapd.people(["anna"])
    slapd.group("staff", f"member: {dn('anna')}")
    made = directory(group_filter="(cn=staff)")
    sync_now(made)

    Directory.objects.filter(pk=made.pk).update(group_filter="(cn=other)")
    made.refresh_from_db()
    again = sync_now(made)

    assert rows(again) == {("group", "staff", "gone")}
    assert not Group.objects.filter(name="staff").exists()


def test_a_preview_shows_who_would_be_linked_and_refused_and_changes_nothing(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    anna, olga = join("anna"), hire("olga", "Support desk")
    slapd.people(["anna", "olga", "cleo"])
    made = directory(link_by="username")

    shown = preview(made, fay)
    before = set(User.objects.filter(directory=made))

    assert (shown.state, counts(shown)) == (State.READY, {"added": 1, "linked": 1, "refused": 1})
    assert rows(shown) == {("linked", "anna", "username"), ("refused", "olga", "staff"), ("added", "cleo", "")}
    assert before == set()
    assert ldap_sync.confirm(shown, fay.user, context(), reason="as agreed")
    sync_runs.work(timezone.now())
    shown.refresh_from_db()
    assert shown.state == State.DONE
    anna.user.refresh_from_db()
    olga.user.refresh_from_db()
    assert anna.user.directory == made
    assert olga.user.directory is None
    assert not ldap_sync.confirm(shown, fay.user, context(), reason="twice")


# The schedule -----------------------------------------------------------------------------------------------------


def test_the_session_of_someone_who_left_ends_with_the_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna", "bert"])
    made = directory(link_by="username")
    anna = join("anna").set_up("totp")
    anna.sign_in()
    assert anna.browser.go("/methods/").path == "/methods/"
    sync_now(made)
    slapd.remove("anna")

    sync_now(made)

    assert anna.browser.go("/methods/").path == "/sign-in/"


@pytest.mark.parametrize("page", [500, 1])
def test_two_people_swap_usernames_in_one_run(
    page: int,
    slapd: Slapd,
    directory: Callable[..., Directory],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both were refused in every run, also if they were on different pages. Seen failing."""
    monkeypatch.setattr(ldap_binds_and_searches, "PAGE", page)
    slapd.people(["anna", "bert", "carl"])
    made = directory()
    sync_now(made)
    keys = dict(User.objects.values_list("username", "pk"))

    slapd.rename("anna", "other")
    slapd.rename("bert", "anna")
    slapd.rename("other", "bert")
    again = sync_now(made)

    assert counts(again) == {"changed": 2, "unchanged": 1}
    assert dict(User.objects.values_list("username", "pk")) == {**keys, "anna": keys["bert"], "bert": keys["anna"]}
    assert counts(sync_now(made)) == {"unchanged": 3}


def test_username_that_is_taken_is_named_beside_what_changed(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """The row named the changed fields alone. Seen failing."""
    User.objects.create(username="local")
    slapd.people(["anna"])
    made = directory()
    sync_now(made)

    slapd.rename("anna", "local")
    slapd.change("local", "replace: cn\ncn: Anna Huber")
    again = sync_now(made)

    row = again.rows.get()
    assert (row.what, row.why) == ("changed", "username_taken")
    assert row_words.lines(row)[-1] == str(row_words.WHY["username_taken"])


def test_names_that_are_too_long_are_said_to_be_shortened_in_each_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """Seen failing: nobody could see that the end was missing."""
    long_name = "Team " * 31 + "Bern"
    slapd.people(["anna", "bert"])
    slapd.change("anna", f"replace: cn\ncn: {long_name}")
    slapd.group(long_name, f"member: {dn('anna')}")
    slapd.group("cars", f"member: {dn('bert')}")
    made = directory()

    first = sync_now(made)
    clock.forward(minutes=60)
    second = sync_now(made)

    cut = long_name[:150].strip()
    too_long = {("shortened", "anna", "long_name"), ("shortened", cut, "long_group_name")}
    assert (first.n_groups_changed, second.n_to_do) == (2, 0)
    assert too_long < rows(first)
    assert rows(second) == too_long
    assert row_words.lines(second.rows.get(name="anna")) == [str(row_words.WHY["long_name"])]


def test_an_email_address_that_is_none_is_named_beside_what_is_added(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """Seen failing: the person was added without it, and nothing said so."""
    slapd.people(["anna"])
    slapd.change("anna", "replace: mail\nmail: anna at example.org")

    first = sync_now(directory())

    assert rows(first) == {("added", "anna", "invalid_email")}
