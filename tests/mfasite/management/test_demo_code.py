"""Tests of the command that prints the code of an authenticator app."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from verification import enrolments, method_registry
from verification.method_base import ChallengeData
from verification.models import Enrolment
from verification.outcomes import Verdict

pytestmark = pytest.mark.django_db


def make_cleo(name: str = "cleo") -> Enrolment:
    user = get_user_model().objects.create_user(username=name, password=None)
    draft = enrolments.draft(user, method_registry.method("totp"), {})
    enrolments.confirm(draft, now=timezone.now())
    draft.refresh_from_db()
    return draft


def code(name: str) -> str:
    out = StringIO()
    call_command("demo_code", name, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def judge(enrolment: Enrolment, answer: str, *, counter: int = -1, later: int = 0) -> Verdict:
    ask = ChallengeData(
        reference="",
        mode="",
        now=timezone.now() + timedelta(seconds=later),
        code="",
        match_code="",
        secret=enrolment.secret,
        counter=counter,
    )
    return method_registry.method("totp").check(ask, answer).verdict


def test_prints_the_code_that_the_method_accepts() -> None:
    enrolment = make_cleo()

    with time_machine.travel("2026-11-24T12:00:10Z", tick=False):
        assert judge(enrolment, code("cleo")) is Verdict.PROVEN


def test_prints_the_next_code_when_the_present_one_was_used() -> None:
    enrolment = make_cleo()
    with time_machine.travel("2026-11-24T12:00:10Z", tick=False):
        used = int(timezone.now().timestamp()) // 30
        Enrolment.objects.filter(pk=enrolment.pk).update(counter=used)

        assert judge(enrolment, code("cleo"), counter=used, later=20) is Verdict.PROVEN


def test_takes_no_other_secret_for_an_apps() -> None:
    app = make_cleo()
    other = Enrolment(user=app.user, method="passkey", confirmed=True, created_at=app.created_at - timedelta(days=1))
    other.secret = b"a public key"
    other.save()

    with time_machine.travel("2026-11-24T12:00:10Z", tick=False):
        assert judge(app, code("cleo")) is Verdict.PROVEN


def test_tells_when_there_is_no_app() -> None:
    get_user_model().objects.create_user(username="ben", password=None)

    with pytest.raises(CommandError, match=r"^ben "):
        code("ben")


def test_prints_nothing_outside_the_demo(settings: Settings, tmp_path: Path) -> None:
    make_cleo()
    settings.DEMO = False

    with pytest.raises(CommandError, match="demo only"):
        code("cleo")
