"""The work of the support desk in the month, app passwords and their use, and a request that waits for approval."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.app_passwords import audit_events
from accounts.models import AppPassword, Service, SupportRequest, User
from accounts.support import approval_audit_events, caller_verification_audit_events
from accounts.support import support_action_audit_events as support_events
from mfasite.demo.history.people import HistoryPerson, Staff
from mfasite.demo.history.timeline import Place, Timeline
from verification import enrolments
from verification.audit import Event
from verification.models.random_row_handles import new_handle

_DESK = Place(
    network="192.0.2.5", agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
)
_N_CASES = 26
# What was done, why, and how often compared with the others.
_CASES: tuple[tuple[Event, str, int, dict[str, Any]], ...] = (
    (support_events.SUPPORT_PERSON_UNLOCKED, "Typed the codes of an old app several times", 6, {}),
    (support_events.SUPPORT_PASS_ISSUED, "Left the phone at home", 6, {"once": True}),
    (support_events.SUPPORT_PHONE_LOST, "Lost the phone on a train", 2, {"methods": [], "n_app_passwords": 0}),
    (support_events.SUPPORT_SETTINGS_CLEARED, "New phone and new number", 4, {"methods": [], "n_app_passwords": 0}),
    (support_events.SUPPORT_BROWSERS_FORGOTTEN, "Used a borrowed laptop", 2, {"n_browsers": 1}),
    (support_events.SUPPORT_APP_PASSWORDS_DELETED, "Old tablet was sold", 1, {"n_app_passwords": 1}),
    (support_events.SUPPORT_SESSIONS_ENDED, "Forgot to sign out in a meeting room", 2, {"n_sessions": 2}),
    (support_events.SUPPORT_BYPASS_GIVEN, "Phone is being repaired, on the way to a customer", 1, {"seconds": 300}),
)
# Of these, the person has no phone that could show a code, so the desk calls back.
_WITHOUT_PHONE = (
    support_events.SUPPORT_PASS_ISSUED,
    support_events.SUPPORT_PHONE_LOST,
    support_events.SUPPORT_SETTINGS_CLEARED,
    support_events.SUPPORT_BYPASS_GIVEN,
)
_REFUSED = (("clear_settings", "caller_check"), ("give_roles", "permission"), ("block", "permission"))
_PROGRAMS = (("Outlook on the laptop", "mail"), ("Calendar on the tablet", "calendar"), ("Scanner, 2nd floor", "mail"))
_BLOCKED_SINCE = -8  # days


def add(
    timeline: Timeline, chance: random.Random, days: Sequence[datetime], people: Sequence[HistoryPerson], staff: Staff
) -> None:
    """Add the cases, refused actions, a blocked person, app passwords, and a request from today."""
    working_days = [day for day in days if day.weekday() < 5]
    for number in range(_N_CASES):
        at = working_days[number * len(working_days) // _N_CASES] + timedelta(minutes=chance.randrange(8 * 60, 17 * 60))
        _case(timeline, chance, at, chance.choice(people), staff, f"INC-{4700 + 7 * number}")
    for number, (action, why) in enumerate(_REFUSED):
        at = working_days[4 + 5 * number] + timedelta(hours=11, minutes=number)
        timeline.event(
            at,
            approval_audit_events.SUPPORT_REFUSED,
            user_id=people[9 * number].user.pk,
            actor_id=staff.desk[1].pk,
            place=_DESK,
            action=action,
            why=why,
            ticket=f"INC-{4811 + number}",
        )
    _block(timeline, days[_BLOCKED_SINCE] + timedelta(hours=16), people[26].user, staff)
    _app_passwords(timeline, chance, days, people, staff)
    _waiting_request(timeline, people[40].user, staff)


def _waiting_request(timeline: Timeline, user: User, staff: Staff) -> None:
    """A clearing that was requested shortly before the demo started, and waits for a second person."""
    at, reason = timeline.now - timedelta(minutes=25), "New phone and new number, identified in person"
    request = SupportRequest.objects.create(
        action="clear_settings",
        person=user,
        options={"app_passwords_too": False},
        reason=reason,
        ticket="INC-4903",
        asked_by=staff.desk[0],
        asked_at=at,
        ends_at=at + timedelta(hours=24),
        epoch=user.epoch,
        caller_checked="Call back",
    )
    about: dict[str, Any] = {"user_id": user.pk, "actor_id": staff.desk[0].pk, "place": _DESK}
    about |= {"request": request.ref, "action": request.action, "reason": reason, "ticket": request.ticket}
    timeline.event(at, approval_audit_events.SUPPORT_REQUESTED, **about)


def _case(
    timeline: Timeline, chance: random.Random, at: datetime, member: HistoryPerson, staff: Staff, ticket: str
) -> None:
    """Somebody calls, is verified, and is helped; a second person approves what clears everything."""
    event, reason, _weight, more = chance.choices(_CASES, [weight for *_rest, weight, _more in _CASES])[0]
    agent = chance.choice(staff.desk)
    about: dict[str, Any] = {"user_id": member.user.pk, "actor_id": agent.pk, "place": _DESK}
    way = "Call back"
    readable = [found for found in (member.app, member.texts, member.calls) if found is not None]
    if readable and event not in _WITHOUT_PHONE and chance.random() < 0.6:
        way = enrolments.label(readable[0])
        timeline.event(at, caller_verification_audit_events.CALLER_ASKED, way=way, **about)
        timeline.event(at + timedelta(minutes=1), caller_verification_audit_events.CALLER_VERIFIED, way=way, **about)
    else:
        timeline.event(
            at, caller_verification_audit_events.CALLER_VOUCHED, way=way, note="Number from the directory", **about
        )
    said: dict[str, Any] = {"reason": reason, "ticket": ticket, "caller": way, **more}
    if event is support_events.SUPPORT_SETTINGS_CLEARED:
        asked: dict[str, Any] = {
            "request": new_handle(),
            "action": "clear_settings",
            "reason": reason,
            "ticket": ticket,
        }
        timeline.event(at + timedelta(minutes=2), approval_audit_events.SUPPORT_REQUESTED, **about, **asked)
        agreed: dict[str, Any] = about | {"actor_id": staff.senior.pk} | asked
        timeline.event(at + timedelta(minutes=9), approval_audit_events.SUPPORT_REQUEST_AGREED, **agreed)
        at, said["approver"] = at + timedelta(minutes=10), staff.senior.pk
    if event is support_events.SUPPORT_PASS_ISSUED:
        begins = at + timedelta(minutes=3)
        said |= {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=8)).isoformat()}
    timeline.event(at + timedelta(minutes=3), event, **about, **said)


def _block(timeline: Timeline, at: datetime, user: User, staff: Staff) -> None:
    """Somebody is on leave for two months, and blocked until they are back."""
    reason = "Parental leave until further notice"
    User.objects.filter(pk=user.pk).update(blocked_until=at + timedelta(days=60), blocked_reason=reason)
    said: dict[str, Any] = {"reason": reason, "ticket": "HR-219", "days": 60, "n_browsers": 0, "n_sessions": 0}
    timeline.event(
        at, support_events.SUPPORT_PERSON_BLOCKED, user_id=user.pk, actor_id=staff.senior.pk, place=_DESK, **said
    )


def _app_passwords(
    timeline: Timeline, chance: random.Random, days: Sequence[datetime], people: Sequence[HistoryPerson], staff: Staff
) -> None:
    """Add two services and the app passwords that are used there, or not."""
    for slug, name, program in (("mail", "Mail server", "mail"), ("calendar", "Calendar", "calendar")):
        Service.objects.create(slug=slug, name=name, program=program, key_digest=new_handle())
        actor: dict[str, Any] = {"actor_id": staff.administrator.pk, "place": _DESK}
        timeline.event(days[0] + timedelta(hours=9), audit_events.SERVICE_MADE, service=slug, **actor)
    for number, member in enumerate(people[1::3]):
        name, program = _PROGRAMS[number % len(_PROGRAMS)]
        made_at = days[number] + timedelta(hours=10, minutes=chance.randrange(60))
        is_used = number % 4 != 3
        used_at = timeline.now - timedelta(minutes=chance.randrange(20, 2_000))
        AppPassword.objects.create(
            user=member.user,
            name=name,
            program=program,
            digest=new_handle(),
            grants_epoch=member.user.grants_epoch,
            made_at=made_at,
            last_used_at=used_at if is_used else None,
            last_network=member.home.network if is_used else "",
            last_protocol=("imap" if program == "mail" else "caldav") if is_used else "",
            places=[member.home.network] if is_used else [],
        )
        about: dict[str, Any] = {"user_id": member.user.pk, "name": name}
        timeline.event(made_at, audit_events.APP_PASSWORD_MADE, program=program, place=member.office, **about)
        if is_used:
            seen = Place(network=member.home.network, agent="imap" if program == "mail" else "caldav")
            first = made_at + timedelta(hours=9)
            timeline.event(first, audit_events.APP_PASSWORD_NEW_PLACE, service=program, place=seen, **about)
