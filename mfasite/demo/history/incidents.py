"""What went wrong in the month: an outage, a fraud report, a stolen password, guessing; and ordinary changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.portal import this_wasnt_me_audit_events as portal_events
from accounts.support import administration_audit_events, caller_verification_audit_events
from accounts.support import support_action_audit_events as support_events
from mfasite.demo.history import challenges_and_messages
from mfasite.demo.history.people import HistoryPerson, Staff
from mfasite.demo.history.timeline import LIFE, MessageResult, Place, Timeline
from verification.audit import verification_audit_events
from verification.models import (
    ChallengeState,
    Channel,
    Circuit,
    Enrolment,
    Failure,
    FailureReason,
    MessageState,
    Outage,
)

_ATTACKER = Place(
    network="203.0.113.77", agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
)
_LOCKOUT = 30  # incorrect codes in a row that lock a method
_WAITS = (0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, *[60] * 19)  # minutes before each try


@dataclass(frozen=True)
class TextOutage:
    """A time without texts: they failed first, then an operator switched texts off."""

    start: datetime
    switched_off_at: datetime
    end: datetime


def outage(timeline: Timeline, days: Sequence[datetime], staff: Staff) -> TextOutage:
    """Add the outage of one morning, ten working days ago or so."""
    day = next(day for day in reversed(days[:-9]) if day.weekday() < 5)
    found = TextOutage(*(day + timedelta(hours=8, minutes=minutes) for minutes in (0, 15, 50)))
    words = "Our provider can't deliver texts at the moment. Use a phone call or your app."
    row = Outage.objects.create(
        kind=Channel.TEXT, starts_at=found.switched_off_at, ends_at=found.end, words=words, made_by=staff.operator
    )
    for at, reason in (
        (found.switched_off_at, "Texts fail at the provider; its status page confirms an outage"),
        (found.end, "Test messages arrive again"),
    ):
        timeline.event(
            at, administration_audit_events.OUTAGE_SET, actor_id=staff.operator.pk, outage=str(row), reason=reason
        )
    Circuit.objects.create(provider=challenges_and_messages.PROVIDER, kind=Channel.TEXT, changed_at=found.end)
    return found


def add(
    timeline: Timeline, days: Sequence[datetime], people: Sequence[HistoryPerson], staff: Staff, broken: TextOutage
) -> None:
    """Add the texts that failed before texts were switched off, and the other incidents."""
    called = [(member, member.calls) for member in people if member.calls and not member.passkey]
    texted = [(member, member.texts) for member in people if member.texts and not member.passkey]
    with_app = [(member, member.app) for member in people if member.app and not member.passkey]
    _failed_texts(timeline, broken.start, texted[:9])
    _fraud_report(timeline, days[-13], *called[3], staff)
    _stolen_password(timeline, days[-16], *texted[11])
    _guessing(timeline, days[-4], *with_app[2])
    _passwords(timeline, days, people)


def _failed_texts(timeline: Timeline, start: datetime, people: Sequence[tuple[HistoryPerson, Enrolment]]) -> None:
    result = MessageResult(state=MessageState.FAILED, reason=FailureReason.PROVIDER_DOWN, seconds=9.0, n_attempts=3)
    for n, (member, method) in enumerate(people):
        at = start + timedelta(seconds=80 * n)
        ended_at = at + timedelta(seconds=40)
        challenge = challenges_and_messages.request(
            method, at, place=member.office, state=ChallengeState.SUPERSEDED, ended_at=ended_at
        )
        timeline.add_request(challenge, Channel.TEXT, result)
        said = challenges_and_messages.about(challenge)
        timeline.event(
            at, verification_audit_events.CHALLENGE_ISSUED, user_id=member.user.pk, place=member.office, **said
        )


def _fraud_report(timeline: Timeline, day: datetime, member: HistoryPerson, method: Enrolment, staff: Staff) -> None:
    """Somebody else signs in at night; the person reports it on the phone, and support unlocks them."""
    user_id, at = member.user.pk, day + timedelta(hours=2, minutes=41)
    challenge = challenges_and_messages.request(
        method, at, place=_ATTACKER, state=ChallengeState.DENIED, ended_at=at + timedelta(seconds=24)
    )
    timeline.add_request(challenge, Channel.CALL, MessageResult(seconds=24))
    said = challenges_and_messages.about(challenge)
    timeline.event(at, verification_audit_events.CHALLENGE_ISSUED, user_id=user_id, place=_ATTACKER, **said)
    reported_at = at + timedelta(seconds=24)
    timeline.event(reported_at, verification_audit_events.CHALLENGE_REPORTED, user_id=user_id, place=_ATTACKER, **said)
    denied_at = reported_at + timedelta(minutes=1)
    timeline.event(denied_at, audit_events.SIGN_IN_DENIED, user_id=user_id, place=_ATTACKER, why="locked")
    morning = day + timedelta(hours=8, minutes=4)
    about: dict[str, Any] = {"user_id": user_id, "actor_id": staff.desk[0].pk, "place": member.office}
    timeline.event(
        morning,
        caller_verification_audit_events.CALLER_VOUCHED,
        way="Call back",
        note="On the number in the directory",
        **about,
    )
    reason: dict[str, Any] = {
        "reason": "Reported a sign-in at night that was not theirs",
        "ticket": "INC-4791",
        "caller": "Call back",
    }
    timeline.event(morning + timedelta(minutes=2), support_events.SUPPORT_PASSWORD_REQUIRED, **reason, **about)
    timeline.event(morning + timedelta(minutes=3), support_events.SUPPORT_PERSON_UNLOCKED, **reason, **about)
    changed_at = morning + timedelta(minutes=9)
    timeline.event(
        changed_at,
        audit_events.PASSWORD_CHANGED,
        user_id=user_id,
        place=member.office,
        n_app_passwords=0,
    )


def _stolen_password(timeline: Timeline, day: datetime, member: HistoryPerson, method: Enrolment) -> None:
    """Somebody has a person's password; the person sees it and secures the account."""
    user_id, at = member.user.pk, day + timedelta(hours=21, minutes=12)
    challenge = challenges_and_messages.request(
        method, at, place=_ATTACKER, state=ChallengeState.OPEN, ended_at=at + LIFE
    )
    timeline.add_request(challenge, Channel.TEXT, MessageResult())
    timeline.event(
        at,
        verification_audit_events.CHALLENGE_ISSUED,
        user_id=user_id,
        place=_ATTACKER,
        **challenges_and_messages.about(challenge),
    )
    for n in (1, 2):
        said = challenges_and_messages.about(challenge) | {"n_failures": n}
        timeline.event(
            at + timedelta(seconds=30 * n),
            verification_audit_events.CHALLENGE_FAILED,
            user_id=user_id,
            place=_ATTACKER,
            **said,
        )
    steps = (
        (6, portal_events.ACCOUNT_SECURING_BEGUN),
        (9, audit_events.PASSWORD_CHANGED),
        (10, audit_events.SESSIONS_ENDED),
        (12, portal_events.ACCOUNT_SECURING_ENDED),
    )
    for minutes, event in steps:
        timeline.event(at + timedelta(minutes=minutes), event, user_id=user_id, place=member.home)


def _guessing(timeline: Timeline, day: datetime, member: HistoryPerson, method: Enrolment) -> None:
    """Somebody guesses codes until the method is locked. It still is."""
    user_id, at = member.user.pk, day + timedelta(hours=9)
    said: dict[str, Any] = {}
    for n, minutes in enumerate(_WAITS, start=1):
        at += timedelta(minutes=minutes, seconds=40)
        challenge = challenges_and_messages.request(
            method, at, place=_ATTACKER, state=ChallengeState.OPEN, ended_at=at + LIFE
        )
        timeline.add_request(challenge)
        said = challenges_and_messages.about(challenge)
        timeline.event(
            at, verification_audit_events.CHALLENGE_FAILED, user_id=user_id, place=_ATTACKER, n_failures=n, **said
        )
    timeline.event(at, verification_audit_events.METHOD_SWITCHED_OFF, user_id=user_id, place=_ATTACKER, **said)
    if at < timeline.now:
        Failure.objects.create(user=member.user, method=method.method, consecutive=_LOCKOUT, locked_at=at)


def _passwords(timeline: Timeline, days: Sequence[datetime], people: Sequence[HistoryPerson]) -> None:
    """Add ordinary changes: passwords, methods, sessions."""
    for place, member in enumerate(people[4::6]):
        at = days[2 + 3 * place % (len(days) - 3)] + timedelta(hours=9 + place % 8, minutes=7 * place % 60)
        about: dict[str, Any] = {"user_id": member.user.pk, "place": member.office}
        if place % 3 == 0:
            timeline.event(at, audit_events.PASSWORD_RESET_ASKED, **about)
            timeline.event(at + timedelta(minutes=3), audit_events.PASSWORD_RESET, n_app_passwords=0, **about)
        elif place % 3 == 1:
            timeline.event(at, audit_events.PASSWORD_CHANGED, n_app_passwords=0, **about)
            timeline.event(at + timedelta(minutes=1), audit_events.SESSIONS_ENDED, n_sessions=1, **about)
        elif member.methods:
            method = member.methods[0]
            timeline.event(
                at, verification_audit_events.ENROLMENT_CONFIRMED, method=method.method, enrolment=method.ref, **about
            )
