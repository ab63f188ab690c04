"""What policies require of a person: the rules, which of them are in force, the decision, and what a change ends."""

from verification.policies import dropped_second_person, remembered_browser_revocation
from verification.policies.blocked_and_locked_people import can_sign_in, refusal
from verification.policies.contradictions import contradictions
from verification.policies.decision_reasons import DecisionReason
from verification.policies.effective_policy import (
    RuleSource,
    app_passwords_of,
    forget,
    inherited,
    is_passwordless_allowed,
    rules_for,
    rules_of_groups,
    rules_of_many,
    sources,
)
from verification.policies.form_fields import Lines, Networks
from verification.policies.merging_of_group_policies import for_staff, merge
from verification.policies.rule_declaration import PolicyRule, PolicySection
from verification.policies.rules import RULES, SUPPORT_ACTIONS, Rules, default
from verification.policies.second_step_at_sign_in import Decision, SignInStep, decide
from verification.policies.trusted_networks import is_trusted
from verification.policy_precedence import ranked

__all__ = [
    "RULES",
    "SUPPORT_ACTIONS",
    "Decision",
    "DecisionReason",
    "Lines",
    "Networks",
    "PolicyRule",
    "PolicySection",
    "RuleSource",
    "Rules",
    "SignInStep",
    "app_passwords_of",
    "can_sign_in",
    "contradictions",
    "decide",
    "default",
    "dropped_second_person",
    "for_staff",
    "forget",
    "inherited",
    "is_passwordless_allowed",
    "is_trusted",
    "merge",
    "ranked",
    "refusal",
    "remembered_browser_revocation",
    "rules_for",
    "rules_of_groups",
    "rules_of_many",
    "sources",
]
