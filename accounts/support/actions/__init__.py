"""Support actions: what staff do for a user. Each is one function, declared beside it, in the module of its subject."""

from accounts.support.actions import action_preview, approvals, authorise, execution, ranks, role_assignment
from accounts.support.actions.action_preview import Impact
from accounts.support.actions.authorise import Permit, StaffAccess
from accounts.support.actions.base import Action, ActionForm, Actor, Effect, Refusal, Result, State, Topic, Unneeded
from accounts.support.actions.blocks_and_bypasses import FOREVER, SET_STATE
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.hardware_tokens import ASSIGN_TOKEN
from accounts.support.actions.ranks import Rank
from accounts.support.actions.registry import ACTIONS

__all__ = [
    "ACTIONS",
    "ASSIGN_TOKEN",
    "FOREVER",
    "SET_STATE",
    "Action",
    "ActionForm",
    "ActionRequest",
    "Actor",
    "Effect",
    "Impact",
    "Permit",
    "Rank",
    "Refusal",
    "Result",
    "StaffAccess",
    "State",
    "Topic",
    "Unneeded",
    "action_preview",
    "approvals",
    "authorise",
    "execution",
    "ranks",
    "role_assignment",
]
