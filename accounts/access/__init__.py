"""Access to applications: one decision about a session's authentication, a person's methods and what is required."""

from accounts.access import (
    acr_and_amr_values,
    app_passwords_when_blocked,
    application_refusal_words,
    max_step_up_rounds,
    portal_and_staff_access,
    required_strength,
    step_up_words,
    stepping_up,
    words_for_strength_told_to_applications,
)
from accounts.access.access_decision import AccessDecision, AccessStep, AskedBy, Requirement, decide
from accounts.access.age_of_verifications import Demand
from accounts.access.groups_allowed import Groups, forget, groups_of
from accounts.access.loading_rows_for_access_decision import of_authentication, of_person, of_request
from accounts.access.required_strength import RequestedVerification
from accounts.access.stepping_up import step_up
from accounts.access.stored_session_reader import of_data
from accounts.applications import AccessReason
from accounts.sessions.session_assurance import AuthenticationContext, Verification

__all__ = [
    "AccessDecision",
    "AccessReason",
    "AccessStep",
    "AskedBy",
    "AuthenticationContext",
    "Demand",
    "Groups",
    "RequestedVerification",
    "Requirement",
    "Verification",
    "acr_and_amr_values",
    "app_passwords_when_blocked",
    "application_refusal_words",
    "decide",
    "forget",
    "groups_of",
    "max_step_up_rounds",
    "of_authentication",
    "of_data",
    "of_person",
    "of_request",
    "portal_and_staff_access",
    "required_strength",
    "step_up",
    "step_up_words",
    "stepping_up",
    "words_for_strength_told_to_applications",
]
