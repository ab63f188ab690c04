"""Tells people by mail, and by text where policy says, what happened and how to object. No notice holds a secret."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from verification import agents, limits, registry
from verification.delivery import outbox
from verification.models import Browser, Enrolment, Kind
from verification.models.policies import strongest

_BATCH = 200


def tell(user: Any, kind: str, *, now: datetime, until: datetime | None = None, **context: str) -> None:
    """Leave a notice for a person, inside the deed's transaction. `kind` names a template of `verification/notices`.

    Units: after `until` it helps nobody and is not sent.
    """
    if user.email:
        outbox.notice(user, user.email, template=_template(kind), context=context, now=now, until=until)
    if "link" not in context:  # a link is for whoever reads the mail, and for nobody else
        _text(user, kind, now=now, until=until, context=context)


def _text(user: Any, kind: str, *, now: datetime, until: datetime | None, context: dict[str, str]) -> None:
    """Text a notice to the person's proven numbers, where the policy in force for them says so."""
    policy = strongest(user.pk, "text_notices").first()
    if policy is None or not policy.text_notices:
        return
    context = {**context, "notice": _template(kind)}
    takes_texts = [method.name for method in registry.methods().values() if method.means == "sms"]
    for phone in Enrolment.objects.filter(user=user, method__in=takes_texts, confirmed=True):
        if not limits.spend_notice(phone.address, now=now):
            continue
        outbox.notice(
            user,
            phone.address,
            template=_template("by_text"),
            context=context,
            now=now,
            until=until,
            kind=Kind.TEXT,
            hint=phone.hint,
        )


def tell_of_browsers(now: datetime) -> int:
    """Tell people of browsers that were remembered since the last time, beside the sign-in and not in it."""
    told = 0
    for browser in Browser.objects.filter(told_at=None).select_related("user")[:_BATCH]:
        with transaction.atomic():
            if Browser.objects.filter(pk=browser.pk, told_at=None).update(told_at=now):
                until = f"{browser.ends_at:%Y-%m-%d}"
                tell(browser.user, "browser_remembered", now=now, agent=agents.name(browser.agent), until_day=until)
                told += 1
    return told


def alert(user: Any, kind: str, *, now: datetime) -> None:
    """Leave a notice for company support about a person."""
    if address := getattr(settings, "SUPPORT_EMAIL", ""):
        outbox.notice(user, address, template=_template(kind), context={"person": user.get_username()}, now=now)


def tell_support(user: Any, address: str, text: str, *, now: datetime) -> None:
    """Pass a person's own words on to company support."""
    context = {"person": user.get_username(), "name": user.get_full_name(), "mail": user.email, "words": text}
    outbox.notice(user, address, template=_template("to_support"), context=context, now=now)


def _template(kind: str) -> str:
    return f"verification/notices/{kind}.txt"
