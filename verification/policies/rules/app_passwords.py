"""Rules of policies: who may have app passwords, and when they end."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_lazy as _

from verification.models import AppPasswordsEnd
from verification.policies.form_fields import InheritableChoiceField, YesNo
from verification.policies.rule_declaration import PolicySection, either, one_of, rule
from verification.policies.rules.choices import ALLOW

_SECTION = PolicySection("app-passwords", _("App passwords"))


@dataclass(frozen=True, kw_only=True)
class AppPasswordRules:
    """Whether people may have app passwords, and when these end."""

    app_passwords: bool = rule(
        default=True,
        section=_SECTION,
        label=_("App passwords"),
        help_text=_("For older apps that can’t ask for a second step."),
        field=partial(YesNo, choices=ALLOW),
        words=one_of(ALLOW),
        summary=either(_("App passwords allowed"), _("App passwords not allowed")),
    )
    app_passwords_end: AppPasswordsEnd = rule(
        default=AppPasswordsEnd.ALWAYS,
        read=AppPasswordsEnd,
        section=_SECTION,
        label=_("App passwords end when the password changes"),
        help_text=_("When app passwords end, the person’s email and calendar apps ask for a new one."),
        field=partial(InheritableChoiceField, choices=AppPasswordsEnd.choices),
        words=one_of(AppPasswordsEnd.choices),
    )
