"""Import rows that create or change users. They never touch passwords, permissions or methods."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import invitations
from accounts.models import DirectoryGroup, SecondStep, User
from accounts.models.people import fold
from accounts.support import desk_scopes
from accounts.support import groups as groups_of_support
from accounts.support.actions import SET_STATE, ActionRefusal, ranks
from accounts.support.imports import csv_tables, people_events
from accounts.support.staff_roles import groups_of_staff
from verification import enrolments, inputs, policies
from verification.context import Context
from verification.policies import Rules, remembered_browser_revocation

_MAX_EMAIL_LENGTH = 254  # characters. Source: RFC 5321, 4.5.3.1.3, without the brackets

Row = tuple[int, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class WantedPerson:
    """The wanted state of a user, from one row."""

    username: str
    name: str
    email: str
    groups: frozenset[str]
    state: str


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
        name = _name(fields["username"])
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
    groups = {_shown(name): pk for name, pk in Group.objects.values_list("name", "pk")}
    staff_groups = {_shown(name) for name in groups_of_staff().values_list("name", flat=True)}
    supplied = {_shown(name) for name in DirectoryGroup.objects.values_list("group__name", flat=True)}
    names = [_name(fields["username"]) for _line, fields in rows]
    known = {user.username: user for user in _locked(names)}
    seen, rules = _seen(staff, known.values()), policies.rules_of_many([user.pk for user in known.values()])
    needs_second = staff is None or groups_of_support.CHANGE[0] in policies.rules_for(staff.pk).second_person
    member: dict[int, set[str]] = {user.pk: set() for user in known.values()}
    for user_id, name in User.groups.through.objects.filter(user__in=member).values_list("user", "group__name"):
        member[user_id].add(name)
    counts, faults, warnings = Counter[str](), list[tuple[int, str]](), list[tuple[int, str]]()
    made, changed = list[WantedPerson](), list[tuple[User, WantedPerson]]()
    for line, fields in rows:
        try:
            wanted = _read(fields, groups)
            if line in repeated:
                raise ValueError(
                    _("%(name)s appears twice in the file. Remove one of the rows.") % {"name": wanted.username}
                )
            user = known.get(wanted.username)
            if user is not None and _is_same(user, member[user.pk], wanted):
                counts["same"] += 1
                continue
            if given := sorted(wanted.groups & staff_groups):
                raise ValueError(
                    _("%(names)s is a staff role. Remove it here and give it on the person’s page.")
                    % {"names": ", ".join(given)}
                )
            if user is not None and (refusal := _refusal(user, seen)):
                raise ValueError(refusal)
            _check_membership(wanted, member[user.pk] if user else (), needs_second=needs_second)
            _check_state(wanted, user, staff, rules)
            _check_supplied(wanted, user, member[user.pk] if user else set(), supplied)
            _check(wanted, user)
        except ValueError as fault:
            faults.append((line, str(fault)))
            continue
        if wanted.state == SecondStep.DISABLED and (user is None or user.second_step != SecondStep.DISABLED):
            warnings.append((line, _PASSWORD_ALONE % {"name": wanted.username}))
        if user is None:
            made.append(wanted)
        else:
            changed.append((user, wanted))
    counts.update(new=len(made), changed=len(changed))
    changes = {user.pk: _differences(user, member[user.pk], wanted) for user, wanted in changed}
    fresh = _save(made, changed, groups)
    people_events.record(fresh, changes, staff, context)
    former = {pk: fields["email"][0] for pk, fields in changes.items() if "email" in fields}
    of_another_state = [user for user, _wanted in changed if "state" in changes[user.pk]]
    people_events.notify(of_another_state, staff, context, former=former)
    _invite(fresh if invites else (), [pk for pk, fields in changes.items() if "email" in fields], context.now)
    return Chunk(counts, faults, warnings)


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
        "groups": (", ".join(sorted(map(_shown, member))), ", ".join(sorted(wanted.groups))),
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
    return set(desk_scopes.visible(staff).filter(pk__in=[user.pk for user in people]).values_list("pk", flat=True))


def _refusal(user: User, seen: Collection[int]) -> str:
    """Return why a file may not change a user, or an empty string if it may."""
    if ranks.is_staff(user):
        return _("This person is staff, and no import changes staff. Remove their roles first.")
    return "" if user.pk in seen else ActionRefusal.OTHER_SCOPE.advice


def _check_membership(wanted: WantedPerson, member: Collection[str], *, needs_second: bool) -> None:
    """Refuse a change of groups that would need approval on the group's page. Errors: `ValueError` with a text."""
    mine = {_shown(name) for name in member}
    if needs_second and wanted.groups != mine:
        words = _(
            "A second person must approve who joins or leaves a group. Change the group on its own page, and set the "
            "groups of %(name)s in the file to: %(groups)s."
        )
        raise ValueError(words % {"name": wanted.username, "groups": joined(mine) or _("none")})


def _check_state(wanted: WantedPerson, user: User | None, staff: User | None, rules: Mapping[int, Rules]) -> None:
    """Refuse a change of the second step that the same action for one person refuses or leaves for approval.

    A file has no caller, so a policy that requires a verified one refuses it, even if they were verified just now.
    Errors: `ValueError` with a text.
    """
    if user is None or user.second_step == wanted.state:
        return
    name = {"name": user.username, "state": user.second_step}
    if staff is None or not staff.has_perm(f"accounts.{SET_STATE.permission}"):
        words = _("Your role can’t change the second step of %(name)s. Leave the state as it is: %(state)s.")
        raise ValueError(words % name)
    if SET_STATE.requires_caller_check and rules[user.pk].caller_check:
        words = _(
            "Policy requires a verified caller for a change of the second step. Change it on the page of %(name)s, "
            "and leave the state in the file as it is: %(state)s."
        )
        raise ValueError(words % name)
    if SET_STATE.name in rules[user.pk].second_person:
        words = _("A second person must approve a change of the second step. Request it on the page of %(name)s.")
        raise ValueError(words % name)


_PASSWORD_ALONE = gettext_lazy(
    "%(name)s will sign in with only a password, because “disabled” turns the second step off. If they left, block "
    "them instead."
)
_END_OF_GROUP = re.compile(r"(\\*)(;|$)")
_TOTALS = frozenset({"total", "totals", "sum", "summe", "gesamt", "gesamtergebnis", "somme", "totale", "итого"})


def joined(groups: Iterable[str]) -> str:
    """Join group names in one cell, in the format that `_groups` reads.

    Shape: a `;` in a name is written `\\;`, and backslashes before it or at the end of a name are doubled.
    """
    return ";".join(sorted(_END_OF_GROUP.sub(lambda end: 2 * end[1] + end[2].replace(";", "\\;"), n) for n in groups))


def _groups(cell: str) -> frozenset[str]:
    names, at = [""], 0
    for end in _END_OF_GROUP.finditer(cell):
        n_signs, is_odd = len(end[1]), len(end[1]) % 2 == 1
        names[-1] += cell[at : end.start()] + end[1][: n_signs // 2 if end[2] or not is_odd else n_signs]
        at = end.end()
        if is_odd:
            names[-1] += end[2]
        elif end[2]:
            names.append("")
    return frozenset(filter(None, map(_shown, names)))


def _name(cell: str) -> str:
    return fold(inputs.line(cell, max_length=csv_tables.MAX_CELL_LENGTH) or "")


def _read(fields: Mapping[str, str], groups: Mapping[str, int]) -> WantedPerson:
    """Read one row, as strictly as the database. Errors: `ValueError` with a text for staff."""
    username = _name(fields["username"])
    if not username or len(username) > 150 or any(sign.isspace() for sign in username):
        raise ValueError(_("Enter a username of 1 to 150 characters, without spaces."))
    name = inputs.line(fields["name"], max_length=150)
    if name is None:
        raise ValueError(_("Shorten the name to 150 characters."))
    email = inputs.line(fields["email"], max_length=_MAX_EMAIL_LENGTH)
    if email is None:
        raise ValueError(_("Shorten the email address to %(n)d characters.") % {"n": _MAX_EMAIL_LENGTH})
    state = fields["state"].lower() or SecondStep.ENABLED
    if state not in SecondStep.values:
        raise ValueError(_("Enter one of these as the state: %(states)s.") % {"states": ", ".join(SecondStep.values)})
    mine = _groups(fields["groups"])
    if unknown := sorted(mine - set(groups)):
        raise ValueError(_("There is no group %(names)s. Add the group first.") % {"names": ", ".join(unknown)})
    return WantedPerson(username=username, name=name, email=email, groups=mine, state=state)


def _check(wanted: WantedPerson, user: User | None) -> None:
    """Refuse values that nobody should newly have. Existing ones may stay. Errors: `ValueError` with a text."""
    if user is None and csv_tables.ROUNDED.fullmatch(wanted.username):
        raise ValueError(_("A spreadsheet rounded this username. Format the column as text, and save the file again."))
    if user is None and any(unicodedata.category(sign) == "Cf" for sign in wanted.username):
        raise ValueError(_("This username contains an invisible character. Type it again."))
    if user is None and wanted.username in _TOTALS:
        raise ValueError(_("This looks like a row of totals. Remove it."))
    if wanted.email and (user is None or user.email != wanted.email):
        try:
            validate_email(wanted.email)
        except ValidationError:
            raise ValueError(_("This isn’t an email address. Enter one such as name@example.org.")) from None


def _check_supplied(wanted: WantedPerson, user: User | None, member: set[str], supplied: Collection[str]) -> None:
    """Refuse to change what a directory decides. Errors: `ValueError` with a text."""
    is_supplied = user is not None and user.directory is not None
    if user and is_supplied and (_shown(user.name), _shown(user.email)) != (wanted.name, wanted.email):
        raise ValueError(
            _("The name and email address of %(name)s come from the directory %(directory)s. Change them there.")
            % {"name": user.username, "directory": user.directory}
        )
    if moved := sorted((wanted.groups ^ {_shown(name) for name in member}) & set(supplied)):
        raise ValueError(
            _("The members of %(names)s come from a directory. Change them there.") % {"names": ", ".join(moved)}
        )


def _is_same(user: User, member: set[str], wanted: WantedPerson) -> bool:
    mine = (_shown(user.name), _shown(user.email), user.second_step, {_shown(name) for name in member})
    return mine == (wanted.name, wanted.email, wanted.state, set(wanted.groups))


def _shown(text: str) -> str:
    """Return a value as it appears in a file, where outer spaces and line breaks do not survive."""
    return inputs.line(text) or ""


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
