"""Tests of the headers that every response carries."""

import pytest
from django.test import Client
from pytest_django import Settings

from mfasite.demo import provider_pages

PAGES = ["/healthz", "/sign-in/", "/nowhere/"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_is_kept_by_no_cache(client: Client, page: str) -> None:
    assert "no-store" in client.get(page).headers["Cache-Control"]


def test_lets_the_organisations_colours_be_kept(client: Client) -> None:
    assert "public" in client.get("/theme.css").headers["Cache-Control"]


def test_switches_sensors_off(client: Client) -> None:
    assert "camera=()" in client.get("/healthz").headers["Permissions-Policy"]


def test_mounts_no_phone_outside_the_demo(settings: Settings) -> None:
    assert provider_pages.phone_url() == "/phone/"

    settings.DEMO = False

    assert provider_pages.pages() == ()
