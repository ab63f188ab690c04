"""What hangs on people: methods, browsers, sign-ins, app passwords, locks; for the preview of a deed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AppPassword, Session, User
from verification import browsers, enrolments, registry
from verification.enrolments import Option


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What one person has, or many people together. Shape: `labels` name methods, `locks` are sentences."""

    labels: tuple[str, ...] = ()
    n_browsers: int = 0
    n_sessions: int = 0
    n_app_passwords: int = 0
    has_pass: bool = False
    locks: tuple[str, ...] = ()


def of_person(person: User, *, now: datetime) -> Holdings:
    """Read what a person has now."""
    mine = enrolments.confirmed(person.pk)
    options = enrolments.options(mine, tuple(registry.methods()), now=now)
    return Holdings(
        labels=tuple(enrolments.label(enrolment) for enrolment in mine),
        n_browsers=len(browsers.of_person(person, now=now)),
        n_sessions=Session.objects.filter(user=person, expire_date__gt=now).count(),
        n_app_passwords=AppPassword.objects.filter(user=person, grants_epoch=person.grants_epoch).count(),
        has_pass=any(option.is_temporary for option in options),
        locks=tuple(locks(person, options, now=now)),
    )


def locks(person: User, options: Collection[Option], *, now: datetime) -> list[str]:
    """Say what keeps a person out now, and until when."""
    found = []
    if person.second_step_locked_at:
        found.append(_("The second step is locked since a sign-in was reported as fraud."))
    for option in options:
        if option.is_off:
            found.append(_("%(label)s is switched off after too many wrong codes.") % {"label": option.label})
        elif option.retry_at:
            minutes = -(-int((option.retry_at - now).total_seconds()) // 60)
            words = ngettext(
                "%(label)s waits for %(n)d more minute after wrong codes.",
                "%(label)s waits for %(n)d more minutes after wrong codes.",
                minutes,
            )
            found.append(words % {"label": option.label, "n": minutes})
    return found


def of_many(people: QuerySet[User], *, now: datetime) -> Holdings:
    """Count what many people have together, by four statements whatever their number. Methods are counted by kind."""
    rows = enrolments.of_many(people)
    known = {name: str(method.label) for name, method in registry.methods().items()}
    kinds = rows.values_list("method").annotate(n=Count("pk")).order_by("method")
    return Holdings(
        labels=tuple(f"{known.get(name, name)} × {n}" for name, n in kinds),
        n_browsers=browsers.of_many(people, now=now),
        n_sessions=Session.objects.filter(user__in=people, expire_date__gt=now).count(),
        n_app_passwords=AppPassword.objects.filter(user__in=people).count(),
    )
