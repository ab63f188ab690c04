"""Rules of policies: which methods people can use, how strong they must be, and how long codes are valid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification import method_registry
from verification.lazy_text import LazyText
from verification.method_capabilities import Temporary
from verification.policies import rule_declaration
from verification.policies.form_fields import Countries, Minutes, Slug, YesNo
from verification.policies.rule_declaration import Choosing, PolicySection, either, one_of, rule
from verification.policies.rules.choices import REQUIRE, strength_choices, strength_words
from verification.strengths import SECOND_STEP

_SECTION = PolicySection("methods", _("Methods"))


def _usual_methods() -> tuple[str, ...]:
    return tuple(name for name, method in method_registry.methods().items() if method.is_allowed_by_default)


def _installed(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in method_registry.methods() if name in names)


def _offered_methods() -> list[tuple[str, LazyText]]:
    return [
        (name, method.label) for name, method in method_registry.methods().items() if not isinstance(method, Temporary)
    ]


_METHOD_NAMES = Choosing(_offered_methods, none=_("no method"))


@dataclass(frozen=True, kw_only=True)
class MethodRules:
    """Which methods people can use, and how.

    Shape: `methods` without those that `strength` doesn't accept; `strength` as a slug; `voice_countries` as ISO 3166
    names them, none: every open one.
    """

    methods: tuple[str, ...] = rule(
        default=_usual_methods,
        read=_installed,
        section=_SECTION,
        label=_("Allowed methods"),
        help_text=_("People can set up and use only the methods selected here."),
        field=_METHOD_NAMES.field,
        words=lambda value: _METHOD_NAMES.words([name for name in value if not method_registry.has(name, Temporary)]),
    )
    strength: str = rule(
        default=SECOND_STEP.slug,
        section=_SECTION,
        label=_("Strength"),
        help_text=_(
            "Allowed methods that aren’t in this strength can’t be set up or used, here or in any application."
        ),
        field=partial(Slug, choices=strength_choices),
        words=strength_words,
    )
    code_life: timedelta = rule(
        default=timedelta(minutes=5),
        section=_SECTION,
        label=_("Codes are valid for"),
        help_text=_("For codes in texts, calls and emails: 3 to 10 minutes."),
        field=partial(Minutes, min_value=3, max_value=10),
        words=rule_declaration.minutes,
        summary=lambda value: gettext("Codes are valid for %(span)s") % {"span": rule_declaration.minutes(value)},
        unit=_("minutes"),
    )
    number_matching: bool = rule(
        default=True,
        section=_SECTION,
        label=_("Number matching in calls"),
        help_text=_("To approve a call, the person enters the two digits that the sign-in page shows."),
        field=partial(YesNo, choices=REQUIRE),
        words=one_of(REQUIRE),
        summary=either(_("Number matching required"), _("Number matching not required")),
    )
    voice_countries: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        section=_SECTION,
        label=_("Countries for calls"),
        help_text=_("Calls go only to phones in these countries. One country code per line, such as CH or DE."),
        field=Countries,
        words=rule_declaration.everything,
        summary=lambda value: gettext("Calls only to %(countries)s") % {"countries": ", ".join(value)},
    )
