"""Tests that a session ends at the next request after its person's epoch, permissions or password changed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Session
from tests.simulated.people import Person, update_user

FAR = datetime(2051, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 2},
        {"is_active": False},
        {"blocked_until": FAR},
        {"second_step_locked_at": FAR},
        {"password": "argon2$another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_ends_a_session_whose_person_changed(cleo: Person, change: dict[str, Any]) -> None:
    cleo.sign_in()
    update_user(cleo, **change)

    page = cleo.browser.go("/")

    assert page.path == "/sign-in/"
    assert "session:ended" in page.outcomes
    assert not Session.objects.filter(user=cleo.user).exists()


def test_comes_back_to_the_page_that_was_asked_for(cleo: Person) -> None:
    cleo.sign_in()
    update_user(cleo, epoch=2)

    page = cleo.browser.go("/admin/")

    assert page.path == "/sign-in/"
    assert "next=" in page.query


def test_takes_no_action_from_a_session_that_is_over(cleo: Person) -> None:
    cleo.sign_in()
    update_user(cleo, epoch=2)

    assert cleo.browser.send("/sign-out/").path == "/sign-in/"


def test_opens_nothing_to_a_session_that_our_sign_in_did_not_make(cleo: Person) -> None:
    client = Client()
    client.force_login(cleo.user)

    assert client.get("/").status_code == 302
    assert client.get("/", follow=True).request["PATH_INFO"] == "/sign-in/"


def test_a_half_signed_in_session_is_worth_nothing(cleo: Person) -> None:
    cleo.give_password()

    assert cleo.browser.go("/").path == "/sign-in/"
    assert not Session.objects.filter(user=cleo.user).exists()
