"""A month of sign-ins: remembered browsers, texts, calls, apps and passkeys, with the mistakes that people make."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts import sign_in_and_password_audit_events as audit_events
from mfasite.demo.history import challenges_and_messages
from mfasite.demo.history.incidents import TextOutage
from mfasite.demo.history.people import HistoryPerson
from mfasite.demo.history.timeline import LIFE, MessageResult, Place, Timeline
from verification import method_registry
from verification.audit import verification_audit_events
from verification.models import Browser, ChallengeState, Channel, Enrolment, FailureReason, MessageState
from verification.models.random_row_handles import new_handle
from verification.policies import DecisionReason

_REMEMBER = timedelta(days=14)
_NOT_ARRIVED = (FailureReason.UNREACHABLE, FailureReason.UNREACHABLE, FailureReason.FILTERED, FailureReason.BLOCKED)
_NOT_ANSWERED = (FailureReason.NO_ANSWER, FailureReason.NO_ANSWER, FailureReason.BUSY, FailureReason.VOICEMAIL)
_WORKING_DAYS = 5


def add(
    timeline: Timeline,
    chance: random.Random,
    days: Sequence[datetime],
    people: Sequence[HistoryPerson],
    outage: TextOutage,
) -> None:
    """Add the sign-ins of all people on all days. During the outage no text arrives."""
    for day in days:
        is_working_day = day.weekday() < _WORKING_DAYS
        for member in people:
            if chance.random() < (0.8 if is_working_day else 0.15):
                minutes = chance.triangular(7 * 60, 11 * 60, 8 * 60 + 20)
                place = member.office if is_working_day else member.home
                _sign_in(timeline, chance, member, place, day + timedelta(minutes=minutes), outage)
            if chance.random() < 0.2:
                later = day + timedelta(minutes=chance.triangular(12 * 60, 23 * 60, 18 * 60))
                _sign_in(timeline, chance, member, member.home, later, outage)
        for _n in range(chance.randrange(4)):  # names that nobody has
            at = day + timedelta(seconds=chance.randrange(86_400))
            place = Place(network=f"203.0.113.{chance.randrange(20, 60)}", agent="python-requests/2.32")
            timeline.event(at, audit_events.PASSWORD_REFUSED, place=place)
    _keep_browsers(people, timeline.now)


def _sign_in(
    timeline: Timeline, chance: random.Random, member: HistoryPerson, place: Place, at: datetime, outage: TextOutage
) -> None:
    user_id = member.user.pk
    if chance.random() < 0.06:
        timeline.event(at, audit_events.PASSWORD_REFUSED, user_id=user_id, place=place)
        at += timedelta(seconds=chance.randrange(8, 40))
    if not member.methods:
        timeline.event(at, audit_events.REGISTRATION_DEFERRED, user_id=user_id, place=place)
        _completed(timeline, at, member, place, why=DecisionReason.DEFERRED)
        return
    if member.known.get(place.network, at) > at:
        _completed(timeline, at, member, place, why=DecisionReason.REMEMBERED)
        return
    for method in _chosen(chance, member):
        if method is member.texts and outage.switched_off_at <= at < outage.end:
            continue
        at, is_proven = _verify(timeline, chance, member, method, place, at, outage)
        if is_proven:
            _completed(timeline, at, member, place, why=DecisionReason.REQUIRED, method=method)
            return
        at += timedelta(seconds=chance.randrange(10, 60))


def _chosen(chance: random.Random, member: HistoryPerson) -> list[Enrolment]:
    """Return the methods in the order in which they are tried: most people use the first one."""
    found = member.methods
    if len(found) > 1 and chance.random() < 0.25:
        found.insert(0, found.pop(chance.randrange(1, len(found))))
    return found


def _verify(
    timeline: Timeline,
    chance: random.Random,
    member: HistoryPerson,
    method: Enrolment,
    place: Place,
    at: datetime,
    outage: TextOutage,
) -> tuple[datetime, bool]:
    """Add one request to verify. Return when it ended, and whether the person verified."""
    kind = next(
        (kind for kind in (Channel.TEXT, Channel.CALL) if method_registry.sending(kind)[0].name == method.method), None
    )
    result = _result(chance, kind, at, outage)
    arrived = result.state == MessageState.DELIVERED
    is_proven = arrived and chance.random() < 0.97
    wrong = (
        [at + timedelta(seconds=12 + 9 * n) for n in range(chance.choice((1, 1, 2)))] if chance.random() < 0.05 else []
    )
    ended_at = at + (timedelta(seconds=chance.randrange(9, 50) + 20 * len(wrong)) if is_proven or not arrived else LIFE)
    state = ChallengeState.PROVEN if is_proven else ChallengeState.OPEN if arrived else ChallengeState.SUPERSEDED
    challenge = challenges_and_messages.request(method, at, place=place, state=state, ended_at=ended_at)
    timeline.add_request(challenge, kind, result)
    said = challenges_and_messages.about(challenge)
    timeline.event(at, verification_audit_events.CHALLENGE_ISSUED, user_id=member.user.pk, place=place, **said)
    for n, moment in enumerate(wrong if arrived else [], start=1):
        timeline.event(
            moment,
            verification_audit_events.CHALLENGE_FAILED,
            user_id=member.user.pk,
            place=place,
            n_failures=n,
            **said,
        )
    if is_proven:
        timeline.event(
            ended_at, verification_audit_events.CHALLENGE_PROVEN, user_id=member.user.pk, place=place, **said
        )
    return ended_at, is_proven


def _result(chance: random.Random, kind: Channel | None, at: datetime, outage: TextOutage) -> MessageResult:
    if kind == Channel.TEXT and outage.start <= at < outage.end:
        return MessageResult(state=MessageState.FAILED, reason=FailureReason.PROVIDER_DOWN, seconds=9.0, n_attempts=3)
    if kind is not None and chance.random() < 0.05:
        reasons = _NOT_ARRIVED if kind == Channel.TEXT else _NOT_ANSWERED
        return MessageResult(
            state=MessageState.UNDELIVERED, reason=chance.choice(reasons), seconds=chance.uniform(12, 40)
        )
    return MessageResult(seconds=chance.lognormvariate(1.2, 0.45) if kind == Channel.TEXT else chance.uniform(14, 32))


def _completed(
    timeline: Timeline,
    at: datetime,
    member: HistoryPerson,
    place: Place,
    *,
    why: DecisionReason,
    method: Enrolment | None = None,
) -> None:
    if at >= timeline.now:
        return
    member.user.last_login = at
    remembers = method is not None and member.remembers and member.known.get(place.network, at) <= at
    if method is not None:
        method.last_used_at = at
    timeline.event(
        at,
        audit_events.SIGN_IN_COMPLETED,
        user_id=member.user.pk,
        place=place,
        why=str(why),
        method=method.method if method else "",
        is_remembered=remembers,
    )
    if remembers:
        member.known[place.network] = at + _REMEMBER
        ends = (at + _REMEMBER).isoformat()
        told = challenges_and_messages.notice(
            at + timedelta(seconds=4), member.user, "browser_remembered", place, ends=ends
        )
        timeline.add_notice(told)


def _keep_browsers(people: Sequence[HistoryPerson], now: datetime) -> None:
    """Write the browsers that are still remembered, and when people and methods were last seen."""
    for member in people:
        member.user.save(update_fields=["last_login"])
        Enrolment.objects.bulk_update(member.methods, ["last_used_at"])
        for network, until in member.known.items():
            if until > now:
                place = member.office if network == member.office.network else member.home
                made_at = until - _REMEMBER
                Browser.objects.create(
                    user=member.user,
                    digest=new_handle(),
                    epoch=member.user.epoch,
                    agent=place.agent,
                    network=network,
                    made_at=made_at,
                    rotated_at=made_at,
                    notified_at=made_at,
                    ends_at=until,
                )
