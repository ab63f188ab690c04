"""The options at sign-in: a person's enrolments in order, with why some can't be used now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy

from verification import decryption_failures, limits, method_registry, outcomes, phone_numbers
from verification.delivery.routing import unavailability_words
from verification.enrolments import labels_and_names
from verification.enrolments.lookup import ConfirmedEnrolment, EnrolmentLimits
from verification.limits import blocked_ranges, countries_and_prices, may_number_get_messages
from verification.method_base import Mode
from verification.method_capabilities import AppGenerated, Backup, Delivered, HandedOut, PublicKey, Temporary
from verification.models import Channel, Enrolment
from verification.outcomes import Verdict

NO_CALLS_TO_COUNTRY = gettext_lazy("Your organisation doesn’t call this country.")
CANNOT_BE_USED = gettext_lazy("You can’t use this method now. Choose another one, or contact your support desk.")


@dataclass(frozen=True, kw_only=True)
class Option:
    """An enrolment as the sign-in page offers it.

    Shape: `retry_at` is set while incorrect codes make it wait, and `locked_until` is its end in words; `is_locked` is
    true after too many of them; `unavailable_reason` is empty if nothing else prevents its use, and `refused_as` is
    set if a rule does.
    """

    ref: str
    enrolment: Enrolment
    limits: EnrolmentLimits
    method: str
    label: str
    explain: str
    icon: str
    is_default: bool
    is_backup: bool
    is_locked: bool
    needs_delivery: bool
    is_temporary: bool = False
    is_on_phone: bool = False
    is_handed_out: bool = False
    unavailable_reason: str = ""
    refused_as: Verdict | None = None
    retry_at: datetime | None = None
    locked_until: str = ""
    modes: tuple[Mode, ...] = ()


def options(
    confirmed: Iterable[ConfirmedEnrolment],
    allowed: Sequence[str],
    *,
    now: datetime,
    voice_countries: Collection[str] = (),
) -> tuple[Option, ...]:
    """Turn enrolments into options, in the order of the methods.

    Leaves out those that the policy forbids, and those that aren't valid yet or any more. `voice_countries` are those
    whose numbers policy allows to call; none means all.
    """
    order = {name: place for place, name in enumerate(method_registry.methods())}
    usable = [c for c in confirmed if c.enrolment.method in order and _is_usable(c.enrolment, allowed, now)]
    return tuple(_option(c, now, voice_countries) for c in sorted(usable, key=lambda c: order[c.enrolment.method]))


def _is_usable(enrolment: Enrolment, allowed: Sequence[str], now: datetime) -> bool:
    """Return whether it is valid and allowed. No policy forbids a pass."""
    return enrolment.is_good(now) and (enrolment.method in allowed or method_registry.has(enrolment.method, Temporary))


def _option(confirmed: ConfirmedEnrolment, now: datetime, voice_countries: Collection[str]) -> Option:
    enrolment, own = confirmed.enrolment, confirmed.limits
    method = method_registry.method(enrolment.method)
    retry_at = own.retry_at if own.retry_at and own.retry_at > now else None
    reason = unavailable_reason(enrolment, now)
    refused_as, why = (None, "") if reason else _refusal(confirmed, method.kind, now, voice_countries)
    return Option(
        ref=enrolment.ref,
        enrolment=enrolment,
        limits=own,
        method=method.name,
        label=labels_and_names.label(enrolment),
        explain=str(method.explain),
        icon=method.icon,
        is_default=enrolment.is_default,
        is_backup=isinstance(method, Backup),
        is_locked=own.is_locked,
        needs_delivery=isinstance(method, Delivered),
        is_temporary=isinstance(method, Temporary),
        is_on_phone=isinstance(method, AppGenerated) and not enrolment.is_on_another_device,
        is_handed_out=isinstance(method, HandedOut),
        unavailable_reason=reason or why,
        refused_as=refused_as,
        retry_at=retry_at,
        locked_until=outcomes.end_words(retry_at, now) if retry_at else "",
        modes=method.modes,
    )


def unavailable_reason(enrolment: Enrolment, now: datetime) -> str:
    """Say why an enrolment can't be used now, or an empty text if it can.

    No provider carries its messages, its secret can't be decrypted, or its method is no longer installed.
    """
    if not method_registry.is_installed(enrolment.method):
        return str(CANNOT_BE_USED)
    if not enrolment.opens:
        decryption_failures.report("enrolment", enrolment.ref, now=now, user_id=enrolment.user_id)
        return str(CANNOT_BE_USED)
    kind = method_registry.method(enrolment.method).kind
    return unavailability_words.why(kind, now, enrolment.address) if kind else ""


def may_call(enrolment: Enrolment, kind: str, voice_countries: Collection[str]) -> bool:
    """Return whether policy allows calls to this number's country. Other methods are always allowed."""
    return kind != Channel.CALL or not voice_countries or phone_numbers.country(enrolment.address) in voice_countries


def _refusal(
    confirmed: ConfirmedEnrolment, kind: str, now: datetime, voice_countries: Collection[str]
) -> tuple[Verdict | None, str]:
    """Say which rule lets no message through: the policy of calls, or a limit on cost and toll fraud.

    Shape: the verdict and a sentence; None and an empty text if no rule does.
    """
    address, is_opted_out = confirmed.enrolment.address, confirmed.limits.is_opted_out
    if not may_call(confirmed.enrolment, kind, voice_countries):
        return Verdict.COUNTRY_NOT_ALLOWED, str(NO_CALLS_TO_COUNTRY)
    if not countries_and_prices.costs(kind):
        return None, ""
    if verdict := may_number_get_messages.refusal(kind, address, now=now, is_opted_out=is_opted_out):
        return verdict, outcomes.unavailable_words(verdict, until=blocked_ranges.paused_until(address, now=now))
    if stopped_until := limits.spending_stopped_until(kind, address, now=now):
        return Verdict.PAUSED, outcomes.unavailable_words(Verdict.PAUSED, until=stopped_until)
    return None, ""


def choices(options: Sequence[Option]) -> tuple[Option, ...]:
    """Show several passkeys as one option: any of them answers for the others. Put last what can't be used now."""
    seen: set[str] = set()
    kept = []
    for option in sorted(options, key=lambda o: (bool(o.unavailable_reason), not o.is_default)):
        if method_registry.has(option.method, PublicKey) and option.method in seen:
            continue
        seen.add(option.method)
        kept.append(option)
    shown = (option for option in options if option in kept)
    return tuple(sorted(shown, key=lambda option: option.is_locked or bool(option.unavailable_reason)))
