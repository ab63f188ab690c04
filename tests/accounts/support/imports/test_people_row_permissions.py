"""Tests of what a row of people may not change: all its errors, and staff who may help only some groups."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import Scope, User
from accounts.support.actions import ACTIONS
from accounts.support.imports import people_rows
from tests.accounts.support.imports.people_files import HEAD, counts, import_people
from tests.simulated.people import Person, hire, join
from verification.context import Context
from verification.models import AuditEvent, Policy

pytestmark = pytest.mark.usefixtures("no_check")


@pytest.fixture
def nia(db: None, clock: object) -> Person:
    """Return an administrator who can help only the people of the North."""
    person, desk = hire("nia", "Administrators"), Group.objects.create(name="North desk")
    person.user.groups.add(desk)
    Group.objects.create(name="South")
    Scope.objects.create(desk=desk).people.add(Group.objects.create(name="North"))
    return person


def faults(nia: Person, context: Context, *rows: str) -> list[tuple[int, str]]:
    job = import_people("\n".join([HEAD, *rows]), User.objects.get(pk=nia.user.pk), context)
    return [(line, words) for line, words in job.faults]


@pytest.mark.parametrize("groups", ["South", "North;South", ""])
def test_staff_of_one_desk_add_nobody_whom_they_cannot_help(groups: str, nia: Person, context: Context) -> None:
    """Seen failing: they filled the groups of other desks, whose policies then applied to their people."""
    assert [line for line, _words in faults(nia, context, f"new,New,,{groups},")] == [2]
    assert not User.objects.filter(username="new").exists()


def test_staff_of_one_desk_add_people_to_its_groups(nia: Person, context: Context) -> None:
    assert faults(nia, context, "new,New,,North,") == []
    assert User.objects.get(username="new").groups.get().name == "North"


def test_staff_of_one_desk_move_nobody_to_another(nia: Person, context: Context) -> None:
    nora = join("nora")
    nora.user.groups.add(Group.objects.get(name="North"))

    assert len(faults(nia, context, "nora,Nora,,North;South,")) == 1
    assert nora.user.groups.get().name == "North"


@pytest.mark.parametrize("groups", ["", "Choir"])
def test_staff_of_one_desk_take_nobody_out_of_it(groups: str, nia: Person, context: Context) -> None:
    """Seen failing: they could then no longer see the person, nor put them back."""
    nora = join("nora")
    nora.user.groups.set([Group.objects.get(name="North"), Group.objects.create(name="Choir")])

    assert len(faults(nia, context, f"nora,Nora,,{groups},")) == 1
    assert nora.user.groups.count() == 2
    assert faults(nia, context, "nora,Nora,,North,") == []
    assert nora.user.groups.get().name == "North"


def test_row_of_another_desk_says_nothing_about_its_person(nia: Person, context: Context) -> None:
    """Seen failing: a row that guessed all details of a person counted as unchanged, which confirmed the guess."""
    sue = join("sue")
    sue.user.groups.add(Group.objects.get(name="South"))
    right = f"sue,{sue.user.name},{sue.user.email},South,{sue.user.second_step}"

    assert faults(nia, context, right) == faults(nia, context, right.replace("sue,", "zoe,", 1)) != []


@pytest.mark.parametrize("row", ["Sue,,South,", "Sue,,North;South,", "Sue,,,", "Sue,not mail,Nowhere,sometimes"])
def test_name_of_another_desk_is_refused_like_one_that_nobody_has(row: str, nia: Person, context: Context) -> None:
    """Seen failing: a dry run told which usernames there are, and that another desk helps them."""
    join("sue").user.groups.add(Group.objects.get(name="South"))

    assert faults(nia, context, f"sue,{row}") == faults(nia, context, f"zoe,{row}") != []


def test_name_of_another_desk_makes_no_second_person(nia: Person, context: Context) -> None:
    """Usernames are unique, so that much shows; whose it is does not."""
    sue = join("sue")

    ((_line, words),) = faults(nia, context, "sue,Sue,,North,")

    assert words == str(people_rows.USERNAME_NOT_USABLE)
    assert not sue.user.groups.exists()


def test_row_warns_that_no_second_person_is_needed_any_more(root: Person, context: Context) -> None:
    """Seen failing: a file took people out of a group whose policy requires approvals, and nothing said so."""
    board, ana = Group.objects.create(name="Board"), join("ana")
    Policy.objects.create(group=board, second_person=["erase", "unlock"])
    ana.user.groups.add(board)
    text = f"{HEAD}\nana,{ana.user.name},{ana.user.email},,{ana.user.second_step}\n"

    tried = import_people(text, root.user, context, is_dry_run=True)
    assert not AuditEvent.objects.filter(kind="policy.approvals_dropped").exists()
    applied = import_people(text, root.user, context)

    for job in (tried, applied):
        ((line, words),) = job.warnings
        assert (line, str(ACTIONS["unlock"].label) in words) == (2, True)
    event = AuditEvent.objects.get(kind="policy.approvals_dropped")
    assert (event.user_id, event.actor_id, event.detail) == (ana.user.pk, root.user.pk, {"actions": ["unlock"]})


def test_row_names_all_its_errors(root: Person, context: Context) -> None:
    """Seen failing: each upload named one error of a row, so a row with four took four uploads."""
    job = import_people(f"{HEAD}\ntwo words,{'n' * 151},not mail,Nowhere,sometimes\n", root.user, context)

    ((line, words),) = job.faults
    assert (line, counts(job)) == (2, (0, 0, 0, 1))
    for part in ("username", "150 characters", "email address", "Nowhere", "state"):
        assert part in words


def test_error_of_one_cell_causes_none_of_another(root: Person, context: Context) -> None:
    ana = join("ana")

    job = import_people(
        f"{HEAD}\nana,{ana.user.name},{ana.user.email},Nowhere,{ana.user.second_step}\n", root.user, context
    )

    ((_line, words),) = job.faults
    assert words.count(".") == 2  # one error: what is wrong, and what to do
