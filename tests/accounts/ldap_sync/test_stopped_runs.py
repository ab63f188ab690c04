"""Tests of what stops a sync before it changes anything: half an answer, or many people who would leave."""

import re
import signal
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import ldap_sync
from accounts.ldap_sync import sync_runs
from accounts.models import Directory, DirectorySyncBatch, User
from accounts.support import directory_problems
from tests.accounts.ldap_sync.runs import State, context, counts, dn, events, members, preview, rows, sync_now
from tests.real_programs.slapd import LIMITED, MAX_ENTRIES, Slapd
from tests.simulated.people import Clock, Person, join
from verification.models import AuditEvent

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd_jobs")]


def test_a_list_that_is_cut_off_changes_nothing(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(f"p{n}" for n in range(MAX_ENTRIES + 1))
    made = directory(account=LIMITED)

    failed = sync_now(made)

    assert failed.state == State.FAILED
    assert "Size limit exceeded" in failed.error
    assert not User.objects.exists()
    assert not DirectorySyncBatch.objects.exists()
    assert not failed.rows.exists()
    assert events() == ["directory.sync_failed"]


def test_many_who_would_leave_stop_the_run_until_someone_confirms_the_numbers(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    slapd.people(f"p{n}" for n in range(20))
    made = directory()
    sync_now(made)
    slapd.remove("p1", "p2", "p3", "p4", "p5")
    slapd.people(["new"])

    stopped, again = sync_now(made), sync_now(made)
    stopped.refresh_from_db()

    assert (stopped.state, again.state) == (State.REPLACED, State.READY)
    assert (again.stopped, again.n_switched_off, again.n_active) == (True, 5, 20)
    assert User.objects.filter(is_active=True, directory=made).count() == 20
    assert events("directory.sync_stopped") == ["directory.sync_stopped"]
    assert ldap_sync.confirm(again, fay.user, context(), reason="They left.")
    sync_runs.work(timezone.now())
    assert User.objects.filter(is_active=False).count() == 5
    confirmed = AuditEvent.objects.get(kind="directory.sync_confirmed")
    assert (confirmed.detail["n_off"], confirmed.detail["of"]) == (5, 20)


def test_many_who_would_be_taken_over_as_disabled_stop_the_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """Seen failing: they were only counted as taken over."""
    names = [f"p{n}" for n in range(5)]
    for name in names:
        join(name)
        slapd.person(name)
        slapd.change(name, "replace: employeeType\nemployeeType: left")
    made = directory(link_by="username", disabled_filter="(employeeType=left)")

    stopped = sync_now(made)

    assert (stopped.state, stopped.stopped, stopped.n_switched_off) == (State.READY, True, 5)
    assert rows(stopped) == {("switched_off", name, "") for name in names}
    assert User.objects.filter(is_active=True, directory=None).count() == 5


def test_many_groups_that_would_go_stop_the_run_with_their_number(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    """Seen failing: the event counted the people who would be switched off, none, and said nothing about groups."""
    slapd.people(["anna"])
    for n in range(6):
        slapd.group(f"g{n}", f"member: {dn('anna')}")
    made = directory()
    sync_now(made)
    for n in range(5):
        slapd.remove_group(f"g{n}")

    stopped = sync_now(made)

    assert (stopped.state, stopped.stopped) == (State.READY, True)
    assert (stopped.n_switched_off, stopped.n_groups_removed, stopped.n_groups_known) == (0, 5, 6)
    assert AuditEvent.objects.get(kind="directory.sync_stopped").detail["n_groups"] == 5
    assert ldap_sync.confirm(stopped, fay.user, context(), reason="They are not needed.")
    sync_runs.work(timezone.now())
    assert made.groups.count() == 1


def test_groups_that_would_lose_everyone_stop_the_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    """As after a service account lost the right to read members. Seen failing: everyone lost what groups gave them."""
    slapd.people(["anna", "bert"])
    for n in range(5):
        slapd.group(f"g{n}", f"member: {dn('anna')}")
    slapd.group("g5", f"member: {dn('anna')}", f"member: {dn('bert')}")
    made = directory()
    sync_now(made)
    for n in range(6):
        slapd.change_group(f"g{n}", f"replace: member\nmember: {dn('stranger')}")

    stopped = sync_now(made)

    assert (stopped.state, stopped.stopped) == (State.READY, True)
    assert (stopped.n_groups_removed, stopped.n_groups_changed, stopped.n_groups_known) == (6, 6, 6)
    assert members("g5") == {"anna", "bert"}


def test_people_who_leave_bit_by_bit_within_an_hour_stop_the_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    """Seen failing: four of twenty left in each run, until nobody was left."""
    slapd.people(f"p{n}" for n in range(20))
    made = directory()
    sync_now(made)

    slapd.remove("p0", "p1", "p2", "p3")
    first = sync_now(made)
    clock.forward(minutes=15)
    slapd.remove("p4")
    second = sync_now(made)
    said = directory_problems.went_before(second)
    assert ldap_sync.confirm(second, fay.user, context(), reason="They left.")
    sync_runs.work(timezone.now())
    slapd.remove("p5", "p6", "p7", "p8")
    third = sync_now(made)  # who left with the confirmed run counts no more
    clock.forward(minutes=61)
    slapd.remove("p9", "p10", "p11", "p12")
    fourth = sync_now(made)

    assert [each.state for each in (first, second, third, fourth)] == [State.DONE, State.READY, State.DONE, State.DONE]
    assert re.findall(r"\d+", said) == ["4"]


def test_four_of_four_may_leave_without_a_question(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["a", "b", "c", "d"])
    made = directory()
    sync_now(made)
    slapd.remove("a", "b", "c", "d")

    assert sync_now(made).state == State.DONE
    assert not User.objects.filter(is_active=True).exists()


def test_a_confirmation_ends_after_a_day_and_with_the_next_run(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock, fay: Person
) -> None:
    slapd.people(["anna"])
    made = directory()
    first = preview(made, fay)
    second = preview(made, fay)

    assert not ldap_sync.confirm(first, fay.user, context(), reason="too late")
    clock.forward(hours=24)
    assert not ldap_sync.confirm(second, fay.user, context(), reason="too late")
    assert not User.objects.filter(directory=made).exists()


def test_the_last_administrator_stays(slapd: Slapd, directory: Callable[..., Directory], clock: Clock) -> None:
    """Seen failing without an event: the audit log said nothing about it."""
    slapd.people(["fay", "anna"])
    made = directory()
    sync_now(made)
    fay = User.objects.get(username="fay")
    fay.groups.add(Group.objects.get(name="Administrators"))
    slapd.remove("fay", "anna")

    again = sync_now(made)
    still = [sync_now(made) for _turn in range(2)]

    assert rows(again) == {("switched_off", "anna", "missing"), ("refused", "fay", "last_administrator")}
    assert [rows(each) for each in still] == [set(), {("refused", "fay", "last_administrator")}]
    fay.refresh_from_db()
    assert fay.is_active
    assert events("directory.administrator_kept") == ["directory.administrator_kept"]  # not with each run


def test_a_directory_that_is_away_changes_nothing_and_returns(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna"])
    made = directory()
    sync_now(made)
    slapd.stop()
    try:
        away, still = sync_now(made), sync_now(made)
    finally:
        slapd.start()

    assert (away.state, still.state) == (State.FAILED, State.FAILED)
    assert events("directory.sync_failed") == ["directory.sync_failed"]
    assert User.objects.get().is_active
    assert counts(sync_now(made)) == {"unchanged": 1}


def test_a_directory_that_hangs_ends_the_run_in_time(
    slapd: Slapd, directory: Callable[..., Directory], clock: Clock
) -> None:
    slapd.people(["anna"])
    made = directory()
    sync_now(made)
    (process,) = [child.process for child in slapd.crew.children if child.name == "slapd"]
    process.send_signal(signal.SIGSTOP)
    try:
        hung = sync_now(made)
    finally:
        process.send_signal(signal.SIGCONT)

    assert hung.state == State.FAILED
    assert User.objects.get().is_active
