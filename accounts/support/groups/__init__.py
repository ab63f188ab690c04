"""Roles and groups: made, renamed, filled, given rights and deleted, by somebody who has these rights and is no member.

A group with rights is a role and makes its members staff; others sort people, for policies, desks and contacts.
"""

from accounts.support.groups.changes import (
    CHANGE,
    change,
    decide,
    listed,
    may_decide,
    refuse,
    waiting,
    wanted_by,
    wants_second,
)
from accounts.support.groups.plans import MAX_PEOPLE, Plan, Wanted, plan

__all__ = [
    "CHANGE",
    "MAX_PEOPLE",
    "Plan",
    "Wanted",
    "change",
    "decide",
    "listed",
    "may_decide",
    "plan",
    "refuse",
    "waiting",
    "wanted_by",
    "wants_second",
]
