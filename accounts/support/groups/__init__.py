"""Roles and groups: created, changed and deleted by someone who has their permissions and is not a member.

A group with permissions is a role and makes its members staff. Others only sort users, for policies, desks and
contacts.
"""

from accounts.support.groups.change_preview_and_refusals import MAX_PEOPLE, GroupChangePlan, WantedGroup, plan
from accounts.support.groups.forms import GroupForm
from accounts.support.groups.group_changes_and_approvals import (
    CHANGE,
    change,
    counted,
    decide,
    listed,
    may_decide,
    refuse,
    waiting,
    wanted_by,
    wants_second,
    withdraw,
)

__all__ = [
    "CHANGE",
    "MAX_PEOPLE",
    "GroupChangePlan",
    "GroupForm",
    "WantedGroup",
    "change",
    "counted",
    "decide",
    "listed",
    "may_decide",
    "plan",
    "refuse",
    "waiting",
    "wanted_by",
    "wants_second",
    "withdraw",
]
