"""Roles and groups: made, renamed, filled, given rights and deleted, by somebody who has these rights and is no member.

A group with rights is a role and makes its members staff; others sort people, for policies, desks and contacts.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_changes import Refused
from accounts.models import GroupRequest, Scope, User
from accounts.support import roles
from accounts.support.actions import perform, rights
from accounts.support.actions.perform import Deed
from accounts.support.actions.rights import Rank, Refusal
from verification import audit, limits, policies
from verification.context import Context
from verification.db import row_locks
from verification.models import Policy
from verification.policies import revocation

CHANGE = ("change_group", gettext_lazy("Change a role or group"))  # as policy names it
_GIVE_ROLES = "give_roles"  # what the same is called where it is done for one person
MAX_PEOPLE = 500  # whom one change may concern
_LIFE = timedelta(hours=24)  # of a request
_SHOWN = 20  # names that a preview gives
_State = GroupRequest.State


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A group as it should be. Shape: `rights` as app.codename; `joining` and `leaving` as user names."""

    name: str
    rights: frozenset[str]
    joining: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rights": sorted(self.rights),
            "joining": list(self.joining),
            "leaving": list(self.leaving),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Wanted":
        return cls(
            name=kept["name"],
            rights=frozenset(kept["rights"]),
            joining=tuple(kept["joining"]),
            leaving=tuple(kept["leaving"]),
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a change means, line by line, and why it is refused; empty where it is not.

    Shape: `people` are those whose rights it changes.
    """

    lines: tuple[str, ...]
    refusal: str = ""
    why: str = ""
    former: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    joining: tuple[User, ...] = ()
    leaving: tuple[User, ...] = ()
    people: tuple[User, ...] = ()

    @property
    def seen(self) -> str:
        """Name what was shown, so that a confirmation counts for that and nothing else."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def listed() -> QuerySet[Group]:
    """List the groups with how many are in each and how many rights it gives."""
    return Group.objects.annotate(
        n_people=Count("user", distinct=True), n_rights=Count("permissions", distinct=True)
    ).order_by("name")


# What a change means ----------------------------------------------------------------------------------------------


def plan(staff: User, group: Group | None, wanted: Wanted | None) -> Plan:
    """Say what a change of a group would do to whom, and whether this member of the staff may make it."""
    former = frozenset(roles.rights_of([group])) if group else frozenset()
    future = wanted.rights if wanted else frozenset()
    members = group.user_set.order_by("username") if group else User.objects.none()
    joining, leaving = _moving(members, wanted)
    concerned = members if former != future else members.none()
    few = [*joining, *leaving, *concerned[: MAX_PEOPLE + 1]]
    people = tuple(sorted({each.pk: each for each in few}.values(), key=lambda each: each.pk))
    draft = Plan(
        lines=tuple(_lines(group, wanted, former, future, joining, leaving, concerned)),
        former=former,
        wanted=future,
        joining=tuple(joining),
        leaving=tuple(leaving),
        people=people if former or future else (),
    )
    why, words = _refusal(staff, group, wanted, draft, members)
    return Plan(**{**draft.__dict__, "why": why, "refusal": words})


def _moving(members: QuerySet[User], wanted: Wanted | None) -> tuple[list[User], list[User]]:
    if wanted is None:
        return [], []
    joining = User.objects.filter(username__in=wanted.joining).exclude(pk__in=members.order_by().values("pk"))
    return list(joining.order_by("username")), list(members.filter(username__in=wanted.leaving))


def _lines(
    group: Group | None,
    wanted: Wanted | None,
    former: Collection[str],
    future: Collection[str],
    joining: Sequence[User],
    leaving: Sequence[User],
    concerned: QuerySet[User],
) -> list[str]:
    lines = []
    if wanted is None and group is not None:
        n = group.user_set.count()
        lines.append(_("Deletes the group “%(name)s”, which has %(n)d members.") % {"name": group.name, "n": n})
    elif wanted is not None and group is None:
        lines.append(_("Makes the group “%(name)s”.") % {"name": wanted.name})
    elif wanted is not None and group is not None and group.name != wanted.name:
        lines.append(_("Renames “%(old)s” to “%(new)s”.") % {"old": group.name, "new": wanted.name})
    names = _named(set(former) ^ set(future))
    lines += [_("Gives the right: %(right)s.") % {"right": names[r]} for r in sorted(set(future) - set(former))]
    lines += [_("Takes the right: %(right)s.") % {"right": names[r]} for r in sorted(set(former) - set(future))]
    if n := concerned.count():
        some = ", ".join(concerned.values_list("username", flat=True)[:_SHOWN]) + (" …" if n > _SHOWN else "")
        lines.append(_("The rights of %(n)d members change: %(names)s.") % {"n": n, "names": some})
    if not former and future:
        lines.append(
            _("Its members become staff: the admin opens to them, and they are always asked for a second step.")
        )
    if former and not future:
        lines.append(_("Members without another role are staff no more."))
    lines += [_("Adds %(who)s.") % {"who": _who(each)} for each in joining]
    lines += [_("Removes %(who)s.") % {"who": _who(each)} for each in leaving]
    if former or future:
        lines += [_("Those whose rights change are signed out and told by mail.")] * bool(n or joining or leaving)
    if group and (joining or leaving):
        lines += _consequences(group)
    return lines


def _named(names: Collection[str]) -> dict[str, str]:
    found = roles.permissions(names).values_list("content_type__app_label", "codename", "name")
    return {name: name for name in names} | {f"{app}.{code}": label for app, code, label in found}


def _who(person: User) -> str:
    return f"{person.username} ({person.name})" if person.name else person.username


def _consequences(group: Group) -> list[str]:
    lines = []
    if Policy.objects.filter(group=group).exists():
        lines.append(_("The policy of this group counts for those who join, and no longer for those who leave."))
    if Scope.objects.filter(desk=group).exists():
        lines.append(
            _("Those who join help the people of this desk; those who leave and have no other desk help everybody.")
        )
    if Scope.objects.filter(people=group).exists():
        lines.append(_("Desks that help the people of this group help those who join, and no longer those who leave."))
    return lines


def _refusal(
    staff: User, group: Group | None, wanted: Wanted | None, draft: Plan, members: QuerySet[User]
) -> tuple[str, str]:
    """Say why a change is refused, as a mark for the record and in words."""
    verb = "delete" if wanted is None else "change" if group else "add"
    moving = [*draft.joining, *draft.leaving]
    if not staff.has_perm(f"auth.{verb}_group"):
        return Refusal.NOT_ALLOWED, rights.words(Refusal.NOT_ALLOWED)
    is_role = bool(draft.former or draft.wanted)
    if is_role and moving and not staff.has_perm("accounts.give_role"):
        return Refusal.NOT_ALLOWED, rights.words(Refusal.NOT_ALLOWED)
    is_own = is_role and group is not None and members.filter(pk=staff.pk).exists()
    if is_own or any(each.pk == staff.pk for each in moving):
        return Refusal.ONESELF, _("This is a group of your own. A colleague who is not in it can change it.")
    if not staff.is_superuser and not draft.former | draft.wanted <= staff.get_all_permissions():
        return Refusal.MORE_RIGHTS, _("This role may do more than you. Ask somebody who may do all of it.")
    if len(draft.people) > MAX_PEOPLE:
        return "too_many", _("This concerns more than %(n)d people. Make a new group for those who need it.") % {
            "n": MAX_PEOPLE
        }
    concerned = {*draft.people, *moving}
    if rights.visible(staff).filter(pk__in=[each.pk for each in concerned]).count() < len(concerned):
        return Refusal.OTHER_SCOPE, rights.words(Refusal.OTHER_SCOPE)
    if any(rights.rank(each, staff) is Rank.ABOVE for each in concerned):
        return Refusal.MORE_RIGHTS, rights.words(Refusal.MORE_RIGHTS)
    if _reaches_further(staff, group, wanted, draft, concerned):
        return Refusal.WIDER_SCOPE, rights.words(Refusal.WIDER_SCOPE)
    if wanted and Group.objects.filter(name__iexact=wanted.name).exclude(pk=group.pk if group else 0).exists():
        return "taken", _("There is a group of this name already.")
    return _kept_by(group) if wanted is None and group else ("", "")


def _reaches_further(
    staff: User, group: Group | None, wanted: Wanted | None, draft: Plan, concerned: Collection[User]
) -> bool:
    """Tell whether somebody would be one of the staff and see people whom whoever makes the change may not see."""
    if not rights.is_scoped(staff):
        return False
    prefetch_related_objects(list(concerned), "groups")
    others = {one for one in roles.groups_of_staff() if one != group}
    found = set[frozenset[Group]]()
    for each in concerned:
        stays = wanted is not None and each not in draft.leaving
        desks = frozenset(one for one in each.groups.all() if one != group)
        if desks & others or (stays and draft.wanted):
            found.add(desks | ({group} if group and stays else set()))
    return any(rights.reaches_further(staff, desks) for desks in found)


def _kept_by(group: Group) -> tuple[str, str]:
    """Refuse to delete a group that something else hangs on: it would go as well, and with it what it decides."""
    if Policy.objects.filter(group=group).exists():
        return "in_use", _("A policy is for this group. Delete the policy first.")
    if Scope.objects.filter(desk=group).exists() or Scope.objects.filter(people=group).exists():
        return "in_use", _("A scope names this group. Change the scope first.")
    if any(rel.related_model.objects.filter(**{rel.field.name: group}).exists() for rel in _others()):
        return "in_use", _("Something else is for this group, such as a support contact. Change that first.")
    return "", ""


def _others() -> list[Any]:
    known = {User, Policy, Scope, GroupRequest}
    related = Group._meta.related_objects  # noqa: SLF001  (the public name of Django's model API)
    return [rel for rel in related if rel.related_model not in known and not rel.field.many_to_many]


# Doing it ---------------------------------------------------------------------------------------------------------


def wants_second(staff: User, found: Plan) -> bool:
    """Tell whether a second one of the staff must agree to a change: as policy says, and as it is for one person."""
    if CHANGE[0] in policies.rules_for(staff.pk).second_person:
        return True
    rules = policies.rules_of_many([each.pk for each in found.people])
    return any(
        _GIVE_ROLES in rules[each.pk].second_person or rights.rank(each, staff) is Rank.EQUAL for each in found.people
    )


def change(group: Group | None, wanted: Wanted | None, deed: Deed, *, seen: str) -> str:
    """Change a group, or leave it for a second person where one must agree. Returns the result, in words.

    Errors: `Refused`. Inside the transaction of the form.
    """
    found = _checked(group, wanted, deed, seen)
    most = policies.rules_for(deed.staff.pk).staff_quota
    if not limits.spend_deed(deed.staff.pk, most=most, context=deed.context).is_open:
        raise Refused(rights.words(Refusal.QUOTA))
    if wants_second(deed.staff, found):
        _ask(group, wanted, deed)
        return _("A second person must agree. It waits on the page of the groups.")
    return _do(group, wanted, deed)


def _checked(group: Group | None, wanted: Wanted | None, deed: Deed, seen: str) -> Plan:
    if group and not Group.objects.select_for_update(no_key=True).filter(pk=group.pk).exists():
        raise Refused(_("This group is gone."))
    found = plan(deed.staff, group, wanted)
    if found.refusal:
        raise Refused(found.refusal)
    if seen != found.seen:
        raise Refused(_("Something changed meanwhile. Look at the list again before you confirm."))
    return found


def _do(group: Group | None, wanted: Wanted | None, deed: Deed) -> str:
    found = plan(deed.staff, group, wanted)
    kind = "group.deleted" if wanted is None else "group.changed" if group else "group.made"
    former_name = group.name if group else ""
    people = {each.pk: each for each in found.people}
    held = list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    before = {
        each.pk: sorted(roles.groups_of_staff().filter(user=each).values_list("name", flat=True)) for each in held
    }
    n_members = group.user_set.count() if group and wanted is None else None
    group = _write(group, wanted, found)
    name = group.name if group else former_name
    for each in held:
        perform.settle_roles(each, deed, former=before[each.pk])
    revocation.settle([each.pk for each in (*found.joining, *found.leaving)] if wanted else None)
    changes: dict[str, list[Any]] = {
        "name": [former_name, name if wanted else ""],
        "rights": [sorted(found.former), sorted(found.wanted)],
    }
    audit.record(
        kind,
        user_id=None,
        context=deed.context,
        actor_id=deed.staff.pk,
        group=name,
        reason=deed.reason,
        approver=deed.approver,
        changes={field: pair for field, pair in changes.items() if pair[0] != pair[1]},
        joined=[each.pk for each in found.joining],
        left=[each.pk for each in found.leaving],
        **({"n_members": n_members} if n_members is not None else {}),
    )
    words = {
        "group.made": _("%(name)s was made."),
        "group.changed": _("%(name)s was changed."),
        "group.deleted": _("%(name)s was deleted."),
    }
    return words[kind] % {"name": name}


def _write(group: Group | None, wanted: Wanted | None, found: Plan) -> Group | None:
    if wanted is None:
        if group:
            row_locks.take(Group.objects.filter(pk=group.pk))
            group.delete()
        return None
    if group is None:
        group = Group.objects.create(name=wanted.name)
    elif group.name != wanted.name:
        group.name = wanted.name
        group.save(update_fields=["name"])
    group.permissions.remove(*roles.permissions(found.former - found.wanted))
    group.permissions.add(*roles.permissions(found.wanted - found.former))
    group.user_set.add(*found.joining)
    group.user_set.remove(*found.leaving)
    return group


# A second person --------------------------------------------------------------------------------------------------


def _ask(group: Group | None, wanted: Wanted | None, deed: Deed) -> None:
    request = GroupRequest.objects.create(
        group=group,
        name=wanted.name if wanted else group.name if group else "",
        wanted=wanted.as_json() if wanted else None,
        reason=deed.reason,
        asked_by=deed.staff,
        asked_at=deed.context.now,
        ends_at=deed.context.now + _LIFE,
    )
    _record("group.requested", request, deed.staff, deed.context, request.reason)


def waiting(now: datetime) -> QuerySet[GroupRequest]:
    """List what waits for a second person."""
    return GroupRequest.objects.filter(state=_State.WAITING, ends_at__gt=now).select_related("group", "asked_by")


def wanted_by(request: GroupRequest) -> Wanted | None:
    """Give what a request wants; none where it wants the group deleted."""
    return Wanted.from_json(request.wanted) if request.wanted else None


def may_decide(request: GroupRequest, staff: User) -> bool:
    """Tell whether one of the staff may speak as the second person: another one, who could make the change."""
    return staff.pk != request.asked_by_id and not plan(staff, request.group, wanted_by(request)).refusal


def decide(request: GroupRequest, staff: User, context: Context, *, agrees: bool, reason: str, seen: str) -> str:
    """Agree to a request, which is done at once, or refuse it. Errors: `Refused`. Inside the form's transaction."""
    if not may_decide(request, staff):
        raise Refused(_("This is not yours to decide. Somebody else who may do all of it can."))
    state = _State.DONE if agrees else _State.REFUSED
    open_ones = GroupRequest.objects.filter(pk=request.pk, state=_State.WAITING, ends_at__gt=context.now)
    if not open_ones.update(state=state, decided_by=staff, decided_at=context.now):
        raise Refused(_("This was decided already, or waited too long."))
    _record("group.request_agreed" if agrees else "group.request_refused", request, staff, context, reason)
    if not agrees:
        return _("Refused.")
    wanted = wanted_by(request)
    asker = User.objects.get(pk=request.asked_by_id)
    if not asker.is_staff or policies.refusal(asker, context.now):
        raise Refused(_("The person who asked for it may not do so any more."))
    deed = Deed(
        staff=asker,
        context=context,
        reason=request.reason,
        ticket=_("none"),
        approver=staff.pk,
    )
    _checked(request.group, wanted, deed, seen)
    return _do(request.group, wanted, deed)


def _record(kind: str, request: GroupRequest, staff: User, context: Context, reason: str) -> None:
    about = {"group": request.name, "request": request.ref, "wanted": _by_number(request), "reason": reason}
    audit.record(kind, user_id=None, context=context, actor_id=staff.pk, **about)


def _by_number(request: GroupRequest) -> dict[str, Any]:
    """Give what a request wants with people by number: the record keeps no names, so that a person can be erased."""
    wanted = wanted_by(request)
    if wanted is None:
        return {}
    numbers = dict(User.objects.filter(username__in=[*wanted.joining, *wanted.leaving]).values_list("username", "pk"))
    people = {"joining": wanted.joining, "leaving": wanted.leaving}
    return wanted.as_json() | {way: [numbers[n] for n in names if n in numbers] for way, names in people.items()}


def refuse(group: Group | None, wanted: Wanted | None, staff: User, context: Context, why: str) -> None:
    """Write a refused attempt down: it is how an abuse of the admin begins."""
    with transaction.atomic():
        name = wanted.name if wanted else group.name if group else ""
        audit.record("group.refused", user_id=None, context=context, actor_id=staff.pk, group=name, why=why)
