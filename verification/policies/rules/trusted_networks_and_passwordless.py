"""Rules of policies: in which networks people aren't asked for the second step, and sign-in without a password."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.policies.form_fields import Networks, YesNo
from verification.policies.rule_declaration import PolicySection, either, one_of, rule
from verification.policies.rules.choices import ALLOW

_SECTION = PolicySection("asked", _("When people are asked for the second step"))


@dataclass(frozen=True, kw_only=True)
class SecondStepRules:
    """When people are asked for the second step."""

    trusted_networks: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        section=_SECTION,
        label=_("Trusted networks"),
        help_text=_(
            "People in these networks aren’t asked for the second step, except staff. One network per line, such as "
            "192.0.2.0/24 or 2001:db8::/48."
        ),
        field=Networks,
        words=lambda value: ", ".join(value) or gettext("none"),
    )
    passwordless_allowed: bool = rule(
        default=False,
        section=_SECTION,
        label=_("Sign-in without a password"),
        help_text=_("People who have a passkey can sign in with it alone."),
        field=partial(YesNo, choices=ALLOW),
        words=one_of(ALLOW),
        summary=either(_("Sign-in without a password allowed"), _("Sign-in without a password not allowed")),
    )
