"""Tests of changes to roles and groups: done at once, or left for someone else to approve."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.admin_changes import ChangeRefused
from accounts.models import Application, GroupRequest, User
from accounts.support import groups
from accounts.support.actions import Actor, second_person_approvals
from accounts.support.groups import WantedGroup, plan
from accounts.support.staff_groups_and_their_permissions import rights_of
from tests.accounts.support.groups.wanted_groups import SEE, UNLOCK, wanted
from tests.simulated.people import Clock, Person, hire, join
from verification.context import Context
from verification.db import row_locks
from verification.models import AuditEvent, Policy

_State = GroupRequest.State


@pytest.fixture
def actor(chief: User, context: Context) -> Actor:
    return Actor(staff=chief, context=context, reason="the new desk begins", ticket="1")


@pytest.fixture
def second(db: None, clock: Clock) -> User:
    """Another administrator, who can approve."""
    return hire("otto", "Administrators").user


@pytest.fixture
def needs_second(db: None) -> None:
    """A policy in which a change of a group needs approval."""
    Policy.objects.update_or_create(group=None, defaults={"second_person": [groups.CHANGE[0]]})


def change_group(group: Group | None, to: WantedGroup | None, actor: Actor) -> str:
    return groups.change(group, to, actor, seen=plan(actor.staff, group, to).seen)


def decide(request: GroupRequest, staff: User, context: Context, *, agrees: bool = True) -> str:
    seen = plan(User.objects.get(pk=request.asked_by_id), request.group, groups.wanted_by(request)).seen
    return groups.decide(request, staff, context, agrees=agrees, reason="fine", seen=seen)


def test_role_is_made_with_its_members_who_become_staff(actor: Actor) -> None:
    ida = join("ida").user

    change_group(None, wanted(SEE, joining=("ida",)), actor)

    group = Group.objects.get(name="Night desk")
    assert (rights_of([group]), list(group.user_set.all())) == ({SEE}, [ida])
    assert User.objects.get(pk=ida.pk).is_staff
    event = AuditEvent.objects.get(kind="group.made")
    assert (event.actor_id, event.detail["group"], event.detail["joined"]) == (actor.staff.pk, "Night desk", [ida.pk])


def test_change_gives_and_takes_what_differs(actor: Actor, desk: Group) -> None:
    change_group(desk, wanted(UNLOCK, name="Late desk"), actor)

    assert rights_of([Group.objects.get(name="Late desk")]) == {UNLOCK}
    changes = AuditEvent.objects.get(kind="group.changed").detail["changes"]
    assert changes == {"name": ["Night desk", "Late desk"], "rights": [[SEE], [UNLOCK]]}


def test_refused_change_locks_nobody(actor: Actor, desk: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: it waited for people and held the group, which a run that holds these people may need."""
    desk.user_set.add(actor.staff, ida := join("ida").user)
    locked: list[int] = []
    monkeypatch.setattr(row_locks, "lock_people", locked.extend)

    with pytest.raises(ChangeRefused):
        change_group(desk, wanted(SEE, leaving=("ida",)), actor)

    assert locked == []
    assert ida in desk.user_set.all()


def test_user_who_loses_their_only_role_is_no_longer_staff(actor: Actor, desk: Group) -> None:
    change_group(desk, wanted(SEE, joining=(join("ida").user.username,)), actor)

    change_group(desk, None, actor)

    assert not User.objects.get(username="ida").is_staff
    assert AuditEvent.objects.get(kind="group.deleted").detail["n_members"] == 1


def test_group_that_an_application_has_just_begun_to_use_is_not_deleted(
    actor: Actor, desk: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: the application without its only group was open to everyone."""
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    monkeypatch.setattr(row_locks, "lock_to_delete", lambda *_rows: wiki.groups.add(desk))

    with pytest.raises(ChangeRefused):
        change_group(desk, None, actor)

    assert wiki.groups.get() == desk


def test_refused_plan_changes_nothing(actor: Actor, desk: Group) -> None:
    desk.user_set.add(actor.staff)

    with pytest.raises(ChangeRefused):
        change_group(desk, wanted(UNLOCK), actor)

    assert rights_of([desk]) == {SEE}
    assert not AuditEvent.objects.filter(kind="group.changed").exists()


def test_change_is_only_what_was_shown(actor: Actor, desk: Group) -> None:
    seen = plan(actor.staff, desk, wanted(UNLOCK)).seen
    desk.user_set.add(join("ida").user)

    with pytest.raises(ChangeRefused):
        groups.change(desk, wanted(UNLOCK), actor, seen=seen)

    assert rights_of([desk]) == {SEE}


def test_group_that_is_gone_is_not_changed(actor: Actor, desk: Group) -> None:
    gone = Group.objects.get(pk=desk.pk)
    desk.delete()

    with pytest.raises(ChangeRefused):
        change_group(gone, wanted(UNLOCK), actor)


@pytest.mark.usefixtures("needs_second")
def test_change_waits_for_a_second_person(actor: Actor, desk: Group, context: Context) -> None:
    change_group(desk, wanted(UNLOCK), actor)

    (request,) = groups.waiting(context.now)
    assert (request.group, groups.wanted_by(request), request.asked_by) == (desk, wanted(UNLOCK), actor.staff)
    assert rights_of([desk]) == {SEE}
    assert AuditEvent.objects.filter(kind="group.requested").exists()


@pytest.mark.usefixtures("needs_second")
def test_only_someone_else_who_could_do_it_may_decide(
    actor: Actor, desk: Group, second: User, dora: Person, context: Context
) -> None:
    change_group(desk, wanted(UNLOCK), actor)
    (request,) = groups.waiting(context.now)

    assert [groups.may_decide(request, staff) for staff in (actor.staff, dora.user, second)] == [False, False, True]
    with pytest.raises(ChangeRefused):
        decide(request, actor.staff, context)
    assert rights_of([desk]) == {SEE}


@pytest.mark.usefixtures("needs_second")
def test_approval_does_it_for_the_one_who_asked(actor: Actor, desk: Group, second: User, context: Context) -> None:
    change_group(desk, wanted(UNLOCK), actor)
    (request,) = groups.waiting(context.now)

    decide(request, second, context)

    assert rights_of([desk]) == {UNLOCK}
    event = AuditEvent.objects.get(kind="group.changed")
    assert (event.actor_id, event.detail["approver"]) == (actor.staff.pk, second.pk)
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (_State.DONE, second)


@pytest.mark.usefixtures("needs_second")
def test_refused_request_changes_nothing_and_is_decided_once(
    actor: Actor, desk: Group, second: User, context: Context
) -> None:
    change_group(desk, wanted(UNLOCK), actor)
    (request,) = groups.waiting(context.now)

    decide(request, second, context, agrees=False)

    assert rights_of([desk]) == {SEE}
    assert AuditEvent.objects.filter(kind="group.request_refused").exists()
    with pytest.raises(ChangeRefused):
        decide(request, second, context)
    assert GroupRequest.objects.get().state == _State.REFUSED


@pytest.mark.usefixtures("needs_second")
def test_request_ends(actor: Actor, desk: Group, second: User, context: Context, clock: Clock) -> None:
    change_group(desk, wanted(UNLOCK), actor)
    (request,) = groups.waiting(context.now)
    clock.forward(seconds=(second_person_approvals.LIFE + timedelta(seconds=1)).total_seconds())
    later = Context(now=clock.now)

    assert not groups.waiting(later.now)
    with pytest.raises(ChangeRefused):
        decide(request, second, later)
    assert rights_of([desk]) == {SEE}


@pytest.mark.usefixtures("needs_second")
@pytest.mark.parametrize("lost", [{"is_staff": False}, {"is_active": False}])
def test_former_staff_get_no_approval(
    actor: Actor, desk: Group, second: User, context: Context, lost: dict[str, bool]
) -> None:
    change_group(desk, wanted(UNLOCK), actor)
    (request,) = groups.waiting(context.now)
    User.objects.filter(pk=actor.staff.pk).update(**lost)

    with pytest.raises(ChangeRefused):
        decide(request, second, context)

    assert rights_of([desk]) == {SEE}


def test_change_for_an_equal_needs_a_second_person(actor: Actor, second: User) -> None:
    administrators = Group.objects.get(name="Administrators")
    root = join("root", is_staff=True, is_superuser=True).user
    small = plan(root, administrators, None)

    assert groups.wants_second(actor.staff, small)
    assert not groups.wants_second(root, plan(root, None, wanted(SEE)))


def test_refused_change_counts_towards_no_quota(chief: User, context: Context) -> None:
    Policy.objects.update_or_create(group=None, defaults={"staff_quota": 1})
    with pytest.raises(ChangeRefused), groups.counted(chief, context):
        raise ChangeRefused("no")

    with groups.counted(chief, context):
        pass

    with pytest.raises(ChangeRefused), groups.counted(chief, context):
        pytest.fail("counts more than the quota")


def test_list_counts_members_and_permissions(desk: Group) -> None:
    desk.user_set.set([join(name).user for name in ("ida", "tom")])

    (found,) = [each for each in groups.listed() if each.pk == desk.pk]

    assert (found.name, found.n_people, found.n_rights) == ("Night desk", 2, 1)


def test_the_one_who_asked_withdraws_the_request(
    actor: Actor, second: User, desk: Group, context: Context, needs_second: None
) -> None:
    change_group(desk, wanted(SEE, name="Late desk"), actor)
    request = GroupRequest.objects.get()

    done = [groups.withdraw(request, who, context) for who in (second, actor.staff, actor.staff)]

    assert done == [False, True, False]
    with pytest.raises(ChangeRefused):
        decide(request, second, context)
    assert Group.objects.get(pk=desk.pk).name == "Night desk"
    event = AuditEvent.objects.get(kind="group.request_withdrawn")
    assert (event.actor_id, event.detail["request"]) == (actor.staff.pk, request.ref)
