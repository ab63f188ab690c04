"""Rules of policies: how many days browsers are remembered."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from verification.policies import rule_declaration
from verification.policies.form_fields import WholeNumber
from verification.policies.rule_declaration import PolicySection, rule

_SECTION = PolicySection("browsers", _("Remembered browsers"))


def _remembered(n: int) -> str:
    if not n:
        return gettext("Never remember browsers")
    return ngettext("Remember browsers for %(n)d day", "Remember browsers for %(n)d days", n) % {"n": n}


@dataclass(frozen=True, kw_only=True)
class RememberedBrowserRules:
    """How long browsers are remembered."""

    remember_days: int = rule(
        default=14,
        section=_SECTION,
        label=_("Remember browsers for"),
        help_text=_("A remembered browser skips the second step for this long: 0 to 365 days. With 0, it never does."),
        field=partial(WholeNumber, min_value=0, max_value=365),
        words=rule_declaration.days,
        summary=_remembered,
        unit=_("days"),
    )
