"""Changes to roles and groups: made immediately, or left for approval. Refusals are audited."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_changes import ChangeRefused, Repeated
from accounts.models import GroupRequest, User
from accounts.support import administration_audit_events, staff_groups_and_their_permissions
from accounts.support.actions import ActionRefusal, Actor, Rank, ranks, role_assignment, second_person_approvals
from accounts.support.groups.change_preview_and_refusals import GroupChangePlan, WantedGroup, kept_by, plan
from verification import audit, limits, policies
from verification.audit import Event
from verification.context import Context
from verification.db import row_locks
from verification.policies import remembered_browser_revocation

_GIVE_ROLES = "give_roles"  # the name of the same action for one user
_State = GroupRequest.State
CHANGE = ("change_group", gettext_lazy("Change a role or group"))  # name and label in policies


def wants_second(staff: User, found: GroupChangePlan) -> bool:
    """Return whether a change needs approval: policy says so, or the same action for one of the users would need it."""
    if CHANGE[0] in policies.rules_for(staff.pk).second_person:
        return True
    rules = policies.rules_of_many([each.pk for each in found.people])
    return any(
        _GIVE_ROLES in rules[each.pk].second_person or ranks.rank(each, staff) is Rank.EQUAL for each in found.people
    )


@contextmanager
def counted(staff: User, context: Context) -> Iterator[None]:
    """Count a change towards the quota of a member of staff, before its transaction. A refused one is not counted.

    Errors: `ChangeRefused`.
    """
    if not limits.spend_action(staff.pk, most=policies.rules_for(staff.pk).staff_quota, context=context).is_open:
        raise ChangeRefused(ActionRefusal.QUOTA.advice)
    try:
        yield
    except (ChangeRefused, Repeated, IntegrityError):
        limits.refund_action(staff.pk, context=context)
        raise


def change(group: Group | None, wanted: WantedGroup | None, actor: Actor, *, seen: str) -> str:
    """Change a group, or leave the change for approval. Return the result as text.

    Errors: `ChangeRefused`. Call it in the transaction of the form.
    """
    found = _checked(group, wanted, actor, seen)
    if wants_second(actor.staff, found):
        _ask(group, wanted, actor)
        return _("A second person must approve this. It waits under Groups and Roles.")
    return _do(found, group, wanted, actor)


def _checked(group: Group | None, wanted: WantedGroup | None, actor: Actor, seen: str) -> GroupChangePlan:
    if group and not Group.objects.select_for_update(no_key=True).filter(pk=group.pk).exists():
        raise ChangeRefused(_("This group no longer exists."))
    found = plan(actor.staff, group, wanted)
    if found.leaving and not found.refusal:  # someone may leave another group of the desk at the same time
        row_locks.lock_people({each.pk for each in (*found.people, *found.joining, *found.leaving)})
        found = plan(actor.staff, group, wanted)
    if found.refusal:
        raise ChangeRefused(found.refusal)
    if seen != found.seen:
        raise ChangeRefused(_("Something has changed. Check the list again before you confirm."))
    return found


def _do(found: GroupChangePlan, group: Group | None, wanted: WantedGroup | None, actor: Actor) -> str:
    event = (
        administration_audit_events.GROUP_DELETED
        if wanted is None
        else administration_audit_events.GROUP_CHANGED
        if group
        else administration_audit_events.GROUP_MADE
    )
    former_name = group.name if group else ""
    people = {each.pk: each for each in found.people}
    locked = list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    before = {
        each.pk: sorted(
            staff_groups_and_their_permissions.groups_of_staff().filter(user=each).values_list("name", flat=True)
        )
        for each in locked
    }
    n_members = group.user_set.count() if group and wanted is None else None
    moving = [each.pk for each in (*found.joining, *found.leaving)]
    with policies.dropped_second_person.recorded(moving, actor.context, actor_id=actor.staff.pk):
        group = _write(group, wanted, found)
    name = group.name if group else former_name
    for each in locked:
        role_assignment.settle_roles(each, actor, former=before[each.pk])
    remembered_browser_revocation.settle(moving if wanted else None)
    changes: dict[str, list[Any]] = {
        "name": [former_name, name if wanted else ""],
        "rights": [sorted(found.former), sorted(found.wanted)],
    }
    audit.record(
        event,
        user_id=None,
        context=actor.context,
        actor_id=actor.staff.pk,
        group=name,
        reason=actor.reason,
        approver=actor.approver,
        changes={field: pair for field, pair in changes.items() if pair[0] != pair[1]},
        joined=[each.pk for each in found.joining],
        left=[each.pk for each in found.leaving],
        **({"n_members": n_members} if n_members is not None else {}),
    )
    words = {
        administration_audit_events.GROUP_MADE: _("Created: %(name)s."),
        administration_audit_events.GROUP_CHANGED: _("Changed: %(name)s."),
        administration_audit_events.GROUP_DELETED: _("Deleted: %(name)s."),
    }
    return words[event] % {"name": name}


def _write(group: Group | None, wanted: WantedGroup | None, found: GroupChangePlan) -> Group | None:
    if wanted is None:
        if group:
            row_locks.lock_to_delete(Group.objects.filter(pk=group.pk))
            _why, words = kept_by(group)  # again, because nothing can begin to use it any more
            if words:
                raise ChangeRefused(words)
            group.delete()
        return None
    if group is None:
        group = Group.objects.create(name=wanted.name)
    elif group.name != wanted.name:
        group.name = wanted.name
        group.save(update_fields=["name"])
    group.permissions.remove(*staff_groups_and_their_permissions.permissions(found.former - found.wanted))
    group.permissions.add(*staff_groups_and_their_permissions.permissions(found.wanted - found.former))
    group.user_set.add(*found.joining)
    group.user_set.remove(*found.leaving)
    return group


def _ask(group: Group | None, wanted: WantedGroup | None, actor: Actor) -> None:
    request = GroupRequest.objects.create(
        group=group,
        name=wanted.name if wanted else group.name if group else "",
        wanted=wanted.as_json() if wanted else None,
        reason=actor.reason,
        asked_by=actor.staff,
        asked_at=actor.context.now,
        ends_at=actor.context.now + second_person_approvals.LIFE,
    )
    _record(administration_audit_events.GROUP_REQUESTED, request, actor.staff, actor.context, request.reason)


def waiting(now: datetime) -> QuerySet[GroupRequest]:
    """Return the requests that wait for approval."""
    return GroupRequest.objects.filter(state=_State.WAITING, ends_at__gt=now).select_related("group", "asked_by")


def wanted_by(request: GroupRequest) -> WantedGroup | None:
    """Return what a request wants, or None if it deletes the group."""
    return WantedGroup.from_json(request.wanted) if request.wanted else None


def may_decide(request: GroupRequest, staff: User) -> bool:
    """Return whether a member of staff may decide: someone other than the requester who could make the change."""
    return staff.pk != request.asked_by_id and not plan(staff, request.group, wanted_by(request)).refusal


def decide(request: GroupRequest, staff: User, context: Context, *, agrees: bool, reason: str, seen: str) -> str:
    """Approve and apply a request, or refuse it. Errors: `ChangeRefused`. Call it in the form's transaction."""
    if not may_decide(request, staff):
        raise ChangeRefused(_("You can’t decide this. A colleague who has all of its permissions can."))
    state = _State.DONE if agrees else _State.REFUSED
    open_ones = GroupRequest.objects.filter(pk=request.pk, state=_State.WAITING, ends_at__gt=context.now)
    if not open_ones.update(state=state, decided_by=staff, decided_at=context.now):
        raise ChangeRefused(_("This request has already been decided, or it has expired."))
    _record(
        administration_audit_events.GROUP_REQUEST_AGREED
        if agrees
        else administration_audit_events.GROUP_REQUEST_REFUSED,
        request,
        staff,
        context,
        reason,
    )
    if not agrees:
        return _("Refused.")
    wanted = wanted_by(request)
    requester = User.objects.get(pk=request.asked_by_id)
    if not requester.is_staff or policies.refusal(requester, context.now):
        raise ChangeRefused(_("The person who requested this may no longer do it."))
    actor = Actor(
        staff=requester,
        context=context,
        reason=request.reason,
        ticket=_("none"),
        approver=staff.pk,
    )
    found = _checked(request.group, wanted, actor, seen)
    return _do(found, request.group, wanted, actor)


def withdraw(request: GroupRequest, staff: User, context: Context) -> bool:
    """Withdraw a request that waits. Return False if it is over, or somebody else requested it."""
    with transaction.atomic():
        mine = waiting(context.now).filter(pk=request.pk, asked_by=staff)
        changed = mine.update(state=_State.WITHDRAWN)
        if changed:
            _record(administration_audit_events.GROUP_REQUEST_WITHDRAWN, request, staff, context, request.reason)
    return bool(changed)


def _record(event: Event, request: GroupRequest, staff: User, context: Context, reason: str) -> None:
    about = {"group": request.name, "request": request.ref, "wanted": _by_number(request), "reason": reason}
    audit.record(event, user_id=None, context=context, actor_id=staff.pk, **about)


def _by_number(request: GroupRequest) -> dict[str, Any]:
    """Return a request with users by id: the audit log has no names, so that users can be erased."""
    wanted = wanted_by(request)
    if wanted is None:
        return {}
    numbers = dict(User.objects.filter(username__in=[*wanted.joining, *wanted.leaving]).values_list("username", "pk"))
    people = {"joining": wanted.joining, "leaving": wanted.leaving}
    return wanted.as_json() | {way: [numbers[n] for n in names if n in numbers] for way, names in people.items()}


def refuse(group: Group | None, wanted: WantedGroup | None, staff: User, context: Context, why: str) -> None:
    """Record a refused attempt in the audit log, because abuse of the admin starts with these."""
    with transaction.atomic():
        name = wanted.name if wanted else group.name if group else ""
        audit.record(
            administration_audit_events.GROUP_REFUSED,
            user_id=None,
            context=context,
            actor_id=staff.pk,
            group=name,
            why=why,
        )


@dataclass(frozen=True, kw_only=True)
class ListedGroup:
    """A group in the list, with the numbers of its members and permissions."""

    pk: int
    name: str
    n_people: int
    n_rights: int


def listed() -> list[ListedGroup]:
    """Return the groups by name."""
    rows = Group.objects.order_by("name").values_list("pk", "name")
    counted = rows.annotate(n_people=Count("user", distinct=True), n_rights=Count("permissions", distinct=True))
    return [ListedGroup(pk=pk, name=name, n_people=people, n_rights=rights) for pk, name, people, rights in counted]
