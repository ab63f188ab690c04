"""What a row of people may not change: who uploaded the file, policy and directories decide it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import DirectoryGroup, User
from accounts.support import groups as groups_of_support
from accounts.support import people_in_desk_scopes
from accounts.support.actions import SET_STATE, ranks
from accounts.support.imports.collecting_row_errors import collect_error
from accounts.support.imports.reading_and_checking_people_rows import WantedPerson, joined, shown
from accounts.support.staff_groups_and_their_permissions import groups_of_staff
from verification import policies
from verification.policies import Rules


@dataclass(frozen=True, kw_only=True)
class UploaderRestrictions:
    """What the uploader may not do alone. Shape: groups by name; `reach` are those of their desks, None for all."""

    staff: User | None
    rules: Mapping[int, Rules]
    needs_second: bool
    roles: frozenset[str]
    supplied: frozenset[str]
    reach: frozenset[str] | None


def restrictions_of(staff: User | None, people: Collection[User], groups: Mapping[str, int]) -> UploaderRestrictions:
    """Return what the uploader may not do alone to these users."""
    reach = people_in_desk_scopes.groups_of(staff) if staff else frozenset[int]()
    supplied = DirectoryGroup.objects.values_list("group__name", flat=True)
    return UploaderRestrictions(
        staff=staff,
        rules=policies.rules_of_many([user.pk for user in people]),
        needs_second=staff is None or groups_of_support.CHANGE[0] in policies.rules_for(staff.pk).second_person,
        roles=frozenset(shown(name) for name in groups_of_staff().values_list("name", flat=True)),
        supplied=frozenset(shown(name) for name in supplied),
        reach=None if reach is None else frozenset(name for name, pk in groups.items() if pk in reach),
    )


def errors_of(
    wanted: WantedPerson, user: User | None, mine: Collection[str], restrictions: UploaderRestrictions
) -> list[str]:
    """Return all reasons why a row is refused."""
    if user is not None and ranks.is_staff(user):
        return [_("This person is staff, and no import changes staff. Remove their roles first.")]
    errors = list[str]()
    collect_error(errors, _check_roles, wanted, restrictions.roles)
    collect_error(errors, _check_scope, wanted, mine, restrictions.reach)
    collect_error(errors, _check_membership, wanted, mine, needs_second=restrictions.needs_second)
    collect_error(errors, _check_state, wanted, user, restrictions.staff, restrictions.rules)
    collect_error(errors, _check_details, wanted, user)
    collect_error(errors, _check_supplied_groups, wanted, mine, restrictions.supplied)
    return errors


def _check_roles(wanted: WantedPerson, roles: Collection[str]) -> None:
    """Refuse to give a role. Errors: `ValueError` with a text."""
    if given := sorted(wanted.groups & set(roles)):
        words = _("%(names)s is a staff role. Remove it here and give it on the person’s page.")
        raise ValueError(words % {"names": ", ".join(given)})


def _check_scope(wanted: WantedPerson, mine: Collection[str], reach: frozenset[str] | None) -> None:
    """Refuse to put or leave people where the uploader's desks can't help them. Errors: `ValueError` with a text."""
    if reach is None:
        return
    if others := sorted(wanted.groups - set(mine) - reach):
        words = _("Your desk doesn’t help the people of %(names)s. Ask a colleague there.")
        raise ValueError(words % {"names": ", ".join(others)})
    if not wanted.groups & reach:
        words = _("Add a group that your desk helps: %(names)s.")
        raise ValueError(words % {"names": joined(reach) or _("none")})


def _check_membership(wanted: WantedPerson, mine: Collection[str], *, needs_second: bool) -> None:
    """Refuse a change of groups that would need approval on the group's page. Errors: `ValueError` with a text."""
    if needs_second and wanted.groups != set(mine):
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


def _check_details(wanted: WantedPerson, user: User | None) -> None:
    """Refuse a change of what a directory says of a person. Errors: `ValueError` with a text."""
    if user is None or user.directory is None:
        return
    if (shown(user.name), shown(user.email)) != (wanted.name, wanted.email):
        raise ValueError(
            _("The name and email address of %(name)s come from the directory %(directory)s. Change them there.")
            % {"name": user.username, "directory": user.directory}
        )


def _check_supplied_groups(wanted: WantedPerson, mine: Collection[str], supplied: Collection[str]) -> None:
    """Refuse a change of the members of a directory's group. Errors: `ValueError` with a text."""
    if moved := sorted((wanted.groups ^ set(mine)) & set(supplied)):
        raise ValueError(
            _("The members of %(names)s come from a directory. Change them there.") % {"names": ", ".join(moved)}
        )
