"""Rows of people: made or changed. Passwords, rights and methods are none of an import's business."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import SecondStep, User
from accounts.models.people import fold
from accounts.support.roles import groups_of_staff
from verification import enrolments, revocation

Row = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a row wants of a person."""

    username: str
    name: str
    email: str
    groups: frozenset[str]
    state: str


@dataclass(frozen=True)
class Chunk:
    """What became of some rows. Shape: `faults` pairs of line and words; `counts` new, changed, same."""

    counts: Counter[str]
    faults: list[tuple[int, str]]


def apply(rows: Sequence[Row], *, is_rehearsal: bool) -> Chunk:
    """Bring some rows in, by a few statements for all of them. Inside the chunk's transaction."""
    groups = dict(Group.objects.values_list("name", "pk"))
    staff_groups = set(groups_of_staff().values_list("name", flat=True))
    names = [fold(fields["user name"]) for _line, fields in rows]
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    member: dict[int, set[str]] = {user.pk: set() for user in known.values()}
    for user_id, name in User.groups.through.objects.filter(user__in=member).values_list("user", "group__name"):
        member[user_id].add(name)
    counts, faults, seen = Counter[str](), [], set[str]()
    made, changed = list[Wanted](), list[tuple[User, Wanted]]()
    for line, fields in rows:
        try:
            wanted = _read(fields, groups, seen)
            if given := sorted(wanted.groups & staff_groups):
                raise ValueError(
                    _("%(names)s: no import gives a role. Give it on the person’s page.") % {"names": ", ".join(given)}
                )
            user = known.get(wanted.username)
            if user is not None and (user.is_staff or user.is_superuser):
                raise ValueError(_("This is one of the staff, whom no import changes. End their roles first."))
        except ValueError as fault:
            faults.append((line, str(fault)))
            continue
        if user is None:
            made.append(wanted)
        elif _is_same(user, member[user.pk], wanted):
            counts["same"] += 1
        else:
            changed.append((user, wanted))
    counts.update(new=len(made), changed=len(changed))
    if not is_rehearsal:
        _save(made, changed, groups)
    return Chunk(counts, faults)


def _read(fields: Mapping[str, str], groups: Mapping[str, int], seen: set[str]) -> Wanted:
    """Read one row. Errors: `ValueError` with words."""
    username = fold(fields["user name"])
    if not username or len(username) > 150 or any(sign.isspace() for sign in username):
        raise ValueError(_("A user name has 1 to 150 signs and no spaces."))
    if username in seen:
        raise ValueError(_("%(name)s stands in the file twice.") % {"name": username})
    if fields["mail"]:
        try:
            validate_email(fields["mail"])
        except ValidationError:
            raise ValueError(_("This is not a mail address.")) from None
    state = fields["state"].lower() or SecondStep.ENABLED
    if state not in SecondStep.values:
        raise ValueError(_("The state is one of: %(states)s") % {"states": ", ".join(SecondStep.values)})
    mine = frozenset(name.strip() for name in fields["groups"].split(";") if name.strip())
    if unknown := sorted(mine - set(groups)):
        raise ValueError(_("There is no group %(names)s. Make it first.") % {"names": ", ".join(unknown)})
    if len(fields["name"]) > 150:
        raise ValueError(_("A name has at most 150 signs."))
    seen.add(username)
    return Wanted(username=username, name=fields["name"], email=fields["mail"], groups=mine, state=state)


def _is_same(user: User, member: set[str], wanted: Wanted) -> bool:
    mine = (user.name, user.email, user.second_step, member)
    return mine == (wanted.name, wanted.email, wanted.state, set(wanted.groups))


def _save(made: Sequence[Wanted], changed: Sequence[tuple[User, Wanted]], groups: Mapping[str, int]) -> None:
    """Write what is new and what differs. A person who is made has no password until they set one by a mailed link."""
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
    enrolments.close(of_another_state)
    revocation.settle([user.pk for user, _wanted in changed])
