"""Tests of imports of states and groups: they may do no more than the actions for one person and for one group."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connections, transaction

from accounts.models import Import, User
from accounts.support.imports import jobs, people_rows
from tests.infrastructure.concurrency import until_waiting
from tests.simulated.people import Clock, Person, hire, join
from verification.context import Context
from verification.models import Message, Policy

ROW = "user name,name,mail,groups,state\n"


def bring(text: str, staff: User, context: Context) -> Import:
    job = jobs.begin("people", ROW + text, staff, context, name="file.csv", is_dry_run=False)
    jobs.work(context.now)
    job.refresh_from_db()
    return job


@pytest.fixture
def clerk(db: None, clock: Clock) -> Person:
    """Return an auditor who may also import people, and nothing else."""
    person = hire("iris", "Auditors")
    person.user.user_permissions.add(Permission.objects.get(codename="import_people"))
    return person


def test_changes_no_second_step_without_the_right(clerk: Person, context: Context) -> None:
    """Seen failing: the right to import people was enough to turn everyone's second step off."""
    ana = join("ana")

    job = bring("ana,Ana,ana@example.org,,disabled\nben,Ben,ben@example.org,,disabled\n", clerk.user, context)

    ana.user.refresh_from_db()
    assert ana.user.second_step == "enabled"
    assert (job.n_new, [line for line, _words in job.faults]) == (1, [2])


def test_other_fields_need_no_right_to_the_second_step(clerk: Person, context: Context) -> None:
    ana = join("ana")

    bring("ana,Ana Keller,ana@example.org,,enabled\n", clerk.user, context)

    ana.user.refresh_from_db()
    assert ana.user.name == "Ana Keller"


def test_changes_no_second_step_that_a_second_person_must_approve(root: Person, context: Context) -> None:
    """Seen failing: a file did at once, and alone, what waits for approval on the person's page."""
    Policy.objects.create(second_person=["set_state"], caller_check=False)
    ana = join("ana")

    job = bring("ana,Ana,ana@example.org,,disabled\n", root.user, context)

    ana.user.refresh_from_db()
    assert (ana.user.second_step, len(job.faults)) == ("enabled", 1)


def test_changes_no_second_step_that_needs_a_verified_caller(root: Person, context: Context) -> None:
    """Seen failing: a file did what the action for one person refuses until the caller is verified."""
    lab = Group.objects.create(name="Lab")
    Policy.objects.create(group=lab, rank=1, caller_check=False)
    ana, ben = join("ana"), join("ben")
    ben.user.groups.add(lab)

    job = bring(
        "ana,Ana,ana@example.org,,disabled\nben,Ben,ben@example.org,Lab,disabled\nnew,New,,,disabled\n",
        root.user,
        context,
    )

    ana.user.refresh_from_db()
    ben.user.refresh_from_db()
    assert (ana.user.second_step, ben.user.second_step) == ("enabled", "disabled")
    assert (job.n_new, [line for line, _words in job.faults]) == (1, [2])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_second_step_that_support_sets_meanwhile_stays(clock: Clock) -> None:
    """Seen failing: a file with another name for them brought back the state that it had read."""
    with transaction.atomic():
        ana, root = join("ana"), join("root", is_staff=True, is_superuser=True)
    context = Context(now=clock.now, network="192.0.2.9")

    def rename() -> Import:
        try:
            return bring("ana,Ana Keller,ana@example.org,,enabled\n", root.user, context)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.filter(pk=ana.user.pk).update(second_step="enforced")
            renamed = pool.submit(rename)
            until_waiting(renamed)
        job = renamed.result()

    ana.user.refresh_from_db()
    assert (ana.user.second_step, len(job.faults)) == ("enforced", 1)


@pytest.mark.usefixtures("no_check")
def test_the_former_mailbox_is_told_too(root: Person, context: Context) -> None:
    """Seen failing: only the new mailbox got the email, and an attacker may have entered it."""
    join("ana")

    bring("ana,Ana,thief@example.net,,disabled\n", root.user, context)

    told = Message.objects.filter(context__event="support.state_set", kind="mail")
    assert {notice.address for notice in told} == {"ana@example.org", "thief@example.net"}


def test_changes_no_groups_that_a_second_person_must_approve(root: Person, context: Context) -> None:
    """Seen failing: a file did at once, and alone, what waits for approval on the page of the group."""
    Policy.objects.create(second_person=["change_group"], caller_check=False)
    Group.objects.create(name="Lab")
    ana, ben = join("ana"), join("ben")
    ben.user.groups.add(Group.objects.create(name="Board"))
    rows = "ana,Ana,ana@example.org,Lab,enabled\nben,Ben,,,enabled\nben2,Ben,,Lab,\ncleo,Cleo,,,\n"

    job = bring(rows, root.user, context)

    assert [line for line, _words in job.faults] == [2, 3, 4]
    assert (list(ana.user.groups.all()), ben.user.groups.count()) == ([], 1)
    assert User.objects.filter(username="cleo").exists()


def test_file_of_an_account_that_is_gone_changes_no_groups(root: Person, context: Context) -> None:
    """Nobody can say what that account may do. Seen failing: new people joined groups."""
    lab = Group.objects.create(name="Lab")

    fields = {"username": "ben", "name": "Ben", "email": "", "groups": "Lab", "state": ""}

    faults = people_rows.apply([(2, fields)], None, context).faults

    assert ([line for line, _words in faults], lab.user_set.count()) == ([2], 0)


def test_other_fields_need_no_second_person(root: Person, context: Context) -> None:
    Policy.objects.create(second_person=["change_group"], caller_check=False)
    ana = join("ana")
    ana.user.groups.add(Group.objects.create(name="Lab"))

    bring("ana,Ana Keller,ana@example.org,Lab,enabled\n", root.user, context)

    ana.user.refresh_from_db()
    assert (ana.user.name, ana.user.groups.count()) == ("Ana Keller", 1)
