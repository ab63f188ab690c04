"""Counts programs that keep failing with an old password, and names them to their person."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.app_passwords.services import Ask
from accounts.models import StaleClient, User
from verification import notices
from verification.context import network_of

_STALE_ROWS = 20  # places of failing programs kept for one person
_LIST_AT = 3  # failures from which the page names a program
_TELL_AT = 10  # failures after which its person is told by mail
_TELLINGS = 3  # such mails a person gets in a day, however many places a stranger fails from
_DAY = timedelta(days=1)  # after a day without a failure a program counts anew, and is named no longer


def count(user: User, ask: Ask) -> None:
    """Count a failing program and name it to its person, once. Nothing is locked: 120 bits need no lock."""
    place = network_of(ask.network)
    row = StaleClient.objects.filter(user=user, service=ask.service, network=place)
    if not row.filter(last_at__gt=ask.now - _DAY).update(n_failures=F("n_failures") + 1, last_at=ask.now):
        _begin_counting(user, ask, place)
        return
    untold = row.filter(n_failures__gte=_TELL_AT, told_at=None)
    if untold.exists() and StaleClient.objects.filter(user=user, told_at__gt=ask.now - _DAY).count() < _TELLINGS:
        with transaction.atomic():
            if untold.update(told_at=ask.now):  # of two failures at once, one tells
                kind, name = "app_password_failing", ask.service.name
                notices.tell(user, kind, now=ask.now, service=name, network=place)


def _begin_counting(user: User, ask: Ask, place: str) -> None:
    mine = StaleClient.objects.filter(user=user)
    # What the person was told of today stays, so that a stranger cannot have it told again by failing from elsewhere.
    spare = mine.exclude(told_at__gt=ask.now - _DAY).order_by("-last_at")
    surplus = spare.values_list("pk", flat=True)[_STALE_ROWS - _TELLINGS - 1 :]
    StaleClient.objects.filter(pk__in=list(surplus)).delete()
    anew = {"n_failures": 1, "first_at": ask.now, "last_at": ask.now, "told_at": None}
    mine.update_or_create(service=ask.service, network=place, defaults={"user": user, **anew})


def stale_of(user: User, *, now: datetime) -> QuerySet[StaleClient]:
    """List the programs that keep failing for a person."""
    fresh = StaleClient.objects.select_related("service").filter(user=user, last_at__gt=now - _DAY)
    return fresh.filter(n_failures__gte=_LIST_AT).order_by("-last_at")
