"""The rules that a policy can set, each declared once: label, form field, and what counts where no policy sets it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from verification import limits, method_registry, strengths
from verification.lazy_text import LazyText
from verification.method_capabilities import Temporary
from verification.models import AppPasswordsEnd, TrustedNumbers
from verification.models.policies import TEXT_NOTICES
from verification.policies import rule_declaration
from verification.policies.form_fields import (
    Countries,
    InheritableChoiceField,
    Minutes,
    Networks,
    Slug,
    WholeNumber,
    YesNo,
)
from verification.policies.rule_declaration import Choosing, PolicySection, declared, one_of, rule
from verification.strengths import SECOND_STEP

_ASKED = PolicySection("asked", _("When people are asked for the second step"))
_METHODS = PolicySection("methods", _("Methods"))
_SETUP = PolicySection("setup", _("Setting up"))
_BROWSERS = PolicySection("browsers", _("Remembered browsers"))
_APP_PASSWORDS = PolicySection("app-passwords", _("App passwords"))
_NOTICES = PolicySection("notices", _("Notices"))
_SUPPORT = PolicySection("support", _("Staff and support"))

_ALLOW = ((True, _("Allow")), (False, _("Don’t allow")))
_REQUIRE = ((True, _("Require")), (False, _("Don’t require")))
_SEND = ((True, _("Send")), (False, _("Don’t send")))


def _strengths() -> list[tuple[str, LazyText]]:
    return [(each.slug, each.label) for each in strengths.everything() if each.is_second_step]


def _strength_words(slug: str) -> str:
    return str(strengths.named(slug).label)


def _usual_methods() -> tuple[str, ...]:
    return tuple(name for name, method in method_registry.methods().items() if method.is_allowed_by_default)


def _installed(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in method_registry.methods() if name in names)


def _offered_methods() -> list[tuple[str, LazyText]]:
    return [
        (name, method.label) for name, method in method_registry.methods().items() if not isinstance(method, Temporary)
    ]


_METHOD_NAMES = Choosing(_offered_methods, none=_("no method"))
SUPPORT_ACTIONS = Choosing(none=_("no action"))  # filled by the app that has them


def _remembered(n: int) -> str:
    if not n:
        return gettext("Never remember browsers")
    return ngettext("Remember browsers for %(n)d day", "Remember browsers for %(n)d days", n) % {"n": n}


def _put_off(n: int) -> str:
    if not n:
        return gettext("Setup can’t be put off")
    return ngettext("Setup can be put off for %(n)d day", "Setup can be put off for %(n)d days", n) % {"n": n}


def _quota(n: int) -> str:
    return ngettext("%(n)d support action a day", "%(n)d support actions a day", n) % {"n": n}


def _either(yes: LazyText, no: LazyText) -> Callable[[bool], str]:
    return lambda value: str(yes if value else no)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The policy in force for one person, each rule decided; without arguments, what counts where no policy says more.

    To add a rule, declare it here and give `models.Policy` a column of the same name. The form, the case page, the
    preview of a change, the list and the order of policies follow.

    Shape: `methods` without those that `strength` doesn't accept; `voice_countries` as ISO 3166 names them, none: every
    open one; `strength` and `staff_strength` as slugs; `second_person` names the actions of support that a second one
    must agree to.
    Units: `grace_days` for which a registration may be put off; `staff_quota` in actions of one of the staff in a day.
    """

    trusted_networks: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        section=_ASKED,
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
        section=_ASKED,
        label=_("Sign-in without a password"),
        help_text=_("People who have a passkey can sign in with it alone."),
        field=partial(YesNo, choices=_ALLOW),
        words=one_of(_ALLOW),
        summary=_either(_("Sign-in without a password allowed"), _("Sign-in without a password not allowed")),
    )
    methods: tuple[str, ...] = rule(
        default=_usual_methods,
        read=_installed,
        section=_METHODS,
        label=_("Allowed methods"),
        help_text=_("People can set up and use only the methods selected here."),
        field=_METHOD_NAMES.field,
        words=lambda value: _METHOD_NAMES.words([name for name in value if not method_registry.has(name, Temporary)]),
    )
    strength: str = rule(
        default=SECOND_STEP.slug,
        section=_METHODS,
        label=_("Strength"),
        help_text=_(
            "Allowed methods that aren’t in this strength can’t be set up or used, here or in any application."
        ),
        field=partial(Slug, choices=_strengths),
        words=_strength_words,
    )
    code_life: timedelta = rule(
        default=timedelta(minutes=5),
        section=_METHODS,
        label=_("Codes are valid for"),
        help_text=_("For codes in texts, calls and emails: 3 to 10 minutes."),
        field=partial(Minutes, min_value=3, max_value=10),
        words=rule_declaration.minutes,
        summary=lambda value: gettext("Codes are valid for %(span)s") % {"span": rule_declaration.minutes(value)},
        unit=_("minutes"),
    )
    number_matching: bool = rule(
        default=True,
        section=_METHODS,
        label=_("Number matching in calls"),
        help_text=_("To approve a call, the person enters the two digits that the sign-in page shows."),
        field=partial(YesNo, choices=_REQUIRE),
        words=one_of(_REQUIRE),
        summary=_either(_("Number matching required"), _("Number matching not required")),
    )
    voice_countries: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        section=_METHODS,
        label=_("Countries for calls"),
        help_text=_("Calls go only to phones in these countries. One country code per line, such as CH or DE."),
        field=Countries,
        words=rule_declaration.everything,
        summary=lambda value: gettext("Calls only to %(countries)s") % {"countries": ", ".join(value)},
    )
    grace_days: int = rule(
        default=0,
        section=_SETUP,
        label=_("Setup can be put off for"),
        help_text=_("Up to three times within these days: 0 to 14. With 0, people set up a method when they sign in."),
        field=partial(WholeNumber, min_value=0, max_value=14),
        words=rule_declaration.days,
        summary=_put_off,
        unit=_("days"),
    )
    stock_tokens: bool = rule(
        default=False,
        section=_SETUP,
        label=_("Hardware tokens from the stock"),
        help_text=_("People can set up a token themselves, with its serial number and its current code."),
        field=partial(YesNo, choices=_ALLOW),
        words=one_of(_ALLOW),
        summary=_either(_("Tokens from the stock allowed"), _("Tokens from the stock not allowed")),
    )
    trusted_numbers: TrustedNumbers = rule(
        default=TrustedNumbers.NONE,
        read=TrustedNumbers,
        section=_SETUP,
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
    remember_days: int = rule(
        default=14,
        section=_BROWSERS,
        label=_("Remember browsers for"),
        help_text=_("A remembered browser skips the second step for this long: 0 to 365 days. With 0, it never does."),
        field=partial(WholeNumber, min_value=0, max_value=365),
        words=rule_declaration.days,
        summary=_remembered,
        unit=_("days"),
    )
    app_passwords: bool = rule(
        default=True,
        section=_APP_PASSWORDS,
        label=_("App passwords"),
        help_text=_("For older apps that can’t ask for a second step."),
        field=partial(YesNo, choices=_ALLOW),
        words=one_of(_ALLOW),
        summary=_either(_("App passwords allowed"), _("App passwords not allowed")),
    )
    app_passwords_end: AppPasswordsEnd = rule(
        default=AppPasswordsEnd.ALWAYS,
        read=AppPasswordsEnd,
        section=_APP_PASSWORDS,
        label=_("App passwords end when the password changes"),
        help_text=_("When app passwords end, the person’s email and calendar apps ask for a new one."),
        field=partial(InheritableChoiceField, choices=AppPasswordsEnd.choices),
        words=one_of(AppPasswordsEnd.choices),
    )
    text_notices: bool = rule(
        default=TEXT_NOTICES,
        section=_NOTICES,
        label=_("Security notices by text"),
        help_text=_("Notices are always sent by email. This sends them as texts to the person’s verified phones too."),
        field=partial(YesNo, choices=_SEND),
        words=one_of(_SEND),
        summary=_either(_("Notices sent by text too"), _("Notices not sent by text")),
    )
    staff_strength: str = rule(
        default=SECOND_STEP.slug,
        section=_SUPPORT,
        label=_("Strength for staff"),
        help_text=_("Staff can sign in only with allowed methods of this strength."),
        field=partial(Slug, choices=_strengths),
        words=_strength_words,
    )
    caller_check: bool = rule(
        default=True,
        section=_SUPPORT,
        label=_("Verify the caller"),
        help_text=_("Support verifies who is calling before any action that could give access to an account."),
        field=partial(YesNo, choices=_REQUIRE),
        words=one_of(_REQUIRE),
        summary=_either(_("Caller verification required"), _("Caller verification not required")),
    )
    second_person: tuple[str, ...] = rule(
        default=("erase",),
        read=tuple,
        section=_SUPPORT,
        label=_("Actions that need a second person"),
        help_text=_("A colleague approves these actions before they take effect."),
        field=SUPPORT_ACTIONS.field,
        words=SUPPORT_ACTIONS.words,
    )
    staff_quota: int = rule(
        default=limits.SUPPORT_ACTIONS_PER_DAY,
        section=_SUPPORT,
        label=_("Support actions per day"),
        help_text=_("One member of staff can do this many in a day: 1 to 10,000."),
        field=partial(WholeNumber, min_value=1, max_value=10_000),
        words=str,
        summary=_quota,
        unit=_("actions"),
    )


RULES = declared(Rules)


def default(name: str) -> Any:  # noqa: ANN401  (of the type of its field)
    """Return what counts for one rule where no policy fills it."""
    return getattr(Rules(), name)
