"""Rules of policies: for how many days the setup can be put off, tokens from the stock, and trusted phone numbers."""

from dataclasses import dataclass
from functools import partial

from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from verification.models import TrustedNumbers
from verification.policies import max_setup_deferrals, rule_declaration
from verification.policies.form_fields import InheritableChoiceField, WholeNumber, YesNo
from verification.policies.rule_declaration import PolicySection, either, one_of, rule
from verification.policies.rules.choices import ALLOW

_SECTION = PolicySection("setup", _("Setting up"))


def _put_off(n: int) -> str:
    if not n:
        return gettext("Setup can’t be put off")
    return ngettext("Setup can be put off for %(n)d day", "Setup can be put off for %(n)d days", n) % {"n": n}


@dataclass(frozen=True, kw_only=True)
class SetupRules:
    """How people set up their methods.

    Units: `grace_days` for which a registration may be put off.
    """

    grace_days: int = rule(
        default=0,
        section=_SECTION,
        label=_("Setup can be put off for"),
        help_text=format_lazy(
            _("Up to {n} times within these days: 0 to 14. With 0, people set up a method when they sign in."),
            n=max_setup_deferrals.MAX_SETUP_DEFERRALS,
        ),
        field=partial(WholeNumber, min_value=0, max_value=14),
        words=rule_declaration.days,
        summary=_put_off,
        unit=_("days"),
    )
    stock_tokens: bool = rule(
        default=False,
        section=_SECTION,
        label=_("Hardware tokens from the stock"),
        help_text=_("People can set up a token themselves, with its serial number and its current code."),
        field=partial(YesNo, choices=ALLOW),
        words=one_of(ALLOW),
        summary=either(_("Tokens from the stock allowed"), _("Tokens from the stock not allowed")),
    )
    trusted_numbers: TrustedNumbers = rule(
        default=TrustedNumbers.NONE,
        read=TrustedNumbers,
        section=_SECTION,
        label=_("Trusted phone numbers from a directory"),
        help_text=_(
            "People verify a phone number before it becomes a method. A trusted one is a method from the next sign-in, "
            "so anyone who can change it in the directory can get the person’s codes."
        ),
        field=partial(InheritableChoiceField, choices=TrustedNumbers.choices, coerce=str),
        words=one_of(TrustedNumbers.choices),
        summary=lambda value: (
            gettext("Trusted from a directory: %(numbers)s") % {"numbers": TrustedNumbers(value).label}
        ),
    )
