"""People and groups that directories supply: what an entry would change, and the change itself.

A sync, SCIM, and the first sign-in with a directory's password all use this. See the decision "What a
directory decides".
"""

from accounts.provisioning import audit_events
from accounts.provisioning.alarm_of_many_leavers import count_of_alarm, end_alarm, people_who_left
from accounts.provisioning.applying_groups import (
    MAX_GROUP_NAME_LENGTH,
    Invalid,
    UnknownGroup,
    apply_group,
    leave_groups,
    remove_group,
)
from accounts.provisioning.applying_people import CHUNK, EntryRefused, apply_people, apply_person
from accounts.provisioning.audit_events import ADMINISTRATOR_KEPT
from accounts.provisioning.directory_entries import (
    GroupEntry,
    Members,
    PersonEntry,
    PhoneEntry,
    ProvisioningMethod,
    ProvisioningSource,
)
from accounts.provisioning.matching_people import find, plan_people
from accounts.provisioning.max_unconfirmed_leavers import Departures, count
from accounts.provisioning.person_changes import MAX_KEY_LENGTH, ChangeKind, EntryRefusal, PersonChange, plan_person
from accounts.provisioning.suggested_numbers import NumberSuggestion, number_of, suggested, trust

__all__ = [
    "ADMINISTRATOR_KEPT",
    "CHUNK",
    "MAX_GROUP_NAME_LENGTH",
    "MAX_KEY_LENGTH",
    "ChangeKind",
    "Departures",
    "EntryRefusal",
    "EntryRefused",
    "GroupEntry",
    "Invalid",
    "Members",
    "NumberSuggestion",
    "PersonChange",
    "PersonEntry",
    "PhoneEntry",
    "ProvisioningMethod",
    "ProvisioningSource",
    "UnknownGroup",
    "apply_group",
    "apply_people",
    "apply_person",
    "audit_events",
    "count",
    "count_of_alarm",
    "end_alarm",
    "find",
    "leave_groups",
    "number_of",
    "people_who_left",
    "plan_people",
    "plan_person",
    "remove_group",
    "suggested",
    "trust",
]
