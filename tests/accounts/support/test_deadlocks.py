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
from tests.infrastructure.concurrency import together
from tests.infrastructure.rounds import some
from tests.verification.conftest import BINDING, EngineUser, app_code, equip
from verification import audit, browsers, challenges, enrolments, notices
from verification.context import Context
from verification.db import row_locks
from verification.models import Challenge, Channel, Counter, Enrolment, Message, Policy
from verification.policies import remembered_browser_revocation

ROUNDS = int(os.environ.get("LOCK_ROUNDS", "1"))
_REST = 0.004  # seconds
_number = count()

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Run = Callable[[], object]


def _again(who: EngineUser) -> Run:
    issued = who.start("text")
    return lambda: who.start("totp", replaces=issued.handle)


def _wrong(who: EngineUser) -> Run:
    issued = who.start("totp")
    return lambda: who.answer(issued, "000000")


def _right(who: EngineUser) -> Run:
    issued, code = who.start("totp"), app_code(who.enrolment("totp"), who.context.now)
    return lambda: who.answer(issued, code)


def _resend(who: EngineUser) -> Run:
    issued = who.start("text")
    Challenge.objects.filter(handle=issued.handle).update(resend_at=who.context.now)
    return lambda: who.resend(issued)


def _report(who: EngineUser) -> Run:
    issued = who.start("call")
    call = Message.objects.get(challenge__handle=issued.handle, kind=Channel.CALL)
    return lambda: challenges.keyed(call.handle, "0#", now=who.context.now)


def _draft(who: EngineUser) -> Run:
    def enrol(replaces: str = "") -> Any:
        more: dict[str, Any] = {"binding": "tab", "context": who.context, "rules": who.rules, "replaces": replaces}
        return challenges.enrol(who.user, "totp", {}, **more)

    former = enrol()
    return lambda: enrol(former.handle)


def _prove(who: EngineUser) -> Run:
    issued = challenges.enrol(who.user, "totp", {}, binding=BINDING, context=who.context, rules=who.rules)
    row = Challenge.objects.select_related("enrolment").get(handle=issued.handle).enrolment
    code = app_code(row, who.context.now)
    return lambda: who.answer(issued, code)


def _reset(who: EngineUser) -> Run:
    ends = who.context.now + timedelta(minutes=5)
    made = {"epoch": who.user.epoch, "made_at": who.context.now, "ends_at": ends}
    reset = PasswordReset.objects.create(user=who.user, **made)
    return lambda: password_resets.finish(reset, "a new one, and long", who.context)


def _settle() -> None:
    with transaction.atomic():
        remembered_browser_revocation.settle()


# What a person, their phone or a task does, as `prepare`, which gives what then runs beside the other.
STEPS: dict[str, Callable[[EngineUser], Run]] = {
    "another option": _again,
    "wrong code": _wrong,
    "right code": _right,
    "resend": _resend,
    "report by phone": _report,
    "draft": _draft,
    "prove a set-up": _prove,
    "reset link": _reset,
    "end app passwords": lambda who: lambda: app_passwords.revoke(who.user, who.context),
    "tell of browsers": lambda who: lambda: notices.notify_of_new_browsers(who.context.now),
    "seal": lambda who: lambda: audit.seal(who.context.now),
    "purge sessions": lambda who: SessionStore.clear_expired,
    "policy": lambda who: _settle,
}


def _remove(who: EngineUser, _actor: Actor) -> None:
    mine = Enrolment.objects.filter(user=who.user, method="totp", confirmed=True)
    found = mine.earliest("created_at", "pk")  # another one may have been verified a moment ago
    enrolments.remove(found, who.context, allowed=("totp", "text"), must_keep_one=False)


ACTIONS: dict[str, Callable[[EngineUser, Actor], object]] = {
    "clear settings": lambda who, actor: method_resets.clear_settings(who.user, actor, app_passwords_too=True),
    "phone lost": lambda who, actor: method_resets.phone_lost(who.user, actor),
    "reset device": lambda who, actor: method_resets.reset_device(who.user, actor, ref=who.enrolment("text").ref),
    "block": lambda who, actor: blocks_and_bypasses.block(who.user, actor),
    "unlock": lambda who, actor: blocks_and_bypasses.unlock(who.user, actor),
    "new password": lambda who, actor: blocks_and_bypasses.require_password(who.user, actor),
    "forget browsers": lambda who, actor: support_browsers.forget_browsers(who.user, actor),
    "end sign-ins": lambda who, actor: support_browsers.end_sessions(who.user, actor),
    "secure account": lambda who, _actor: secure_account.begin(who.user, who.context, about="x"),
    "recovery codes": lambda who, _actor: enrolments.issue_recovery_codes(
        who.user, who.context, method_name="recovery"
    ),
    "remove": _remove,
    "erase": lambda who, actor: erasure.erase(who.user, actor),
}


@pytest.fixture
def staff(settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Policy.objects.create(text_notices=True, caller_check=False)
    return User.objects.create_user("fay")


def _arrive() -> EngineUser:
    """Create a person with one of everything that can be ended."""
    Counter.objects.all().delete()
    Challenge.objects.all().delete()  # those of the former person, in the same session
    n = next(_number)
    user: Any = get_user_model().objects.create_user(username=f"ana{n}", email="ana@example.org", password="-")
    who = equip(EngineUser(user, Context(now=timezone.now(), network="192.0.2.7")), number=f"+4179555{n:04d}")
    Counter.objects.all().delete()
    who.user.refresh_from_db()
    for each in range(3):
        app_passwords.issue(who.user, who.context, name=f"laptop {each}", program="mail")
        browsers.remember(who.user, who.context, days=14, method="totp")
        Session.objects.create(
            ref=f"k{n}.{each}",
            session_key=f"k{n}.{each}",
            session_data="",
            expire_date=who.context.now - timedelta(days=1),
            user=who.user,
        )
    return who


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
    who = _arrive()
    run = STEPS[step](who)
    why = Actor(staff=staff, context=who.context, reason="asked to", ticket="1")

    def act() -> None:
        with transaction.atomic():
            row_locks.lock_person(who.user.pk)  # as every support action begins
            ACTIONS[action](who, why)

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
    who = _arrive()
    who.start("text")
    person, theirs = User.objects.filter(pk=who.user.pk), Challenge.objects.filter(user=who.user.pk)

    assert any(_at_once(partial(_lock, person, theirs), partial(_lock, theirs, person)) for _ in range(20))
