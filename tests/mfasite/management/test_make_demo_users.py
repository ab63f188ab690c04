"""Tests of the command that creates the users and the policy of the demo."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from pytest_django import Settings

from mfasite.demo import users_and_password
from verification.models import Enrolment, Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def _made(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_DIR = tmp_path
    call_command("make_demo_users")


def methods_of(name: str) -> set[str]:
    return set(Enrolment.objects.filter(user__username=name, confirmed=True).values_list("method", flat=True))


@pytest.mark.usefixtures("_made")
def test_gives_each_person_what_the_story_says() -> None:
    assert {person.name: methods_of(person.name) for person in users_and_password.DEMO_USERS} == {
        "ana": {"text", "call", "totp", "recovery"},
        "ben": set(),
        "cleo": {"totp"},
        "dev": {"totp", "recovery"},
        "fay": {"totp", "recovery"},
        "opal": {"totp", "recovery"},
    }


@pytest.mark.usefixtures("_made")
def test_lets_everybody_in_with_the_printed_password() -> None:
    for person in users_and_password.DEMO_USERS:
        assert get_user_model().objects.get(username=person.name).check_password(users_and_password.PASSWORD)


@pytest.mark.usefixtures("_made")
def test_asks_ben_to_register_and_makes_fay_the_administrator() -> None:
    people = get_user_model().objects

    assert people.get(username="ben").second_step == "enabled"
    assert people.get(username="fay").is_superuser
    assert not people.get(username="dev").is_superuser


@pytest.mark.usefixtures("_made")
def test_leaves_existing_people_as_they_are(tmp_path: Path) -> None:
    before = list(Enrolment.objects.order_by("pk").values())
    written = (tmp_path / "recovery-codes").read_text()

    call_command("make_demo_users")

    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert (tmp_path / "recovery-codes").read_text() == written
    assert Policy.objects.filter(group=None).count() == 1


@pytest.mark.usefixtures("_made")
def test_writes_down_ten_recovery_codes_for_ana(tmp_path: Path) -> None:
    lines = dict(line.split(": ") for line in (tmp_path / "recovery-codes").read_text().splitlines())

    assert len(lines["ana"].split()) == 10


def test_is_for_the_demo_only(settings: Settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="demo only"):
        call_command("make_demo_users")
