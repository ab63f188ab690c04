"""Import rows that create or change users. They never touch passwords, permissions or methods."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import invitations
from accounts.models import SecondStep, User
from accounts.support import people_in_desk_scopes
from accounts.support.imports import people_audit_and_notices, people_row_permissions, reading_and_checking_people_rows
from accounts.support.imports.reading_and_checking_people_rows import WantedPerson, shown
from verification import enrolments, policies
from verification.context import Context
from verification.policies import SUPPORT_ACTIONS, remembered_browser_revocation

Row = tuple[int, Mapping[str, str]]


@dataclass(frozen=True)
class Chunk:
    """The result of some rows.

    Shape: `faults` and `warnings` are pairs of line and text; `counts` has new, changed, same.
    """

    counts: Counter[str]
    faults: list[tuple[int, str]]
    warnings: list[tuple[int, str]] = field(default_factory=list)

    def __add__(self, other: "Chunk") -> "Chunk":
        return Chunk(self.counts + other.counts, [*self.faults, *other.faults], [*self.warnings, *other.warnings])


def repeated(rows: Iterable[Row]) -> frozenset[int]:
    """Return the lines whose username also occurs earlier in the file, in any spelling."""
    seen, found = set[str](), set[int]()
    for line, fields in rows:
        name = reading_and_checking_people_rows.username_of(fields["username"])
        if name in seen:
            found.add(line)
        seen.add(name)
    return frozenset(found)


def apply(
    rows: Sequence[Row],
    staff: User | None,
    context: Context,
    *,
    repeated: Collection[int] = (),
    invites: bool = False,
) -> Chunk:
    """Apply some rows, with a few statements for all of them, in the chunk's transaction.

    `staff` uploaded the file, and may not change users of another desk; None if their account is gone. `repeated` are
    the lines whose user also occurs earlier in the file. With `invites` new people with an email address are invited.
    """
    groups = {shown(name): pk for name, pk in Group.objects.values_list("name", "pk")}
    names = [reading_and_checking_people_rows.username_of(fields["username"]) for _line, fields in rows]
    known = {user.username: user for user in _locked(names)}
    seen = _seen(staff, known.values())
    restrictions = people_row_permissions.restrictions_of(staff, known.values(), groups)
    member: dict[int, set[str]] = {user.pk: set() for user in known.values()}
    for user_id, name in User.groups.through.objects.filter(user__in=member).values_list("user", "group__name"):
        member[user_id].add(shown(name))
    counts, faults, warnings = Counter[str](), list[tuple[int, str]](), defaultdict[int, list[str]](list)
    made, changed, changed_on = list[WantedPerson](), list[tuple[User, WantedPerson]](), dict[int, int]()
    for line, fields in rows:
        user = known.get(reading_and_checking_people_rows.username_of(fields["username"]))
        is_hidden = user is not None and user.pk not in seen
        user = None if is_hidden else user  # refused in the words that a name gets which nobody has
        mine = member[user.pk] if user else set[str]()
        wanted, errors = reading_and_checking_people_rows.read(fields, groups, user, mine)
        if line in repeated:
            errors.append(_("%(name)s appears twice in the file. Remove one of the rows.") % {"name": wanted.username})
        if user is not None and not errors and _is_same(user, mine, wanted):
            counts["same"] += 1
            continue
        errors += people_row_permissions.errors_of(wanted, user, mine, restrictions)
        if errors or is_hidden:
            faults.append((line, " ".join(errors) or str(USERNAME_NOT_USABLE)))
            continue
        if wanted.state == SecondStep.DISABLED and (user is None or user.second_step != SecondStep.DISABLED):
            warnings[line].append(_PASSWORD_ALONE % {"name": wanted.username})
        if user is None:
            made.append(wanted)
        else:
            changed.append((user, wanted))
            changed_on[user.pk] = line
    counts.update(new=len(made), changed=len(changed))
    changes = {user.pk: _differences(user, member[user.pk], wanted) for user, wanted in changed}
    with policies.dropped_second_person.recorded(changed_on, context, actor_id=staff.pk if staff else None) as lost:
        fresh = _save(made, changed, groups)
    for pk, actions in lost.items():
        warnings[changed_on[pk]].append(_NO_SECOND_PERSON % {"actions": SUPPORT_ACTIONS.words(actions)})
    people_audit_and_notices.record(fresh, changes, staff, context)
    former = {pk: fields["email"][0] for pk, fields in changes.items() if "email" in fields}
    of_another_state = [user for user, _wanted in changed if "state" in changes[user.pk]]
    people_audit_and_notices.notify(of_another_state, staff, context, former=former)
    _invite(fresh if invites else (), [pk for pk, fields in changes.items() if "email" in fields], context.now)
    return Chunk(counts, faults, [(line, " ".join(texts)) for line, texts in sorted(warnings.items())])


def _locked(names: Collection[str]) -> QuerySet[User]:
    """Return the users of some rows, locked before they are read.

    Support may change one of them until the lock. A row compared with a former value would bring that value back.
    """
    known = User.objects.select_related("directory").filter(username__in=names).order_by("pk")
    return known.select_for_update(of=("self",), no_key=True)


def _differences(user: User, member: Collection[str], wanted: WantedPerson) -> dict[str, tuple[str, str]]:
    """Return the old and the new value of what a row changes."""
    pairs = {
        "name": (user.name, wanted.name),
        "email": (user.email, wanted.email),
        "state": (user.second_step, wanted.state),
        "groups": (", ".join(sorted(member)), ", ".join(sorted(wanted.groups))),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _invite(fresh: Sequence[User], moved: Sequence[int], now: datetime) -> None:
    """Invite new people, and those again whose link went to another address."""
    if fresh:
        invitations.invite_new([person.pk for person in fresh], now)
    if moved:
        invitations.move(moved, now)


def _seen(staff: User | None, people: Collection[User]) -> set[int]:
    """Return the ids of those users that a member of staff may see."""
    if staff is None:
        return set()
    return set(
        people_in_desk_scopes.visible(staff).filter(pk__in=[user.pk for user in people]).values_list("pk", flat=True)
    )


USERNAME_NOT_USABLE = gettext_lazy("You can’t use this username. Choose another one.")
_PASSWORD_ALONE = gettext_lazy(
    "%(name)s will sign in with only a password, because “disabled” turns the second step off. If they left, block "
    "them instead."
)
_NO_SECOND_PERSON = gettext_lazy("With these groups, one member of staff can do this alone for them: %(actions)s.")


def _is_same(user: User, groups: Collection[str], wanted: WantedPerson) -> bool:
    mine = (shown(user.name), shown(user.email), user.second_step, set(groups))
    return mine == (wanted.name, wanted.email, wanted.state, set(wanted.groups))


def _save(
    made: Sequence[WantedPerson], changed: Sequence[tuple[User, WantedPerson]], groups: Mapping[str, int]
) -> list[User]:
    """Save new and changed users, and return the new ones, who set their password by an emailed link."""
    fresh = User.objects.bulk_create(
        User(username=w.username, name=w.name, email=w.email, second_step=w.state, password=make_password(None))
        for w in made
    )
    of_another_state = [user.pk for user, wanted in changed if user.second_step != wanted.state]
    for user, wanted in changed:
        user.name, user.email, user.second_step = wanted.name, wanted.email, wanted.state
    User.objects.bulk_update([user for user, _wanted in changed], ["name", "email", "second_step"])
    through = User.groups.through
    through.objects.filter(user__in=[user.pk for user, _wanted in changed]).delete()
    pairs = [*zip(fresh, made, strict=True), *changed]
    through.objects.bulk_create(
        through(user_id=user.pk, group_id=groups[name]) for user, wanted in pairs for name in sorted(wanted.groups)
    )
    enrolments.raise_epochs(of_another_state)
    remembered_browser_revocation.settle([user.pk for user, _wanted in changed])
    return fresh
