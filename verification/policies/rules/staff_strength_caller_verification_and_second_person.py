"""Rules of policies: how staff sign in, when callers are verified, what needs a second person, actions per day."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from verification import limits
from verification.policies.form_fields import Slug, WholeNumber, YesNo
from verification.policies.rule_declaration import Choosing, PolicySection, either, one_of, rule
from verification.policies.rules.choices import REQUIRE, strength_choices, strength_words
from verification.strengths import SECOND_STEP

_SECTION = PolicySection("support", _("Staff and support"))
SUPPORT_ACTIONS = Choosing(none=_("no action"))  # filled by the app that has them


def _quota(n: int) -> str:
    return ngettext("%(n)d support action a day", "%(n)d support actions a day", n) % {"n": n}


@dataclass(frozen=True, kw_only=True)
class SupportRules:
    """What staff may do, and how they must sign in.

    Shape: `second_person` names the actions that a colleague must agree to; `staff_strength` as a slug.
    Units: `staff_quota` in actions of one of the staff in a day.
    """

    staff_strength: str = rule(
        default=SECOND_STEP.slug,
        section=_SECTION,
        label=_("Strength for staff"),
        help_text=_("Staff can sign in only with allowed methods of this strength."),
        field=partial(Slug, choices=strength_choices),
        words=strength_words,
    )
    caller_check: bool = rule(
        default=True,
        section=_SECTION,
        label=_("Verify the caller"),
        help_text=_("Support verifies who is calling before any action that could give access to an account."),
        field=partial(YesNo, choices=REQUIRE),
        words=one_of(REQUIRE),
        summary=either(_("Caller verification required"), _("Caller verification not required")),
    )
    second_person: tuple[str, ...] = rule(
        default=("erase",),
        read=tuple,
        section=_SECTION,
        label=_("Actions that need a second person"),
        help_text=_("A colleague approves these actions before they take effect."),
        field=SUPPORT_ACTIONS.field,
        words=SUPPORT_ACTIONS.words,
    )
    staff_quota: int = rule(
        default=limits.SUPPORT_ACTIONS_PER_DAY,
        section=_SECTION,
        label=_("Support actions per day"),
        help_text=_("One member of staff can do this many in a day: 1 to 10,000."),
        field=partial(WholeNumber, min_value=1, max_value=10_000),
        words=str,
        summary=_quota,
        unit=_("actions"),
    )
