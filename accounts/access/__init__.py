"""Access to applications: one decision about session facts, a person's methods and what is required."""

from accounts.access import access_decision_words, acr_values, portal_and_staff, requirements, stepping_up
from accounts.access.access_decision import AccessDecision, AccessStep, AskedBy, Requirement, decide
from accounts.access.application_access import of_facts, of_person, of_request
from accounts.access.max_age_and_clock_skew import Demand
from accounts.access.requirements import Groups, RequestedVerification, forget, groups_of
from accounts.access.session_facts import of_data
from accounts.access.stepping_up import forget_rounds, step_up
from accounts.applications import AccessReason
from accounts.session_assurance import SessionFacts, Verification

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
    "acr_values",
    "decide",
    "forget",
    "forget_rounds",
    "groups_of",
    "of_data",
    "of_facts",
    "of_person",
    "of_request",
    "portal_and_staff",
    "requirements",
    "step_up",
    "stepping_up",
]
