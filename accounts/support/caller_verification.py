"""Caller verification: support checks who a caller is before a risky action.

A check counts for one user and one member of staff. If the user is a member of staff, a call back counts for every
colleague except the one who called: nobody both vouches for a colleague and acts on it.

The codes that a caller reads out are those of sign-ins: `verification.keys.codes_of_texts_calls_and_emails` has their
length, and the policy rule `code_life` how long they work.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import CallerCheck, User
from accounts.support import caller_verification_audit_events
from verification import audit, challenges, enrolments, method_registry, notices, outcomes, policies
from verification.audit import Event
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.enrolments import Option
from verification.limits import Gate
from verification.models import Enrolment, Purpose
from verification.outcomes import Outcome, Verdict, VerdictText

CHECK_LIFE = timedelta(minutes=15)  # how long a check counts
_SAME_REQUEST_WINDOW = timedelta(seconds=30)  # the same request again within this time
_STARTING_WINDOW = timedelta(seconds=3)  # a check that has no challenge after this time never gets one
MIN_METHOD_AGE = timedelta(days=7)  # a newer method may be a thief's, so it does not verify a caller
CALL_BACK = "call_back"
_INCORRECT = {Verdict.WRONG, Verdict.DRIFTED, Verdict.ENDED}


@dataclass(frozen=True)
class CallerMethod:
    """One method of verifying a caller. `unavailable_reason` says why it cannot be used now."""

    key: str
    label: str
    explain: str
    icon: str
    unavailable_reason: str = ""


def methods(person: User, *, now: datetime) -> list[CallerMethod]:
    """Return how a caller can be verified: methods that are old enough, and a call back to a number on file."""
    rules = policies.rules_for(person.pk)
    options = enrolments.options(
        enrolments.confirmed(person.pk), rules.methods, now=now, voice_countries=rules.voice_countries
    )
    options = tuple(option for option in options if _can_be_read_out(option))
    gates = challenges.caller_gates(person.pk, [option.method for option in options], now=now)
    found = [_method(option, gates[option.method], now) for option in options]
    words = _("Call a number that your organisation has on file, not one that the caller gives you.")
    return [*found, CallerMethod(CALL_BACK, _("Call back"), words, "call")]


def _can_be_read_out(option: Option) -> bool:
    method = method_registry.method(option.method)
    return method.is_numeric and not option.is_backup and not option.is_temporary


def _method(option: Option, gate: Gate, now: datetime) -> CallerMethod:
    since = option.enrolment.confirmed_at or option.enrolment.created_at
    is_new = now - since < MIN_METHOD_AGE
    words = _("Can’t be used yet: set up less than %(n)d days ago.") % {"n": MIN_METHOD_AGE.days}
    unavailable = words if is_new else ""
    unavailable = unavailable or _limited(option, gate, now) or option.unavailable_reason
    explain = (
        _("We send a code. The caller reads it to you.")
        if option.needs_delivery
        else _("The caller reads you the code that it shows.")
    )
    return CallerMethod(option.ref, option.label, explain, option.icon, unavailable)


def _limited(option: Option, gate: Gate, now: datetime) -> str:
    """Say why an answer would not be checked: this method is locked or waits, at sign-in or for callers."""
    if option.is_locked or gate.is_locked:
        return _("Locked after too many incorrect codes.")
    if gate.retry_at is None:
        return ""
    return _("Locked until %(at)s after incorrect codes.") % {"at": outcomes.end_words(gate.retry_at, now)}


def begin(staff: User, person: User, key: str, context: Context) -> CallerCheck | Outcome:
    """Start the verification of a caller by one method. The user sees on their pages who asked."""
    method = next((method for method in methods(person, now=context.now) if method.key == key), None)
    if method is None or method.key == CALL_BACK:
        return Outcome(verdict=Verdict.UNREACHABLE)
    if method.unavailable_reason:
        return Outcome(
            verdict=Verdict.UNREACHABLE, said=VerdictText(_("This method can’t be used now"), method.unavailable_reason)
        )
    enrolment = enrolments.by_ref(person.pk, key)
    if enrolment is None:
        return Outcome(verdict=Verdict.UNREACHABLE)
    check = CallerCheck(
        person=person,
        staff=staff,
        method=enrolment.method,
        label=method.label,
        asked_at=context.now,
    )
    with transaction.atomic():
        _hold(person)
        just_now = CallerCheck.objects.filter(person=person, staff=staff, method=enrolment.method, label=method.label)
        is_starting = Q(handle="", asked_at__gt=context.now - _STARTING_WINDOW)
        is_started = ~Q(handle="") & Q(asked_at__gt=context.now - _SAME_REQUEST_WINDOW)
        twice = just_now.filter(is_starting | is_started, passed_at=None)
        if same := twice.order_by("-asked_at").first():
            return same
        check.save()
    return _start(check, enrolment, context)


def _start(check: CallerCheck, enrolment: Enrolment, context: Context) -> CallerCheck | Outcome:
    """Start the challenge of a check, in no transaction: it raises counters that everyone shares."""

    def keep(outcome: Outcome) -> None:
        if not outcome.issued:
            check.delete()
            return
        check.handle = outcome.handle
        check.save(update_fields=["handle"])
        _record(caller_verification_audit_events.CALLER_ASKED, check, context)

    try:
        outcome = challenges.start(
            enrolment,
            user=check.person,
            purpose=Purpose.CALLER,
            binding=check.binding,
            context=context,
            rules=policies.rules_for(check.person.pk),
            also=keep,
        )
    except Exception:
        CallerCheck.objects.filter(ref=check.ref, handle="").delete()  # otherwise the next try would find it
        raise
    return check if outcome.issued else outcome


def _hold(person: User) -> None:
    """Lock a user's row, so that checks of one user run one after another. Call it first in a transaction."""
    User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()


def begun(staff: User, person: User, ref: str, *, now: datetime) -> CallerCheck | None:
    """Return a recent check that this member of staff started for this user, or None."""
    mine = CallerCheck.objects.select_related("person", "staff").filter(
        ref=ref, staff=staff, person=person, asked_at__gt=now - CHECK_LIFE
    )
    return mine.exclude(method=CALL_BACK).first()


def answer(check: CallerCheck, text: str, context: Context) -> Outcome:
    """Check the code that the caller read out. A check that has passed stays passed, for a button pressed twice."""

    def keep(_outcome: Outcome) -> bool:
        CallerCheck.objects.filter(pk=check.pk).update(passed_at=context.now)
        _record(caller_verification_audit_events.CALLER_VERIFIED, check, context)
        return False

    alongside = challenges.Alongside(first=lambda _person, _enrolment: None, then=keep, undo=lambda: None)
    outcome = challenges.answer(check.handle, text, binding=check.binding, context=context, alongside=alongside)
    if outcome.proven:
        return outcome
    if CallerCheck.objects.filter(pk=check.pk, passed_at__isnull=False).exists():
        return replace(outcome, verdict=Verdict.PROVEN)
    if _was_incorrect(outcome):
        _record(caller_verification_audit_events.CALLER_FAILED, check, context, verdict=str(outcome.verdict))
    return outcome


def _was_incorrect(outcome: Outcome) -> bool:
    """Return whether a code was compared and didn't match. A typing error or an expired code accuses nobody.

    A request that has ended already says no number of tries: then nothing was compared.
    """
    return outcome.verdict in _INCORRECT and outcome.tries_left is not None


def vouch(staff: User, person: User, note: str, context: Context) -> CallerCheck:
    """Record that a member of staff called back and recognised the user, who is notified by email."""
    label = _("Call back")
    check = CallerCheck(
        person=person,
        staff=staff,
        method=CALL_BACK,
        label=label,
        note=note,
        asked_at=context.now,
        passed_at=context.now,
    )
    with transaction.atomic():
        _hold(person)
        just_now = CallerCheck.objects.filter(person=person, staff=staff, method=CALL_BACK)
        if same := just_now.filter(passed_at__gt=context.now - _SAME_REQUEST_WINDOW).first():
            return same
        check.save()
        _record(caller_verification_audit_events.CALLER_VOUCHED, check, context, note=note)
        notices.notify_of_event(
            person,
            caller_verification_audit_events.CALLER_VOUCHED,
            now=context.now,
            context=Context(now=context.now),
            staff=staff.get_full_name(),
        )
    return check


def _record(event: Event, check: CallerCheck, context: Context, **detail: str) -> None:
    audit.record(event, user_id=check.person.pk, context=context, actor_id=check.staff.pk, way=check.label, **detail)


def proof(staff: User, person: User, *, now: datetime) -> CallerCheck | None:
    """Return the newest check of this caller that counts for this member of staff now, or None."""
    return _PROOF.first(staff=staff.pk, person=person.pk, since=now - CHECK_LIFE)


def _good(staff: int | BindParam, since: datetime | BindParam) -> QuerySet[CallerCheck]:
    """Return the checks that count for a member of staff: their own, and for colleagues, call backs by others."""
    mine, is_call_back = Q(staff=staff), Q(method=CALL_BACK)
    of_staff = Q(person__is_staff=True) | Q(person__is_superuser=True)
    counts = (mine & ~(is_call_back & of_staff)) | (~mine & is_call_back & of_staff)
    return CallerCheck.objects.select_related("staff").filter(counts, passed_at__gt=since)


def _proof() -> QuerySet[CallerCheck]:
    found = _good(BindParam("staff"), BindParam("since")).filter(person=BindParam("person"))
    return found.order_by("-passed_at")[:1]


_PROOF = Select(_proof)


def proofs(staff: User, people: Collection[User], *, now: datetime) -> dict[int, CallerCheck]:
    """Return the newest check that counts for each of many users."""
    found = _good(staff.pk, now - CHECK_LIFE).filter(person__in=people).order_by("passed_at")
    return {check.person_id: check for check in found}
