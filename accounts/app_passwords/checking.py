"""Checks a username and app password for a service. The integrations handle the protocols."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from django.db.models import OuterRef, QuerySet

from accounts import access, ldap_directories
from accounts import local_or_directory_password_check as password_check
from accounts.app_passwords import failing_apps, generating, last_use_and_places
from accounts.app_passwords.check_request import CheckRequest
from accounts.app_passwords.issuing_and_revoking import DIGEST_PURPOSE
from accounts.models import AppPassword, SecondStep, User
from accounts.models.people import fold
from verification import limits, policies
from verification.db.compiled_queries import BindParam, Select
from verification.inputs import digits
from verification.keys import generated_secrets_and_alphabet
from verification.policies import DecisionReason

_NAMED = Select(lambda: User.objects.filter(username=BindParam("name")))
# What a check needs. The rest is read only if something fails.
_OF_USER = ("username", "is_active", "blocked_until", "second_step_locked_at", "securing_since", "grants_epoch")
_READ = (
    *("user", "name", "program", "grants_epoch", "network", "ends_at", "last_used_at", "places"),
    *(f"user__{name}" for name in _OF_USER),
)


class CheckResult(StrEnum):
    """The answer to a service about a username and password."""

    RIGHT = "right"
    WRONG = "wrong"
    LATER = "later"


@dataclass(frozen=True)
class CheckedAppPassword:
    """The answer, and the user it is about."""

    answer: CheckResult
    username: str = ""

    @property
    def is_right(self) -> bool:
        return self.answer is CheckResult.RIGHT


def _plain(text: str) -> str:
    return digits.plain("".join(text.split())).replace("-", "").lower()


@cache
def _by_digest(n_keys: int) -> Select[AppPassword]:
    """Build a query for an app password by its digest under any key of the ring, with its user and the policy."""

    def build() -> QuerySet[AppPassword]:
        is_allowed = policies.app_passwords_of(OuterRef("user"))
        digests = [BindParam(f"digest{at}") for at in range(n_keys)]
        found = AppPassword.objects.select_related("user").only(*_READ).filter(digest__in=digests)
        return found.annotate(is_allowed=is_allowed)

    return Select(build)


def check(request: CheckRequest) -> CheckedAppPassword:
    """Check a username and password for a service. A correct app password takes one statement or two.

    A user who must use the second step is refused with the normal password. Text, statements and timing are the same as
    for a wrong password or an unknown name.
    """
    plain = _plain(request.password)
    if len(plain) == generating.LENGTH:
        digests = generated_secrets_and_alphabet.digests(DIGEST_PURPOSE, plain)
        named = {f"digest{at}": digest for at, digest in enumerate(digests)}
        for found, read in _by_digest(len(digests)).annotated(**named):  # at most one
            if found.user.username == fold(request.username):
                return _use(found, request, is_allowed=read["is_allowed"])
    return _without(request)


def _use(found: AppPassword, request: CheckRequest, *, is_allowed: bool) -> CheckedAppPassword:
    user = found.user
    if not access.app_passwords_when_blocked.older_app(user, is_allowed=is_allowed, now=request.now).is_granted:
        return CheckedAppPassword(CheckResult.WRONG)
    if not _fits(found, request):
        failing_apps.count(user, request)
        return CheckedAppPassword(CheckResult.WRONG)
    last_use_and_places.note_use(found, request)
    return CheckedAppPassword(CheckResult.RIGHT, user.username)


def _fits(found: AppPassword, request: CheckRequest) -> bool:
    return (
        found.program == request.service.program
        and found.grants_epoch == found.user.grants_epoch
        and (found.ends_at is None or found.ends_at > request.now)
        and _is_within(request.network, found.network)
    )


def _is_within(address: str, network: str) -> bool:
    if not network:
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _without(request: CheckRequest) -> CheckedAppPassword:
    """Check a password that is not an app password. The normal one works only for users without a required second step.

    The cost is the same for every name: without hashing for users who must use the second step, the timing would reveal
    whose password is worth guessing.
    """
    context, name, slug = request.context, fold(request.username), request.service.slug
    takes = request.service.takes_password
    gate = limits.password_gate(name, context, service=slug) if takes else limits.spend_check(slug, context)
    if not gate.is_open:
        return CheckedAppPassword(CheckResult.LATER)
    user, until = _NAMED.first(name=name), ldap_directories.deadline()
    checked = _check_password(user, request, until) if takes else password_check.WRONG
    is_accepted = checked.user is not None and _may_without(checked.user, request.now)
    if user is not None and not is_accepted:
        password_check.take_rest(user, checked, request.password, until=until)
    if checked.user is None and not checked.is_incorrect:
        limits.refund_password(name, context, service=slug)
    if checked.is_unanswered:
        return CheckedAppPassword(CheckResult.WRONG)  # another answer would say that the person exists
    if checked.user is not None and is_accepted:
        limits.password_accepted(name, context, service=slug)
        return CheckedAppPassword(CheckResult.RIGHT, checked.user.username)
    if user is not None and policies.refusal(user, request.now) is not DecisionReason.BLOCKED:
        failing_apps.count(user, request)
    return CheckedAppPassword(CheckResult.WRONG)


def _check_password(user: User | None, request: CheckRequest, until: float) -> password_check.CheckedPassword:
    """Check a normal password. Nobody is added from a directory here: they sign in to the portal first."""
    if user is None:
        return password_check.check_nobody(request.password)
    return password_check.check(user, request.username, request.password, request.context, until=until)


def _may_without(user: User, now: datetime) -> bool:
    is_free = user.second_step == SecondStep.DISABLED and not user.is_staff and not user.needs_new_password
    is_free = is_free and policies.refusal(user, now) is None
    return access.app_passwords_when_blocked.older_app(user, is_allowed=is_free, now=now).is_granted
