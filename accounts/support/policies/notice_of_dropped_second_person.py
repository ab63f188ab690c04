"""Notifies administrators when a policy change lets one person do alone what needed a second person.

One administrator can make such a change alone. Unless others hear of it and can object, the rule protects nothing.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from accounts.models import User
from accounts.support import groups
from accounts.support.actions import ACTIONS
from verification import notices, policies
from verification.context import Context
from verification.models import Policy


def dropped(before: Sequence[Policy], after: Sequence[Policy]) -> list[str]:
    """Return the actions that no longer need a second person, for anyone in one or two groups with such a policy."""
    deciding = (each for each in (*before, *after) if each.second_person is not None)
    deciders = sorted({group for each in deciding if (group := each.group_id) is not None})
    memberships = [(), *((each,) for each in deciders), *combinations(deciders, 2)]
    found = {name for mine in memberships for name in _demanded(before, mine) - _demanded(after, mine)}
    return sorted(found)


def _demanded(rows: Iterable[Policy], mine: Sequence[int]) -> set[str]:
    applied = [each for each in rows if each.group_id is None or each.group_id in mine]
    return set(policies.merge(policies.ranked(applied)).second_person)


def notify(before: Sequence[Policy], staff: User, context: Context) -> None:
    """Notify everyone who may change policies, if this change dropped anything. Call it in its transaction."""
    if names := dropped(before, list(Policy.objects.all())):
        labels = {action.name: str(action.label) for action in ACTIONS.values()} | dict([groups.CHANGE])
        said = ", ".join(str(labels.get(name, name)) for name in names)
        who = staff.get_full_name() or staff.get_username()
        notices.notify_operators(
            "second_person_dropped", now=context.now, right="change_policy", staff=who, actions=said
        )
