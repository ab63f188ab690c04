"""Support actions: what staff do for a user. Each is one function, declared beside it, in the module of its subject."""

from accounts.support.action_refusals import ActionRefusal
from accounts.support.actions import (
    action_preview,
    execution,
    ranks,
    role_assignment,
    second_person_approvals,
    who_may_act_on_whom,
)
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionForm,
    ActionResult,
    ActionState,
    ActionTopic,
    Actor,
    Effect,
    Unneeded,
)
from accounts.support.actions.action_preview import ActionImpact
from accounts.support.actions.blocks_and_bypasses import FOREVER, SET_STATE
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.hardware_tokens import ASSIGN_TOKEN
from accounts.support.actions.ranks import Rank
from accounts.support.actions.registry import ACTIONS
from accounts.support.actions.who_may_act_on_whom import Permit, StaffAccess

__all__ = [
    "ACTIONS",
    "ASSIGN_TOKEN",
    "FOREVER",
    "SET_STATE",
    "Action",
    "ActionForm",
    "ActionImpact",
    "ActionRefusal",
    "ActionRequest",
    "ActionResult",
    "ActionState",
    "ActionTopic",
    "Actor",
    "Effect",
    "Permit",
    "Rank",
    "StaffAccess",
    "Unneeded",
    "action_preview",
    "execution",
    "ranks",
    "role_assignment",
    "second_person_approvals",
    "who_may_act_on_whom",
]
