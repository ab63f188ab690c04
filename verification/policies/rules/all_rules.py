"""`Rules`: all rules that a policy can set, and what counts where no policy sets them."""

from dataclasses import dataclass
from typing import Any

from verification.policies.rule_declaration import declared
from verification.policies.rules.app_passwords import AppPasswordRules
from verification.policies.rules.methods_and_code_lifetime import MethodRules
from verification.policies.rules.remembered_browser_days import RememberedBrowserRules
from verification.policies.rules.security_notices import NoticeRules
from verification.policies.rules.setup_deferral_stock_tokens_and_trusted_numbers import SetupRules
from verification.policies.rules.staff_strength_caller_verification_and_second_person import SupportRules
from verification.policies.rules.trusted_networks_and_passwordless import SecondStepRules


@dataclass(frozen=True, kw_only=True)
class Rules(  # a dataclass lists the fields of its last base first, so this is the order of the form from its end
    SupportRules, NoticeRules, AppPasswordRules, RememberedBrowserRules, SetupRules, MethodRules, SecondStepRules
):
    """The policy in force for one person, each rule decided; without arguments, what counts where no policy says more.

    To add a rule, declare it in the module of its section and give `models.Policy` a column of the same name. The form,
    the case page, the preview of a change, the list and the order of policies follow.
    """


RULES = declared(Rules)


def default(name: str) -> Any:  # noqa: ANN401  (of the type of its field)
    """Return what counts for one rule where no policy fills it."""
    return getattr(Rules(), name)
