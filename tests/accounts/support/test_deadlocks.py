"""Tests that concurrent work by a person, the support desk and housekeeping on one account never deadlocks.

Each statement that locks rows is followed by a short rest, so that transactions which lock in different orders meet.
"""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from accounts import app_passwords, password_resets
from accounts.models import PasswordReset, Session, User
from accounts.portal import secure_account
from accounts.sessions import SessionStore
from accounts.support.actions import Actor, Unneeded, blocks_and_bypasses, erasure, method_resets
from accounts.support.actions import browsers as support_browsers
from tests.running.concurrency import together
from tests.running.rounds import some
from tests.verification.conftest import BINDING, Desk, app_code, equip
from verification import audit, browsers, challenges, enrolments, notices
from verification.context import Context
from verification.db import row_locks
from verification.models import Challenge, Counter, Enrolment, Kind, Message, Policy
from verification.policies import remembered_browser_revocation

ROUNDS = int(os.environ.get("LOCK_ROUNDS", "1"))
_REST = 0.004  # seconds
_number = count()

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Run = Callable[[], object]


def _again(desk: Desk) -> Run:
    issued = desk.start("text")
    return lambda: desk.start("totp", replaces=issued.handle)


def _wrong(desk: Desk) -> Run:
    issued = desk.start("totp")
    return lambda: desk.answer(issued, "000000")


def _right(desk: Desk) -> Run:
    issued, code = desk.start("totp"), app_code(desk.enrolment("totp"), desk.context.now)
    return lambda: desk.answer(issued, code)


def _resend(desk: Desk) -> Run:
    issued = desk.start("text")
    Challenge.objects.filter(handle=issued.handle).update(resend_at=desk.context.now)
    return lambda: desk.resend(issued)


def _report(desk: Desk) -> Run:
    issued = desk.start("call")
    call = Message.objects.get(challenge__handle=issued.handle, kind=Kind.CALL)
    return lambda: challenges.keyed(call.handle, "0#", now=desk.context.now)


def _draft(desk: Desk) -> Run:
    def enrol(replaces: str = "") -> Any:
        more: dict[str, Any] = {"binding": "tab", "context": desk.context, "rules": desk.rules, "replaces": replaces}
        return challenges.enrol(desk.user, "totp", {}, **more)

    former = enrol()
    return lambda: enrol(former.handle)


def _prove(desk: Desk) -> Run:
    issued = challenges.enrol(desk.user, "totp", {}, binding=BINDING, context=desk.context, rules=desk.rules)
    row = Challenge.objects.select_related("enrolment").get(handle=issued.handle).enrolment
    code = app_code(row, desk.context.now)
    return lambda: desk.answer(issued, code)


def _reset(desk: Desk) -> Run:
    ends = desk.context.now + timedelta(minutes=5)
    made = {"epoch": desk.user.epoch, "made_at": desk.context.now, "ends_at": ends}
    reset = PasswordReset.objects.create(user=desk.user, **made)
    return lambda: password_resets.finish(reset, "a new one, and long", desk.context)


def _settle() -> None:
    with transaction.atomic():
        remembered_browser_revocation.settle()


# What a person, their phone or a task does, as `prepare`, which gives what then runs beside the other.
STEPS: dict[str, Callable[[Desk], Run]] = {
    "another option": _again,
    "wrong code": _wrong,
    "right code": _right,
    "resend": _resend,
    "report by phone": _report,
    "draft": _draft,
    "prove a set-up": _prove,
    "reset link": _reset,
    "end app passwords": lambda desk: lambda: app_passwords.revoke(desk.user, desk.context),
    "tell of browsers": lambda desk: lambda: notices.tell_of_browsers(desk.context.now),
    "seal": lambda desk: lambda: audit.seal(desk.context.now),
    "purge sessions": lambda desk: SessionStore.clear_expired,
    "policy": lambda desk: _settle,
}


def _remove(desk: Desk, _actor: Actor) -> None:
    mine = Enrolment.objects.filter(user=desk.user, method="totp", confirmed=True)
    found = mine.earliest("created_at", "pk")  # another one may have been verified a moment ago
    enrolments.remove(found, desk.context, allowed=("totp", "text"), must_keep_one=False)


ACTIONS: dict[str, Callable[[Desk, Actor], object]] = {
    "clear settings": lambda desk, actor: method_resets.clear_settings(desk.user, actor, app_passwords_too=True),
    "phone lost": lambda desk, actor: method_resets.phone_lost(desk.user, actor),
    "reset device": lambda desk, actor: method_resets.reset_device(desk.user, actor, ref=desk.enrolment("text").ref),
    "block": lambda desk, actor: blocks_and_bypasses.block(desk.user, actor),
    "unlock": lambda desk, actor: blocks_and_bypasses.unlock(desk.user, actor),
    "new password": lambda desk, actor: blocks_and_bypasses.require_password(desk.user, actor),
    "forget browsers": lambda desk, actor: support_browsers.forget_browsers(desk.user, actor),
    "end sign-ins": lambda desk, actor: support_browsers.end_sessions(desk.user, actor),
    "secure account": lambda desk, _actor: secure_account.begin(desk.user, desk.context, about="x"),
    "recovery codes": lambda desk, _actor: enrolments.issue_recovery_codes(
        desk.user, desk.context, method_name="recovery"
    ),
    "remove": _remove,
    "erase": lambda desk, actor: erasure.erase(desk.user, actor),
}


@pytest.fixture
def staff(settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Policy.objects.create(text_notices=True, caller_check=False)
    return User.objects.create_user("fay")


def _arrive() -> Desk:
    """Create a person with one of everything that can be ended."""
    Counter.objects.all().delete()
    Challenge.objects.all().delete()  # those of the former person, in the same session
    n = next(_number)
    user: Any = get_user_model().objects.create_user(username=f"ana{n}", email="ana@example.org", password="-")
    desk = equip(Desk(user, Context(now=timezone.now(), network="192.0.2.7")), number=f"+4179555{n:04d}")
    Counter.objects.all().delete()
    desk.user.refresh_from_db()
    for each in range(3):
        app_passwords.issue(desk.user, desk.context, name=f"laptop {each}", program="mail")
        browsers.remember(desk.user, desk.context, days=14, method="totp")
        Session.objects.create(
            ref=f"k{n}.{each}",
            session_key=f"k{n}.{each}",
            session_data="",
            expire_date=desk.context.now - timedelta(days=1),
            user=desk.user,
        )
    return desk


def _slowly(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    done = execute(sql, params, many, context)
    if not sql.startswith("SELECT") or "FOR " in sql:
        time.sleep(_REST)
    return done


def _at_once(*runs: Run) -> list[Exception]:
    def slow(run: Run) -> None:
        with connection.execute_wrapper(_slowly):
            run()

    found = together(*(partial(slow, run) for run in runs))
    return [each for each in found if isinstance(each, Exception) and not isinstance(each, Unneeded)]


def _race(step: str, action: str, staff: User) -> list[Exception]:
    desk = _arrive()
    run = STEPS[step](desk)
    why = Actor(staff=staff, context=desk.context, reason="asked to", ticket="1")

    def act() -> None:
        with transaction.atomic():
            row_locks.lock_person(desk.user.pk)  # as every order of the desk begins
            ACTIONS[action](desk, why)

    faults = _at_once(run, act)
    if action == "erase":  # what is written for a person who is gone is refused; the page says so in words
        return [fault for fault in faults if isinstance(fault, OperationalError)]
    return faults


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_deadlocks_with(action: str, staff: User) -> None:
    steps = some(list(STEPS), 3, turn=list(ACTIONS).index(action))
    faults = {step: found for step in steps for _ in range(ROUNDS) if (found := _race(step, action, staff))}

    assert faults == {}


# Without the order ----------------------------------------------------------------------------------------------


def _lock(*wanted: QuerySet[Any]) -> None:
    with transaction.atomic():
        for rows in wanted:
            list(rows.select_for_update().values_list("pk", flat=True))


@pytest.mark.postgresql  # it lets one writer in at a time
def test_race_shows_a_missing_order(staff: User) -> None:
    """The control of the tests above: of two that lock a person and their challenges in opposite orders, one fails."""
    desk = _arrive()
    desk.start("text")
    person, theirs = User.objects.filter(pk=desk.user.pk), Challenge.objects.filter(user=desk.user.pk)

    assert any(_at_once(partial(_lock, person, theirs), partial(_lock, theirs, person)) for _ in range(20))
