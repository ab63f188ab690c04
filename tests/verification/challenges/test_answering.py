"""Tests of answers to a challenge: how they are read, and in which session, for what and how long they count."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from tests.verification.conftest import BINDING, EngineUser, equip
from verification import challenges, enrolments, method_registry
from verification.method_base import Draft
from verification.models import (
    Enrolment,
    Failure,
    Purpose,
)
from verification.outcomes import Verdict


def test_takes_spaces_dashes_and_wide_digits(ana: EngineUser) -> None:
    issued = ana.start("text")
    code = ana.code(issued)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code[:3])

    assert ana.answer(issued, f" {wide}-{code[3:]} ").proven


def test_looks_for_a_code_at_the_beginning_of_a_long_text_only(ana: EngineUser) -> None:
    """Seen failing: a text of 16,384 signs that each become 18 took a second of CPU, and cost no try."""
    issued = ana.start("text")
    code = ana.code(issued)

    assert ana.answer(issued, f"{'so ' * 400}{code}").verdict is Verdict.MISREAD
    assert ana.answer(issued, f"{'so ' * 100}{code}").proven


def test_refuses_the_code_of_another_session(ana: EngineUser) -> None:
    theirs = ana.start("text", binding="theirs")
    mine = ana.start("text")

    assert ana.answer(mine, ana.code(theirs)).verdict is Verdict.REPLACED
    assert ana.answer(theirs, ana.code(theirs)).verdict is Verdict.GONE


def test_code_is_refused_for_another_purpose(ana: EngineUser) -> None:
    issued = ana.start("text", purpose=Purpose.SELF_TEST)
    wanted = ana.start("text", purpose=Purpose.SIGN_IN)

    assert ana.answer(wanted, ana.code(issued)).verdict is Verdict.WRONG


def test_refuses_an_older_code_and_takes_no_try(ana: EngineUser) -> None:
    issued = ana.start("text")
    older = ana.code(issued)
    later = ana.later(seconds=31)
    later.resend(issued)

    outcome = later.answer(issued, older)

    assert (outcome.verdict, outcome.tries_left) == (Verdict.REPLACED, 5)
    assert later.answer(issued, later.code(issued)).proven


def test_older_code_of_a_long_request_takes_no_try(ana: EngineUser) -> None:
    """A request that is sent again after its end lives on, however long ago it began."""
    issued = ana.start("text", purpose=Purpose.FRESH)
    first = ana.later(minutes=21)
    first.resend(issued)
    older = first.code(issued)
    later = first.later(seconds=31)
    later.resend(issued)

    outcome = later.answer(issued, older)

    assert (outcome.verdict, outcome.tries_left) == (Verdict.REPLACED, 5)


def test_older_code_locks_no_method(ana: EngineUser) -> None:
    """After 29 incorrect ones it did, and nobody was told."""
    issued = ana.start("text")
    older = ana.code(issued)
    later = ana.later(seconds=31)
    later.resend(issued)
    Failure.objects.create(user=ana.user, method="text", consecutive=29, next_at=later.context.now)

    assert later.answer(issued, older).verdict is Verdict.REPLACED
    assert later.answer(issued, later.code(issued)).proven


def test_refuses_the_code_of_a_replaced_option_and_takes_no_try(ana: EngineUser) -> None:
    text = ana.start("text")
    call = ana.start("call", mode="code", replaces=text.handle)

    outcome = ana.answer(call, ana.code(text))

    assert (outcome.verdict, outcome.tries_left) == (Verdict.REPLACED, 5)


def test_older_code_of_another_session_takes_no_try(ana: EngineUser) -> None:
    """After Back or Cancel, the password again and a second text, people type the first code."""
    older = ana.start("text", binding="before the password was typed again")
    later = ana.later(minutes=9)
    issued = later.start("text")

    outcome = later.answer(issued, later.code(older))

    assert (outcome.verdict, outcome.tries_left) == (Verdict.REPLACED, 5)
    assert later.answer(issued, later.code(issued)).proven


def test_older_request_ends_when_its_code_is_told_from_a_wrong_one(ana: EngineUser) -> None:
    """Else one free guess would tell of all open requests of a person whether it opens one of them."""
    older = ana.start("text", binding="theirs")
    issued = ana.start("text")

    ana.answer(issued, ana.code(older))

    assert ana.answer(older, ana.code(older), binding="theirs").verdict is Verdict.REPLACED


@pytest.mark.parametrize("is_one_session", [False, True])
def test_nobody_goes_back_to_a_request_whose_code_was_told(ana: EngineUser, is_one_session: bool) -> None:
    """A guess at many open requests, or at two options of one, cost nothing and was then typed where it was right."""
    theirs = BINDING if is_one_session else "theirs"
    older = ana.start("text", binding=theirs)
    code = ana.code(older)
    newer = ana.start("call", mode="code", replaces=older.handle if is_one_session else "")
    assert ana.answer(newer, code).verdict is Verdict.REPLACED

    former = newer if is_one_session else older
    again = ana.start("text", binding=theirs, replaces=former.handle)

    assert again.handle != older.handle
    assert not ana.answer(older, code, binding=theirs).proven
    assert not ana.answer(again, code, binding=theirs).proven


def test_newer_code_is_wrong_for_an_older_request(ana: EngineUser) -> None:
    older = ana.start("text", binding="theirs")
    newer = ana.start("text")

    outcome = ana.answer(older, ana.code(newer), binding="theirs")

    assert (outcome.verdict, outcome.tries_left) == (Verdict.WRONG, 4)
    assert ana.answer(newer, ana.code(newer)).proven


def test_code_of_eleven_minutes_ago_is_wrong(ana: EngineUser) -> None:
    older = ana.start("text", binding="theirs")
    later = ana.later(minutes=11)

    assert later.answer(later.start("text"), later.code(older)).verdict is Verdict.WRONG


def test_older_code_of_somebody_else_is_wrong(ana: EngineUser) -> None:
    user = get_user_model().objects.create_user(username="eve", password="not used here")
    eve = equip(EngineUser(user, ana.context), number="079 555 12 35")
    theirs = eve.start("text", binding="theirs")

    outcome = ana.answer(ana.start("text"), eve.code(theirs))

    assert (outcome.verdict, outcome.tries_left) == (Verdict.WRONG, 4)


@pytest.mark.django_db(transaction=True)
def test_key_that_is_removed_at_the_same_time_is_refused(
    engine_user: EngineUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer ended in an error page: the challenge should have named an enrolment that was gone."""
    with transaction.atomic():
        for key in ("QUFBQQ", "QkJCQg"):
            draft = enrolments.draft(engine_user.user, method_registry.method("passkey"), {"name": key})
            enrolments.confirm(draft, now=engine_user.context.now, draft=Draft(address=key, secret=b"s" * 20))
    kept, removed = Enrolment.objects.filter(user=engine_user.user).order_by("pk")
    monkeypatch.setattr(
        enrolments, "of_address", lambda *_, **__: Enrolment.objects.filter(pk=removed.pk).delete() and removed
    )
    issued = challenges.start(
        kept,
        user=engine_user.user,
        purpose=Purpose.SIGN_IN,
        binding=BINDING,
        context=engine_user.context,
        rules=engine_user.rules,
    )

    outcome = engine_user.answer(issued, json.dumps({"id": "QkJCQg"}))

    assert outcome.verdict is Verdict.WRONG
