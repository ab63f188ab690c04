"""Tests of desk scopes: staff can't lift their own or give more than they see, even with a colleague's approval."""

import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Scope, User
from accounts.support import groups, people_in_desk_scopes
from accounts.support.actions import ActionRefusal, ActionState, execution
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.registry import ACTIONS
from accounts.support.groups import WantedGroup
from accounts.support.groups.forms import GroupForm
from accounts.support.imports import jobs
from accounts.support.staff_groups_and_their_permissions import rights_of
from tests.simulated.people import Person, hire, join
from tests.simulated.support_desk import perform
from verification.context import Context
from verification.models import AuditEvent, HardwareToken

SCOPES = "/admin/accounts/scope/"


def group(name: str) -> Group:
    return Group.objects.get_or_create(name=name)[0]


def scope(desk: str, *people: str) -> Scope:
    made: Scope = Scope.objects.create(desk=group(desk))
    made.people.set([group(name) for name in people])
    return made


def staff(person: Person) -> User:
    """Return the user as the next request reads it."""
    return User.objects.get(pk=person.user.pk)


def seen(person: Person) -> set[str]:
    return set(people_in_desk_scopes.visible(staff(person)).values_list("username", flat=True))


@pytest.fixture
def fay(db: None, clock: object) -> Person:
    """Return an administrator who can help only the people of the North."""
    person = hire("fay", "Administrators")
    person.user.groups.add(group("North desk"))
    scope("North desk", "North")
    return person


@pytest.fixture
def nora(db: None) -> Person:
    person = join("nora")
    person.user.groups.add(group("North"))
    return person


@pytest.fixture
def sue(db: None) -> Person:
    person = join("sue")
    person.user.groups.add(group("South"))
    return person


def give(fay: Person, person: Person, *names: str) -> tuple[ActionState, str]:
    order = ActionRequest(
        action=ACTIONS["give_roles"],
        staff=staff(fay),
        person=staff(person),
        reason="r",
        ticket="1",
        options={"roles": list(names)},
        form_ref=execution.new_form_ref(),
    )
    answer = perform(order, Context(now=timezone.now()))
    return answer.state, answer.text


def why(fay: Person, changed: Group | None, wanted: WantedGroup | None) -> str:
    return groups.plan(staff(fay), changed, wanted).why


def named(changed: Group, **more: tuple[str, ...]) -> WantedGroup:
    return WantedGroup(name=changed.name, rights=frozenset(rights_of([changed])), **more)


def test_further_scope_is_not_added_for_another_group_of_ones_own(fay: Person, nora: Person, sue: Person) -> None:
    """Seen: an administrator added a scope for `Administrators` and saw the South as well."""
    fay.sign_in(to="/admin/")

    page = fay.browser.go(f"{SCOPES}add/")
    fay.browser.send(f"{SCOPES}add/", desk=str(group("Administrators").pk), people=str(group("South").pk), reason="r")

    assert page.status == 403
    assert Scope.objects.count() == 1
    assert seen(fay) == {"nora"}


def test_scope_of_another_desk_is_not_moved_to_ones_own(fay: Person, nora: Person, sue: Person) -> None:
    """Seen: the scope's desk was changed to `Administrators`, who then saw its people."""
    other = scope("South desk", "South")
    fay.sign_in(to="/admin/")

    page = fay.browser.go(f"{SCOPES}{other.pk}/change/")

    assert not any("form_ref" in form.fields for form in page.forms)
    assert fay.browser.go(f"{SCOPES}{other.pk}/delete/").status == 403


def test_role_without_a_scope_is_not_given(fay: Person, nora: Person) -> None:
    """Seen: an administrator of one desk made somebody an administrator of all desks."""
    assert give(fay, nora, "Administrators") == (ActionState.UNNEEDED, ActionRefusal.WIDER_SCOPE.advice)
    assert not staff(nora).is_staff

    nora.user.groups.add(group("North desk"))
    assert give(fay, nora, "Support desk")[0] is ActionState.DONE
    assert seen(nora) == {"nora"}


def test_colleague_is_not_taken_out_of_a_desk_nor_put_into_a_wider_one(fay: Person) -> None:
    """Seen: staff who left a desk had no scope, and saw everybody."""
    gil = hire("gil", "Administrators")
    gil.user.groups.add(group("North"), group("North desk"))
    scope("Wide desk", "North", "South")
    narrow = scope("Narrow desk", "North").desk

    assert why(fay, group("North desk"), named(group("North desk"), leaving=("gil",))) == "wider_scope"
    assert why(fay, group("Wide desk"), named(group("Wide desk"), joining=("gil",))) == "wider_scope"
    assert why(fay, narrow, named(narrow, joining=("gil",))) == ""


def test_role_is_not_taken_from_someone_whom_only_the_role_shows(fay: Person) -> None:
    """Seen failing: they could then no longer see their former colleague."""
    dora = hire("dora", "Support desk")
    Scope.objects.get().people.add(group("Support desk"))

    assert give(fay, dora) == (ActionState.UNNEEDED, ActionRefusal.LEAVES_SCOPE.advice)
    assert staff(dora).is_staff

    dora.user.groups.add(group("North"))
    assert give(fay, dora)[0] is ActionState.DONE
    assert seen(fay) == {"dora"}


def test_group_with_rights_makes_nobody_wider(fay: Person, nora: Person) -> None:
    wanted = WantedGroup(name="Night", rights=frozenset(["accounts.view_user"]), joining=("nora",))
    plain = group("Plain")
    plain.user_set.add(nora.user)

    assert why(fay, None, wanted) == "wider_scope"
    assert why(fay, plain, WantedGroup(name="Plain", rights=frozenset(["accounts.view_user"]))) == "wider_scope"
    nora.user.groups.add(group("North desk"))
    assert why(fay, None, wanted) == ""


def test_role_of_people_of_another_desk_is_not_changed(fay: Person) -> None:
    dora = hire("dora", "Support desk")
    role = group("Support desk")

    assert why(fay, role, WantedGroup(name=role.name, rights=frozenset(["accounts.view_user"]))) == "other_scope"
    assert why(fay, role, None) == "other_scope"
    dora.user.groups.add(group("North"), group("North desk"))
    assert why(fay, role, WantedGroup(name=role.name, rights=frozenset(["accounts.view_user"]))) == ""


def test_page_of_a_group_promises_no_members_of_another_desk(fay: Person, nora: Person, sue: Person) -> None:
    """Seen failing: it offered to show all members, and the list was empty."""
    fay.sign_in(to="/admin/")
    south, north = (fay.browser.go(f"/admin/auth/group/{group(name).pk}/") for name in ("South", "North"))

    assert not south.leads_to(f"/admin/accounts/user/?group={group('South').pk}")
    numbers = [re.findall(r"\d+", each.part("aria-labelledby", "people").words) for each in (south, north)]
    assert numbers == [["1", "1"], ["1"]], "of members, and of those who aren't shown"


@pytest.mark.parametrize("field", ["joining", "leaving"])
def test_form_of_a_group_does_not_tell_who_is_at_another_desk(
    fay: Person, nora: Person, sue: Person, field: str
) -> None:
    """Seen failing: a name at another desk was refused in other words than a name that nobody has."""

    def problems(name: str) -> str:
        form = GroupForm({"name": "Guests", field: name}, staff=staff(fay), group=None)
        return str(form.errors.get(field, "")).replace(name, "…")

    assert problems("sue") == problems("nobody") != ""
    assert problems("nora") == ""


def test_log_of_an_export_does_not_tell_who_is_at_another_desk(fay: Person, nora: Person, sue: Person) -> None:
    """Seen failing: the log had the number of a person whose username was searched for."""
    fay.sign_in(to="/admin/")

    def kept(name: str) -> object:
        fay.browser.save(f"/admin/accounts/user/record/export/?person={name}")
        return AuditEvent.objects.filter(kind="export.made").latest("pk").detail["search"]

    assert kept("sue") == kept("nobody") != kept("nora")


def test_file_changes_nobody_of_another_desk(fay: Person, nora: Person, sue: Person) -> None:
    """Seen: a row moved somebody into the North, gave them a mailbox of ours and turned the second step off."""
    head = "user name,name,mail,groups,state\n"
    rows = "sue,Sue,mine@example.net,North,disabled\nnora,Nora N,nora@example.org,North,enabled\n"
    now = timezone.now()
    job = jobs.begin("people", head + rows, staff(fay), Context(now=now), name="a.csv", is_dry_run=False)

    jobs.work(now)

    job.refresh_from_db()
    assert [line for line, _words in job.faults] == [2]
    assert ActionRefusal.OTHER_SCOPE.advice not in str(job.faults)  # it would tell that there is someone of this name
    changed = staff(sue)
    assert (changed.email, changed.second_step, list(changed.groups.all())) == (
        "sue@example.org",
        "enabled",
        [group("South")],
    )
    assert staff(nora).name == "Nora N"


def test_file_of_a_colleague_is_not_shown(fay: Person, nora: Person) -> None:
    """Seen failing: its errors name people of other desks."""
    wide = hire("wim", "Administrators")
    text, context = "user name,name,mail,groups,state\nzoe,Zoe,,,\n", Context(now=timezone.now())
    theirs = jobs.begin("people", text, staff(wide), context, name="theirs.csv", is_dry_run=True)
    jobs.begin("people", text, staff(fay), context, name="mine.csv", is_dry_run=True)
    fay.sign_in(to="/admin/")

    page = fay.browser.go("/admin/accounts/user/import/")

    assert ("mine.csv" in page, "theirs.csv" in page) == (True, False)
    assert fay.browser.go(f"/admin/accounts/user/import/{theirs.ref}/").status == 404


def test_who_helps_everybody_may_still_do_all_of_it(nora: Person, clock: object) -> None:
    """A superuser is not limited by the scope of a desk that they belong to either."""
    scope("North desk", "North")
    wide = hire("wim", "Administrators")
    root = join("root", is_staff=True, is_superuser=True)
    root.user.groups.add(group("North desk"))
    night = WantedGroup(name="Night", rights=frozenset(["accounts.view_user"]), joining=("nora",))

    assert why(wide, None, night) == why(root, None, night) == ""
    assert give(wide, nora, "Administrators")[0] is ActionState.DONE


def test_page_of_tokens_names_nobody_of_another_desk(nora: Person, sue: Person, clock: object) -> None:
    dora = hire("dora", "Support desk")
    scope("Support desk", "North")
    context = Context(now=timezone.now())
    root = join("root", is_staff=True, is_superuser=True)
    rows = "upn,serial number,secret key\n" + "".join(f"{n},T-{n},{'A' * 32}\n" for n in ("nora", "sue"))
    jobs.begin("tokens", rows, root.user, context, name="a.csv", is_dry_run=False)
    jobs.work(context.now)
    tokens = {token.serial: token for token in HardwareToken.objects.all()}

    page = dora.sign_in(to="/admin/accounts/user/tokens/")

    assert "T-SUE" in page
    assert page.html.count(">nora</td>") == 1
    assert ">sue</td>" not in page.html
    assert "nora" in dora.browser.go(f"/admin/accounts/user/tokens/{tokens['T-NORA'].ref}/")
    assert ": sue" not in dora.browser.go(f"/admin/accounts/user/tokens/{tokens['T-SUE'].ref}/")


def test_desk_with_an_empty_scope_sees_nobody(fay: Person, nora: Person) -> None:
    Scope.objects.get().people.clear()

    assert seen(fay) == set()


def test_members_of_several_desks_see_the_people_of_all(fay: Person, nora: Person, sue: Person) -> None:
    scope("Empty desk")
    fay.user.groups.add(group("Empty desk"))
    assert seen(fay) == {"nora"}

    fay.user.groups.add(scope("South desk", "South").desk)
    assert seen(fay) == {"nora", "sue"}
