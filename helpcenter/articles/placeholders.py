"""Placeholders in articles, such as {organisation}, {support} and {days}, and what replaces them."""

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from helpcenter import contacts
from verification import conf, enrolments, policies

if TYPE_CHECKING:
    pass


_PLACE = re.compile(r"\{([a-z_]+)\}")


def fill(text: str, places: dict[str, str]) -> str:
    """Replace placeholders by the organisation's values. Unknown ones are left as they are."""
    return _PLACE.sub(lambda found: places.get(found[1], found[0]), text)


def places(user: User | None = None) -> dict[str, str]:
    """Return the placeholders for articles: the organisation, the reader's support desk, and the reader's limits."""
    rules, desk = policies.rules_for(user.pk if user is not None else 0), contacts.desk_of(user)
    support = desk.name or _("your support desk")
    phone = desk.phone.replace(" ", "\N{NO-BREAK SPACE}")
    return {
        "organisation": conf.organisation_name() or _("your organisation"),
        "support": support,
        "support_contact": f"{support} ({phone or desk.email})" if phone or desk.email else support,
        "support_phone": phone or support,
        "support_mail": desk.email or support,
        "support_hours": desk.hours,
        "senders": ", ".join(sorted(set(settings.SENDER_NUMBERS))) or conf.organisation_name(),
        "days": str(rules.remember_days),
        "minutes": str(int(rules.code_life.total_seconds() // 60)),
        "tries": str(conf.attempts_per_challenge()),
        "free_failures": str(conf.failures_before_delay()),
        "recovery_codes": str(enrolments.recovery_codes_in_set()),
        "resend": str(int(conf.resend_after().total_seconds())),
        "address": conf.public_url(),
    }
