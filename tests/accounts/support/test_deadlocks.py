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
from accounts.portal import this_wasnt_me_effects
from accounts.sessions.session_store import SessionStore
from accounts.support.actions import Actor, Unneeded, blocks_and_bypasses, erasure, method_resets
from accounts.support.actions import browsers_and_sessions as support_browsers
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


def _again(engine_user: EngineUser) -> Run:
    issued = engine_user.start("text")
    return lambda: engine_user.start("totp", replaces=issued.handle)


def _wrong(engine_user: EngineUser) -> Run:
    issued = engine_user.start("totp")
    return lambda: engine_user.answer(issued, "000000")


def _right(engine_user: EngineUser) -> Run:
    issued, code = engine_user.start("totp"), app_code(engine_user.enrolment("totp"), engine_user.context.now)
    return lambda: engine_user.answer(issued, code)


def _recovery_code(engine_user: EngineUser) -> Run:
    """A sign-in: it writes the person's last sign-in in the transaction that uses up the code."""
    code, *_others = enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")
    issued = engine_user.start("recovery")

    def note(person: Any, _enrolment: Enrolment) -> None:
        User.objects.filter(pk=person.pk).update(last_login=engine_user.context.now)

    alongside = challenges.Alongside(first=note, then=lambda _outcome: False, undo=lambda: None)
    given: dict[str, Any] = {"binding": BINDING, "context": engine_user.context, "alongside": alongside}
    return lambda: challenges.answer(issued.handle, code, **given)


def _resend(engine_user: EngineUser) -> Run:
    issued = engine_user.start("text")
    Challenge.objects.filter(handle=issued.handle).update(resend_at=engine_user.context.now)
    return lambda: engine_user.resend(issued)


def _report(engine_user: EngineUser) -> Run:
    issued = engine_user.start("call")
    call = Message.objects.get(challenge__handle=issued.handle, kind=Channel.CALL)
    return lambda: challenges.keyed(call.handle, "0#", now=engine_user.context.now)


def _draft(engine_user: EngineUser) -> Run:
    def enrol(replaces: str = "") -> Any:
        more: dict[str, Any] = {
            "binding": "tab",
            "context": engine_user.context,
            "rules": engine_user.rules,
            "replaces": replaces,
        }
        return challenges.enrol(engine_user.user, "totp", {}, **more)

    former = enrol()
    return lambda: enrol(former.handle)


def _prove(engine_user: EngineUser) -> Run:
    issued = challenges.enrol(
        engine_user.user, "totp", {}, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )
    row = Challenge.objects.select_related("enrolment").get(handle=issued.handle).enrolment
    code = app_code(row, engine_user.context.now)
    return lambda: engine_user.answer(issued, code)


def _reset(engine_user: EngineUser) -> Run:
    ends = engine_user.context.now + timedelta(minutes=5)
    made = {"epoch": engine_user.user.epoch, "made_at": engine_user.context.now, "ends_at": ends}
    reset = PasswordReset.objects.create(user=engine_user.user, **made)
    return lambda: password_resets.finish(reset, "a new one, and long", engine_user.context)


def _settle() -> None:
    with transaction.atomic():
        remembered_browser_revocation.settle()


# What a person, their phone or a task does, as `prepare`, which gives what then runs beside the other.
STEPS: dict[str, Callable[[EngineUser], Run]] = {
    "another option": _again,
    "wrong code": _wrong,
    "right code": _right,
    "recovery code": _recovery_code,
    "resend": _resend,
    "report by phone": _report,
    "draft": _draft,
    "prove a set-up": _prove,
    "reset link": _reset,
    "end app passwords": lambda engine_user: lambda: app_passwords.revoke(engine_user.user, engine_user.context),
    "tell of browsers": lambda engine_user: lambda: notices.notify_of_new_browsers(engine_user.context.now),
    "seal": lambda engine_user: lambda: audit.seal(engine_user.context.now),
    "purge sessions": lambda engine_user: SessionStore.clear_expired,
    "policy": lambda engine_user: _settle,
}


def _remove(engine_user: EngineUser, _actor: Actor) -> None:
    mine = Enrolment.objects.filter(user=engine_user.user, method="totp", confirmed=True)
    found = mine.earliest("created_at", "pk")  # another one may have been verified a moment ago
    enrolments.remove(found, engine_user.context, allowed=("totp", "text"), one_must_stay=False)


ACTIONS: dict[str, Callable[[EngineUser, Actor], object]] = {
    "clear settings": lambda engine_user, actor: method_resets.clear_settings(
        engine_user.user, actor, app_passwords_too=True
    ),
    "phone lost": lambda engine_user, actor: method_resets.phone_lost(engine_user.user, actor),
    "reset device": lambda engine_user, actor: method_resets.reset_device(
        engine_user.user, actor, ref=engine_user.enrolment("text").ref
    ),
    "block": lambda engine_user, actor: blocks_and_bypasses.block(engine_user.user, actor),
    "unlock": lambda engine_user, actor: blocks_and_bypasses.unlock(engine_user.user, actor),
    "new password": lambda engine_user, actor: blocks_and_bypasses.require_password(engine_user.user, actor),
    "forget browsers": lambda engine_user, actor: support_browsers.forget_browsers(engine_user.user, actor),
    "end sign-ins": lambda engine_user, actor: support_browsers.end_sessions(engine_user.user, actor),
    "secure account": lambda engine_user, _actor: this_wasnt_me_effects.begin(
        engine_user.user, engine_user.context, about="x"
    ),
    "recovery codes": lambda engine_user, _actor: enrolments.issue_recovery_codes(
        engine_user.user, engine_user.context, method_name="recovery"
    ),
    "remove": _remove,
    "erase": lambda engine_user, actor: erasure.erase(engine_user.user, actor),
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
    engine_user = equip(EngineUser(user, Context(now=timezone.now(), network="192.0.2.7")), number=f"+4179555{n:04d}")
    Counter.objects.all().delete()
    engine_user.user.refresh_from_db()
    for each in range(3):
        app_passwords.issue(engine_user.user, engine_user.context, name=f"laptop {each}", program="mail")
        browsers.remember(engine_user.user, engine_user.context, days=14, method="totp")
        Session.objects.create(
            ref=f"k{n}.{each}",
            session_key=f"k{n}.{each}",
            session_data="",
            expire_date=engine_user.context.now - timedelta(days=1),
            user=engine_user.user,
        )
    return engine_user


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
    engine_user = _arrive()
    run = STEPS[step](engine_user)
    why = Actor(staff=staff, context=engine_user.context, reason="asked to", ticket="1")

    def act() -> None:
        with transaction.atomic():
            row_locks.lock_person(engine_user.user.pk)  # as every support action begins
            ACTIONS[action](engine_user, why)

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
    engine_user = _arrive()
    engine_user.start("text")
    person, theirs = User.objects.filter(pk=engine_user.user.pk), Challenge.objects.filter(user=engine_user.user.pk)

    assert any(_at_once(partial(_lock, person, theirs), partial(_lock, theirs, person)) for _ in range(20))
