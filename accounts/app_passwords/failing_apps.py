"""Apps that keep failing with an old password: from how many failures they are listed, and their user gets an email."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.app_passwords.check_request import CheckRequest
from accounts.models import StaleClient, User
from verification import notices
from verification.limits import network_of

_MAX_FAILING_PLACES_KEPT = 20  # places of failing programs kept for one person
_MIN_FAILURES_TO_LIST = 3  # failures before the page lists a program
_MIN_FAILURES_TO_MAIL = 10  # failures before the user gets an email
_MAX_MAILS_PER_DAY = 3  # to one user, from however many networks an attacker fails
_ONE_DAY = timedelta(days=1)  # without a failure, after which the count restarts and the page drops it


def count(user: User, request: CheckRequest) -> None:
    """Count a failing program and email the user once. Nothing is locked, because 120 random bits need no lock."""
    place = network_of(request.network)
    row = StaleClient.objects.filter(user=user, service=request.service, network=place)
    if not row.filter(last_at__gt=request.now - _ONE_DAY).update(n_failures=F("n_failures") + 1, last_at=request.now):
        _begin_counting(user, request, place)
        return
    untold = row.filter(n_failures__gte=_MIN_FAILURES_TO_MAIL, notified_at=None)
    if (
        untold.exists()
        and StaleClient.objects.filter(user=user, notified_at__gt=request.now - _ONE_DAY).count() < _MAX_MAILS_PER_DAY
    ):
        with transaction.atomic():
            if untold.update(notified_at=request.now):  # of two concurrent failures, only one sends the email
                kind, name = "app_password_failing", request.service.name
                notices.notify(user, kind, now=request.now, service=name, network=place)


def _begin_counting(user: User, request: CheckRequest, place: str) -> None:
    mine = StaleClient.objects.filter(user=user)
    # Keep what the user was told about today, so that failing from elsewhere cannot trigger the same email again.
    spare = mine.exclude(notified_at__gt=request.now - _ONE_DAY).order_by("-last_at")
    surplus = spare.values_list("pk", flat=True)[_MAX_FAILING_PLACES_KEPT - _MAX_MAILS_PER_DAY - 1 :]
    StaleClient.objects.filter(pk__in=list(surplus)).delete()
    fresh = {"n_failures": 1, "first_at": request.now, "last_at": request.now, "notified_at": None}
    mine.update_or_create(service=request.service, network=place, defaults={"user": user, **fresh})


def stale_of(user: User, *, now: datetime) -> QuerySet[StaleClient]:
    """Return the programs that keep failing for a user."""
    fresh = StaleClient.objects.select_related("service").filter(user=user, last_at__gt=now - _ONE_DAY)
    return fresh.filter(n_failures__gte=_MIN_FAILURES_TO_LIST).order_by("-last_at")
