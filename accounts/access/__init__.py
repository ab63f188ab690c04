"""Access to applications: one decision about session facts, a person's methods and what is required."""

from accounts.access import (
    access_decision_words,
    acr_and_amr_values,
    app_passwords_when_blocked,
    portal_and_staff,
    required_strength,
    step_up_rounds,
    stepping_up,
)
from accounts.access.access_decision import AccessDecision, AccessStep, AskedBy, Requirement, decide
from accounts.access.age_of_verifications import Demand
from accounts.access.application_access import of_facts, of_person, of_request
from accounts.access.groups_allowed import Groups, forget, groups_of
from accounts.access.required_strength import RequestedVerification
from accounts.access.stepping_up import step_up
from accounts.access.stored_session_reader import of_data
from accounts.applications import AccessReason
from accounts.sessions.session_assurance import SessionFacts, Verification

__all__ = [
    "AccessDecision",
    "AccessReason",
    "AccessStep",
    "AskedBy",
    "Demand",
    "Groups",
    "RequestedVerification",
    "Requirement",
    "SessionFacts",
    "Verification",
    "access_decision_words",
    "acr_and_amr_values",
    "app_passwords_when_blocked",
    "decide",
    "forget",
    "groups_of",
    "of_data",
    "of_facts",
    "of_person",
    "of_request",
    "portal_and_staff",
    "required_strength",
    "step_up",
    "step_up_rounds",
    "stepping_up",
]
