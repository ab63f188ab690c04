"""Issues, checks and revokes app passwords. How a service asks, and in which words, is the integrations' matter."""

import ipaddress
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import AppPassword, SecondStep, Service, StaleClient, User
from accounts.models.people import fold
from verification import audit, limits, notices, policies, tokens
from verification.facts import Facts
from verification.policies import Why

MOST = 40  # a person. Source: the limit that people know from the service this one stands in for
_PURPOSE = "app_password"
_GROUP = 4
_TOUCH = timedelta(minutes=1)  # a program that asks each second need not write each second
_STALE_ROWS = 20  # places of failing programs kept for one person
_NAME_AT = 10  # failures after which the person is told
_SERVICE_LIFE = 5.0  # seconds a process goes on believing a service's key that it has just looked up
_services: dict[str, tuple[float, Service]] = {}
_FORGIVE = timedelta(days=1)  # a program that failed long ago begins to count anew


class Answer(StrEnum):
    """What a service is told about a name and a password."""

    RIGHT = "right"
    WRONG = "wrong"
    LATER = "later"


@dataclass(frozen=True)
class Checked:
    """The answer to a check, and whose name it was."""

    answer: Answer
    username: str = ""

    @property
    def is_right(self) -> bool:
        return self.answer is Answer.RIGHT


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a service wants to know, and about whom. Shape: `network` is the program's address as the service saw it."""

    service: Service
    username: str
    password: str
    network: str
    protocol: str
    now: datetime


class Full(Exception):
    """The person has as many app passwords as a person may have."""


def grouped(secret: str) -> str:
    """Write an app password in groups, as people type it."""
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").lower()


def issue(
    user: User, facts: Facts, *, name: str, program: str, network: str = "", ends_at: datetime | None = None
) -> str:
    """Make an app password and give it, in groups, for the one time it is shown.

    Errors: `Full` at the limit, also when several are made at once.
    """
    secret = tokens.draw()
    with transaction.atomic():
        # Holds the person's row, so that two requests at once count one after another.
        User.objects.filter(pk=user.pk).update(grants_epoch=F("grants_epoch"))
        if of_person(user).count() >= MOST:
            raise Full
        AppPassword.objects.create(
            user=user,
            name=name,
            program=program,
            digest=tokens.digest(_PURPOSE, secret),
            grants_epoch=user.grants_epoch,
            network=network,
            made_at=facts.now,
            ends_at=ends_at,
        )
        audit.record("app_password.made", user_id=user.pk, facts=facts, name=name, program=program)
        notices.tell(user, "app_password_made", now=facts.now, name=name, service=program)
    return grouped(secret)


def of_person(user: User) -> QuerySet[AppPassword]:
    """List a person's app passwords, the newest first; those of an older epoch are gone."""
    return AppPassword.objects.filter(user=user, grants_epoch=user.grants_epoch).order_by("-made_at")


def revoke(user: User, facts: Facts, *, ref: str = "") -> int:
    """Delete one app password of a person, or all. Their programs are refused at their next request."""
    with transaction.atomic():
        rows = AppPassword.objects.filter(user=user)
        gone = list((rows.filter(ref=ref) if ref else rows).values_list("pk", "name"))
        AppPassword.objects.filter(pk__in=[pk for pk, _name in gone]).delete()
        for _pk, name in gone:
            audit.record("app_password.deleted", user_id=user.pk, facts=facts, name=name)
        StaleClient.objects.filter(user=user).delete()
    return len(gone)


def service_of(key: str) -> Service | None:
    """Find the service that holds a key. A key that was taken away dies within seconds, an app password at once."""
    digest = tokens.digest("service", key)
    kept = _services.get(digest)
    if kept and time.monotonic() < kept[0]:
        return kept[1]
    found = Service.objects.filter(key_digest__in=tokens.digests("service", key), is_active=True).first()
    if found is not None:
        _services[digest] = (time.monotonic() + _SERVICE_LIFE, found)
    return found


def new_service_key(service: Service) -> str:
    """Give a service a new key; the older one dies. Returned once, kept as a digest."""
    key = tokens.draw() + tokens.draw()
    service.key_digest = tokens.digest("service", key)
    service.save(update_fields=["key_digest"] if service.pk else None)
    return key


def check(ask: Ask) -> Checked:
    """Tell a service whether a name and a password belong together. Two statements for a right app password.

    A person who must use the second step is refused with the normal password, in the same words as for a wrong one.
    """
    plain = _plain(ask.password)
    found = None
    if len(plain) == tokens.LETTERS:
        rows = AppPassword.objects.select_related("user").filter(digest__in=tokens.digests(_PURPOSE, plain))
        found = rows.first()
    if found is not None and found.user.username == fold(ask.username):
        return _use(found, ask)
    return _without(ask)


def _use(found: AppPassword, ask: Ask) -> Checked:
    user = found.user
    is_good = (
        found.program == ask.service.program
        and found.grants_epoch == user.grants_epoch
        and (found.ends_at is None or found.ends_at > ask.now)
        and _is_within(ask.network, found.network)
        and user.securing_since is None
        and policies.refusal(user, ask.now) is not Why.BLOCKED
        and policies.rules_for(user.pk).app_passwords
    )
    if not is_good:
        return _fail(user, ask)
    is_new_place = found.last_network not in {"", ask.network}
    if found.last_used_at is None or is_new_place or ask.now - found.last_used_at > _TOUCH:
        AppPassword.objects.filter(pk=found.pk).update(
            last_used_at=ask.now, last_network=ask.network, last_protocol=ask.protocol[:20]
        )
    if is_new_place:
        _record(user, ask, "app_password.new_place", name=found.name)
    return Checked(Answer.RIGHT, user.username)


def _is_within(address: str, network: str) -> bool:
    if not network:
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _record(user: User, ask: Ask, kind: str, *, name: str) -> None:
    facts = Facts(now=ask.now, network=ask.network, agent=ask.protocol)
    audit.record(kind, user_id=user.pk, facts=facts, service=ask.service.slug, name=name)


def _without(ask: Ask) -> Checked:
    """Look at a password that is no app password: the normal one opens only for whom no second step is required."""
    facts = Facts(now=ask.now, network=ask.network, agent=ask.protocol)
    if not limits.spend_check(ask.service.slug, facts).is_open:
        return Checked(Answer.LATER)
    user = User.objects.filter(username=fold(ask.username)).first()
    if user is None:
        return Checked(Answer.WRONG)
    may = ask.service.takes_password and user.second_step == SecondStep.DISABLED and not user.is_staff
    if not may or policies.refusal(user, ask.now):
        return _fail(user, ask)
    if not limits.password_gate(user.username, facts).is_open:
        return Checked(Answer.LATER)
    if not user.check_password(ask.password):
        return _fail(user, ask)
    limits.password_right(user.username)
    return Checked(Answer.RIGHT, user.username)


def _fail(user: User, ask: Ask) -> Checked:
    """Count a failing program and name it to its person. Nothing is locked: 120 bits need no lock."""
    key = {"user": user, "service": ask.service, "network": ask.network or "unknown"}
    rows = StaleClient.objects.filter(**key)
    changed = rows.filter(last_at__gt=ask.now - _FORGIVE).update(n_failures=F("n_failures") + 1, last_at=ask.now)
    if not changed:
        _begin_counting(user, ask, key)
    elif rows.filter(n_failures=_NAME_AT).exists():
        with transaction.atomic():
            notices.tell(
                user, "app_password_failing", now=ask.now, service=ask.service.name, network=ask.network or "unknown"
            )
    return Checked(Answer.WRONG)


def _begin_counting(user: User, ask: Ask, key: dict[str, object]) -> None:
    mine = StaleClient.objects.filter(user=user)
    surplus = mine.order_by("-last_at").values_list("pk", flat=True)[_STALE_ROWS - 1 :]
    mine.filter(pk__in=list(surplus)).delete()
    mine.update_or_create(
        service=ask.service,
        network=key["network"],
        defaults={"user": user, "n_failures": 1, "first_at": ask.now, "last_at": ask.now},
    )


def stale_of(user: User, *, now: datetime) -> QuerySet[StaleClient]:
    """List the programs that keep failing for a person."""
    fresh = StaleClient.objects.select_related("service").filter(user=user, last_at__gt=now - 7 * _FORGIVE)
    return fresh.filter(n_failures__gte=3).order_by("-last_at")
