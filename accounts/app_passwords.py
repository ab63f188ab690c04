"""Issues, checks and revokes app passwords. How a service asks, and in which words, is the integrations' matter."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet

from accounts import catalogue, hashers
from accounts.models import AppPassword, SecondStep, Service, StaleClient, User
from accounts.models.people import fold
from verification import audit, limits, notices, policies
from verification.context import Context, network_of
from verification.db import row_locks
from verification.db.compiled_queries import Select, Slot
from verification.db.ttl_cache import TTLCache
from verification.inputs import digits
from verification.keys import tokens
from verification.models import AppPasswordsEnd
from verification.policies import Why

MOST = 40  # a person. Source: the limit that people know from the service this one stands in for
_PURPOSE = "app_password"
_GROUP = 4
_TOUCH = timedelta(minutes=1)  # a program that asks each second need not write each second
_PLACES = 20  # networks remembered of one app password
_STALE_ROWS = 20  # places of failing programs kept for one person
_LIST_AT = 3  # failures from which the page names a program
_TELL_AT = 10  # failures after which its person is told by mail
_TELLINGS = 3  # such mails a person gets in a day, however many places a stranger fails from
_DAY = timedelta(days=1)  # after a day without a failure a program counts anew, and is named no longer
_SERVICE_LIFE = 5.0  # seconds a process goes on believing a service's key that it has just looked up


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


class Off(Exception):
    """The person may make none now."""


def grouped(secret: str) -> str:
    """Write an app password in groups, as people type it."""
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))


def _plain(text: str) -> str:
    return digits.plain("".join(text.split())).replace("-", "").lower()


def may_make(user: User) -> bool:
    """Tell whether a person may make app passwords: the policy allows them, and no account is being secured."""
    return user.securing_since is None and policies.rules_for(user.pk).app_passwords


def issue(
    user: User, context: Context, *, name: str, program: str, network: str = "", ends_at: datetime | None = None
) -> str:
    """Make an app password and give it, in groups, for the one time it is shown.

    Errors: `Off` when the person may make none; `Full` at the limit, also when several are made at once.
    """
    if not may_make(user):
        raise Off
    secret = tokens.draw()
    with transaction.atomic():
        # Holds the person's row, so that two requests at once count one after another, and a clearing comes first.
        unchanged = User.objects.filter(pk=user.pk, grants_epoch=user.grants_epoch, securing_since=None)
        if not unchanged.update(grants_epoch=F("grants_epoch")):
            raise Off
        if of_person(user).count() >= MOST:
            raise Full
        AppPassword.objects.create(
            user=user,
            name=name,
            program=program,
            digest=tokens.digest(_PURPOSE, secret),
            grants_epoch=user.grants_epoch,
            network=network,
            made_at=context.now,
            ends_at=ends_at,
        )
        audit.record("app_password.made", user_id=user.pk, context=context, name=name, program=program)
        opens = str(catalogue.program(program).label)
        notices.tell(user, "app_password_made", now=context.now, context=context, name=name, service=opens)
    return grouped(secret)


def of_person(user: User) -> QuerySet[AppPassword]:
    """List a person's app passwords, the newest first; those of an older epoch are gone."""
    return AppPassword.objects.filter(user=user, grants_epoch=user.grants_epoch).order_by("-made_at", "-pk")


def revoke(user: User, context: Context, *, ref: str = "") -> int:
    """Delete one app password of a person, or all. Their programs are refused at their next request."""
    with transaction.atomic():
        row_locks.hold_person(user.pk)
        rows = AppPassword.objects.filter(user=user)
        gone = list((rows.filter(ref=ref) if ref else rows).values_list("pk", "name"))
        AppPassword.objects.filter(pk__in=[pk for pk, _name in gone]).delete()
        for _pk, name in gone:
            audit.record("app_password.deleted", user_id=user.pk, context=context, name=name)
    return len(gone)


def clear(user: User) -> int:
    """Delete all app passwords of a person, and any that is being made. Inside the deed's transaction."""
    User.objects.filter(pk=user.pk).update(grants_epoch=F("grants_epoch") + 1)
    return AppPassword.objects.filter(user=user).delete()[0]


def end_with(user: User, new: AppPasswordsEnd) -> bool:
    """Tell whether policy ends a person's app passwords with a new password of this kind."""
    return policies.rules_for(user.pk).app_passwords_end >= new


def service_of(key: str) -> Service | None:
    """Find the service that holds a key. A key that was taken away dies within seconds, an app password at once."""
    if not key:
        return None
    return _services.read(*tokens.digests("service", key))


def _find_service(*digests: str) -> Service | None:
    return Service.objects.filter(key_digest__in=digests, is_active=True).first()


_services = TTLCache(_find_service, seconds=lambda: _SERVICE_LIFE)


def new_service_key(service: Service, context: Context, *, actor_id: int | None, **detail: Any) -> str:
    """Give a service a new key; the older one dies. Returned once, kept as a digest. `detail` is for the record."""
    key = tokens.draw() + tokens.draw()
    with transaction.atomic():
        kind = "service.key_renewed" if service.pk else "service.made"
        service.key_digest = tokens.digest("service", key)
        service.save(update_fields=["key_digest"] if service.pk else None)
        audit.record(kind, user_id=None, context=context, actor_id=actor_id, service=service.slug, **detail)
    return key


@cache
def _by_digest(n_keys: int) -> Select[AppPassword]:
    """Find an app password by its digest under any key of the ring, with its person and whether policy allows it."""

    def build() -> QuerySet[AppPassword]:
        is_allowed = policies.app_passwords_of(OuterRef("user"))
        digests = [Slot(f"digest{at}") for at in range(n_keys)]
        return AppPassword.objects.select_related("user").annotate(is_allowed=is_allowed).filter(digest__in=digests)

    return Select(build)


def check(ask: Ask) -> Checked:
    """Tell a service whether a name and a password belong together. One statement for a right app password, or two.

    A person who must use the second step is refused with the normal password, in the same words, by the same statements
    and after the same time as for a wrong one or an unknown name.
    """
    plain = _plain(ask.password)
    if len(plain) == tokens.LETTERS:
        digests = tokens.digests(_PURPOSE, plain)
        found = _by_digest(len(digests)).first(**{f"digest{at}": digest for at, digest in enumerate(digests)})
        if found is not None and found.user.username == fold(ask.username):
            return _use(found, ask)
    return _without(ask)


def _use(found: AppPassword, ask: Ask) -> Checked:
    user = found.user
    if _rests(user, ask.now) or not found.is_allowed:  # type: ignore[attr-defined]  # annotated by `_by_digest`
        return Checked(Answer.WRONG)
    if not _fits(found, ask):
        _count_failure(user, ask)
        return Checked(Answer.WRONG)
    place = _place(ask.network)
    is_known = place in found.places
    if not is_known or found.last_used_at is None or ask.now - found.last_used_at > _TOUCH:
        _note_use(found, ask, place="" if is_known else place)
    return Checked(Answer.RIGHT, user.username)


def _rests(user: User, now: datetime) -> bool:
    """Tell whether nothing opens for a person now, whichever app password it is. No program is to blame for that."""
    return policies.refusal(user, now) is Why.BLOCKED or user.securing_since is not None


def _fits(found: AppPassword, ask: Ask) -> bool:
    return (
        found.program == ask.service.program
        and found.grants_epoch == found.user.grants_epoch
        and (found.ends_at is None or found.ends_at > ask.now)
        and _is_within(ask.network, found.network)
    )


def _is_within(address: str, network: str) -> bool:
    if not network:
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _place(address: str) -> str:
    """Fold an address to a neighbourhood, for a telephone changes its address many times a day."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def _note_use(found: AppPassword, ask: Ask, *, place: str) -> None:
    """Write down the use, and that it came from a new place if there were others before."""
    row = AppPassword.objects.filter(pk=found.pk)
    used: dict[str, Any] = {
        "last_used_at": ask.now,
        "last_network": ask.network,
        "last_protocol": ask.protocol[:20],
    }
    if place:
        used["places"] = [*found.places, place][-_PLACES:]
    if not (place and found.places):
        row.update(**used)
        return
    with transaction.atomic():
        row.update(**used)
        kind, slug = "app_password.new_place", ask.service.slug
        audit.record(kind, user_id=found.user_id, context=_context(ask), service=slug, name=found.name)


def _context(ask: Ask) -> Context:
    return Context(now=ask.now, network=ask.network, agent=ask.protocol)


def _without(ask: Ask) -> Checked:
    """Look at a password that is no app password: the normal one opens only for whom no second step is required.

    Whoever is named costs the same: were the hash left out for people who must use the second step, the time of an
    answer would tell whose password alone is worth guessing.
    """
    context, name, slug = _context(ask), fold(ask.username), ask.service.slug
    takes = ask.service.takes_password
    gate = limits.password_gate(name, context, service=slug) if takes else limits.spend_check(slug, context)
    if not gate.is_open:
        return Checked(Answer.LATER)
    user = User.objects.filter(username=name).first()
    if takes and _is_password(user, ask.password) and user is not None and _may_without(user, ask.now):
        limits.password_right(name, context, service=slug)
        return Checked(Answer.RIGHT, user.username)
    if user is not None and policies.refusal(user, ask.now) is not Why.BLOCKED:
        _count_failure(user, ask)
    return Checked(Answer.WRONG)


def _is_password(user: User | None, password: str) -> bool:
    if user is None:
        hashers.take_time(password)
        return False
    return user.check_password(password)


def _may_without(user: User, now: datetime) -> bool:
    is_free = user.second_step == SecondStep.DISABLED and not user.is_staff and not user.must_change_password
    return is_free and user.securing_since is None and policies.refusal(user, now) is None


def _count_failure(user: User, ask: Ask) -> None:
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
