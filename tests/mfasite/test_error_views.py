"""The pages for what went wrong: they need neither database nor session, and never show what failed."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from mfasite.urls import handler400, handler403, handler404, handler500
from mfasite.urls import urlpatterns as real

__all__ = ["handler400", "handler403", "handler404", "handler500"]

SECRET = "the code was 483920"


_FAULTS = {
    "500": ValueError,
    "503": OperationalError,
    "403": PermissionDenied,
    "400": SuspiciousOperation,
    "interrupted": SessionInterrupted,
}


@login_not_required
def fails(request: HttpRequest, how: str) -> HttpResponse:
    raise _FAULTS[how](SECRET)


urlpatterns = [path("fails/<how>/", fails), *real]


@pytest.fixture
def stranger(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("how", ["400", "403", "500", "503"])
def test_has_a_page_for(how: str, stranger: Client, settings: Settings) -> None:
    answer = stranger.get(f"/fails/{how}/")

    page = answer.content.decode()
    assert answer.status_code == int(how)
    assert settings.ORGANISATION_NAME in page
    assert settings.SUPPORT_NAME in page
    assert SECRET not in page


def test_tells_that_the_session_ended_meanwhile(stranger: Client) -> None:
    """Seen failing: the page said that the request couldn't be read."""
    answer = stranger.get("/fails/interrupted/")

    assert answer.status_code == 400
    assert 'data-outcome="session:interrupted"' in answer.content.decode()


def test_tries_again_what_was_asked_while_the_database_was_away(stranger: Client) -> None:
    """Seen failing with a button that led to the start page: an application's request was lost."""
    page = stranger.get("/fails/503/?client_id=wiki").content.decode()

    assert '<a class="button" href="">' in page


def test_has_a_page_for_an_address_that_leads_nowhere(stranger: Client) -> None:
    answer = stranger.get("/nowhere/")

    assert answer.status_code == 404
    assert "Example Organisation" in answer.content.decode()


def test_refuses_a_host_that_is_not_ours(stranger: Client) -> None:
    assert stranger.get("/sign-in/", headers={"host": "evil.example"}).status_code == 400


def test_tells_what_to_do_when_a_form_came_from_elsewhere(settings: Settings) -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "ana", "password": "x"})

    assert answer.status_code == 403
    assert "Example Organisation" in answer.content.decode()
