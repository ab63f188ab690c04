"""Plans a change to a role or group: who it would affect and how, and why it is refused."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Application, DirectoryGroup, GroupRequest, Scope, User
from accounts.support import people_in_desk_scopes, permission_labels, staff_groups_and_their_permissions
from accounts.support.actions import ActionRefusal, Rank, ranks
from verification import policies
from verification.models import Policy

MAX_PEOPLE = 500  # users that one change may affect
_MAX_NAMES_SHOWN = 20  # in a preview

POLICY_CHANGES = gettext_lazy("The policy of this group applies to those who join, and no longer to those who leave.")


@dataclass(frozen=True, kw_only=True)
class WantedGroup:
    """The wanted state of a group. Shape: `rights` as app.codename; `joining` and `leaving` as usernames."""

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
    def from_json(cls, kept: Mapping[str, Any]) -> "WantedGroup":
        return cls(
            name=kept["name"],
            rights=frozenset(kept["rights"]),
            joining=tuple(kept["joining"]),
            leaving=tuple(kept["leaving"]),
        )


@dataclass(frozen=True, kw_only=True)
class GroupChangePlan:
    """What a change does, line by line, and why it is refused; empty if it is not.

    Shape: `people` are the users whose permissions change.
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
        """Return a digest of the preview, so that a confirmation counts only for what was shown."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def plan(staff: User, group: Group | None, wanted: WantedGroup | None) -> GroupChangePlan:
    """Return who a change to a group would affect and how, and whether this member of staff may make it."""
    former = frozenset(staff_groups_and_their_permissions.rights_of([group])) if group else frozenset()
    future = wanted.rights if wanted else frozenset()
    members = group.user_set.order_by("username") if group else User.objects.none()
    joining, leaving = _moving(members, wanted)
    concerned = members if former != future else members.none()
    few = [*joining, *leaving, *concerned[: MAX_PEOPLE + 1]]
    people = tuple(sorted({each.pk: each for each in few}.values(), key=lambda each: each.pk))
    draft = GroupChangePlan(
        lines=tuple(_lines(group, wanted, former, future, joining, leaving, concerned)),
        former=former,
        wanted=future,
        joining=tuple(joining),
        leaving=tuple(leaving),
        people=people if former or future else (),
    )
    why, words = _supplied(group) if group else ("", "")
    if not why:
        why, words = _refusal(staff, group, wanted, draft, members)
    return GroupChangePlan(**{**draft.__dict__, "why": why, "refusal": words})


def _moving(members: QuerySet[User], wanted: WantedGroup | None) -> tuple[list[User], list[User]]:
    if wanted is None:
        return [], []
    joining = User.objects.filter(username__in=wanted.joining).exclude(pk__in=members.order_by().values("pk"))
    return list(joining.order_by("username")), list(members.filter(username__in=wanted.leaving))


def _lines(
    group: Group | None,
    wanted: WantedGroup | None,
    former: Collection[str],
    future: Collection[str],
    joining: Sequence[User],
    leaving: Sequence[User],
    concerned: QuerySet[User],
) -> list[str]:
    lines = []
    if wanted is None and group is not None:
        n = group.user_set.count()
        lines.append(
            ngettext("Deletes “%(name)s”, which has %(n)d member.", "Deletes “%(name)s”, which has %(n)d members.", n)
            % {"name": group.name, "n": n}
        )
    elif wanted is not None and group is None:
        lines.append(_("Creates “%(name)s”.") % {"name": wanted.name})
    elif wanted is not None and group is not None and group.name != wanted.name:
        lines.append(_("Renames “%(old)s” to “%(new)s”.") % {"old": group.name, "new": wanted.name})
    names = _named(set(former) ^ set(future))
    lines += [_("Gives the permission: %(right)s.") % {"right": names[r]} for r in sorted(set(future) - set(former))]
    # A group that is deleted loses all of them, which needs no list.
    lost = sorted(set(former) - set(future)) if wanted else []
    lines += [_("Removes the permission: %(right)s.") % {"right": names[each]} for each in lost]
    if n := concerned.count():
        some = _listed(list(concerned.values_list("username", flat=True)[: _MAX_NAMES_SHOWN + 1]))
        lines.append(
            ngettext(
                "The permissions of %(n)d member change: %(names)s.",
                "The permissions of %(n)d members change: %(names)s.",
                n,
            )
            % {"n": n, "names": some}
        )
    if not former and future:
        lines.append(
            _("Its members become staff. They can open these pages, and are asked for a second step at every sign-in.")
        )
    if former and not future:
        lines.append(_("Members without another role are no longer staff."))
    lines += [_("Adds %(who)s.") % {"who": _who(each)} for each in joining]
    lines += [_("Removes %(who)s.") % {"who": _who(each)} for each in leaving]
    if former or future:
        lines += [_("Everyone whose permissions change is signed out and gets an email.")] * bool(
            n or joining or leaving
        )
    if group and (joining or leaving):
        lines += [*_consequences(group), *_dropped_approvals(group, joining, leaving)]
    return lines


def _named(names: Collection[str]) -> dict[str, str]:
    parts = permission_labels.parts(staff_groups_and_their_permissions.permissions(names))
    return {name: name for name in names} | dict(pair for part in parts for pair in part.choices)


def _who(person: User) -> str:
    return f"{person.username} ({person.name})" if person.name else person.username


def _consequences(group: Group) -> list[str]:
    lines = []
    if Policy.objects.filter(group=group).exists():
        lines.append(str(POLICY_CHANGES))
    if Scope.objects.filter(desk=group).exists():
        lines.append(
            _("Staff who join help the people of this desk. Staff who leave and have no other desk can help everyone.")
        )
    if Scope.objects.filter(people=group).exists():
        lines.append(_("Desks for this group help those who join, and no longer those who leave."))
    return lines


def _dropped_approvals(group: Group, joining: Sequence[User], leaving: Sequence[User]) -> list[str]:
    """Return which actions need no second person any more, and for whom."""
    moving = [*joining, *leaving]
    mine = _groups_of(moving)
    found = defaultdict[str, list[str]](list)
    for person in moving:
        before, after = (
            set(policies.rules_of_groups(ids).second_person) for ids in (mine[person.pk], mine[person.pk] ^ {group.pk})
        )
        if before - after:
            found[policies.SUPPORT_ACTIONS.words(sorted(before - after))].append(person.username)
    words = _("One member of staff can then do this alone for %(names)s: %(actions)s.")
    return [words % {"names": _listed(names), "actions": actions} for actions, names in found.items()]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_NAMES_SHOWN]) + (" …" if len(names) > _MAX_NAMES_SHOWN else "")


def _refusal(
    staff: User, group: Group | None, wanted: WantedGroup | None, draft: GroupChangePlan, members: QuerySet[User]
) -> tuple[str, str]:
    """Return why a change is refused, as a key for the audit log and as text."""
    verb = "delete" if wanted is None else "change" if group else "add"
    moving = [*draft.joining, *draft.leaving]
    if not staff.has_perm(f"auth.{verb}_group"):
        return ActionRefusal.NOT_ALLOWED, ActionRefusal.NOT_ALLOWED.advice
    is_role = bool(draft.former or draft.wanted)
    if is_role and moving and not staff.has_perm("accounts.give_role"):
        return ActionRefusal.NOT_ALLOWED, ActionRefusal.NOT_ALLOWED.advice
    is_own = is_role and group is not None and members.filter(pk=staff.pk).exists()
    if is_own or any(each.pk == staff.pk for each in moving):
        return ActionRefusal.ONESELF, _("You are in this group. A colleague who isn’t in it can change it.")
    if not staff.is_superuser and not draft.former | draft.wanted <= staff.get_all_permissions():
        return ActionRefusal.MORE_RIGHTS, _(
            "This role has permissions that you don’t have. Ask a colleague who has all of them."
        )
    if len(draft.people) > MAX_PEOPLE:
        return "too_many", _("This affects more than %(n)d people. Create a new group for those who need it.") % {
            "n": MAX_PEOPLE
        }
    why, words = _refusal_of_people(staff, group, wanted, draft)
    if why:
        return why, words
    if wanted and Group.objects.filter(name__iexact=wanted.name).exclude(pk=group.pk if group else 0).exists():
        return "taken", _("A group with this name already exists.")
    return kept_by(group) if wanted is None and group else ("", "")


def _refusal_of_people(
    staff: User, group: Group | None, wanted: WantedGroup | None, draft: GroupChangePlan
) -> tuple[str, str]:
    """Return why the people whom a change affects are a reason to refuse it."""
    concerned = {*draft.people, *draft.joining, *draft.leaving}
    if people_in_desk_scopes.visible(staff).filter(pk__in=[each.pk for each in concerned]).count() < len(concerned):
        return ActionRefusal.OTHER_SCOPE, ActionRefusal.OTHER_SCOPE.advice
    if group and (wanted is None or wanted.name != group.name) and _has_others(staff, group):
        return ActionRefusal.OTHER_SCOPE, _(
            "This group has members whom another support desk helps. Ask a colleague there."
        )
    if any(ranks.rank(each, staff) is Rank.ABOVE for each in concerned):
        return ActionRefusal.MORE_RIGHTS, ActionRefusal.MORE_RIGHTS.advice
    if group and (lost := _lost(staff, group, draft.leaving)):
        words = _("%(names)s: %(advice)s") % {"names": _listed(lost), "advice": ActionRefusal.LEAVES_SCOPE.advice}
        return ActionRefusal.LEAVES_SCOPE, words
    if _reaches_further(staff, group, wanted, draft, concerned):
        return ActionRefusal.WIDER_SCOPE, ActionRefusal.WIDER_SCOPE.advice
    return "", ""


def _supplied(group: Group) -> tuple[str, str]:
    """Return why a group that a directory supplies can't be changed here."""
    found = DirectoryGroup.objects.select_related("directory").filter(group=group).first()
    if found is None:
        return "", ""
    words = _(
        "The name and members of this group come from the directory %(directory)s. Change them there. To give "
        "permissions, add a group here."
    )
    return "of_directory", words % {"directory": found.directory}


def _has_others(staff: User, group: Group) -> bool:
    """Return whether a group has members whom this member of staff may not see. It then keeps its name."""
    if not people_in_desk_scopes.is_scoped(staff):
        return False
    return group.user_set.exclude(pk__in=people_in_desk_scopes.visible(staff).values("pk")).exists()


def _lost(staff: User, group: Group, leaving: Sequence[User]) -> list[str]:
    """Return who of those leaving would be in no group that this member of staff may help."""
    groups = _groups_of(leaving)
    lost = people_in_desk_scopes.lost(staff, {each.pk: groups[each.pk] - {group.pk} for each in leaving})
    return [each.username for each in leaving if each.pk in lost]


def _groups_of(people: Collection[User]) -> dict[int, set[int]]:
    found = defaultdict[int, set[int]](set)
    for user, group in User.groups.through.objects.filter(user__in=people).values_list("user", "group"):
        found[user].add(group)
    return found


def _reaches_further(
    staff: User, group: Group | None, wanted: WantedGroup | None, draft: GroupChangePlan, concerned: Collection[User]
) -> bool:
    """Return whether a member of staff would see users that the one making the change may not see."""
    if not people_in_desk_scopes.is_scoped(staff):
        return False
    prefetch_related_objects(list(concerned), "groups")
    others = {one for one in staff_groups_and_their_permissions.groups_of_staff() if one != group}
    found = set[frozenset[Group]]()
    for each in concerned:
        stays = wanted is not None and each not in draft.leaving
        desks = frozenset(one for one in each.groups.all() if one != group)
        if desks & others or (stays and draft.wanted):
            found.add(desks | ({group} if group and stays else set()))
    return any(people_in_desk_scopes.reaches_further(staff, desks) for desks in found)


def kept_by(group: Group) -> tuple[str, str]:
    """Return why a group can't be deleted: what refers to it would be deleted as well, with everything it decides."""
    if Policy.objects.filter(group=group).exists():
        return "in_use", _("A policy applies to this group. Delete the policy first.")
    if Scope.objects.filter(desk=group).exists() or Scope.objects.filter(people=group).exists():
        return "in_use", _("A desk scope uses this group. Change the desk scope first.")
    if Application.objects.filter(groups=group).exists():
        # Without its only group, an application would be open to everyone.
        return "in_use", _("An application allows this group. Change the application first.")
    if any(rel.related_model.objects.filter(**{rel.field.name: group}).exists() for rel in _others()):
        return "in_use", _("Something else uses this group, such as a contact of the support desk. Change that first.")
    return "", ""


def _others() -> list[Any]:
    known = {User, Policy, Scope, GroupRequest}
    related = Group._meta.related_objects
    return [rel for rel in related if rel.related_model not in known and not rel.field.many_to_many]
