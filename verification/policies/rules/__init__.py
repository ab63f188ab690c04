"""The rules that a policy can set, each declared once: label, form field, and what counts where no policy sets it."""

from verification.policies.rules.all_rules import RULES, Rules, default
from verification.policies.rules.staff_strength_caller_verification_and_second_person import SUPPORT_ACTIONS

__all__ = ["RULES", "SUPPORT_ACTIONS", "Rules", "default"]
