"""Tests of the system check that refuses the virtual phone where real people sign in."""

from pytest_django import Settings

from verification.delivery.providers.virtual import checks


def test_is_silent_in_the_demo(settings: Settings) -> None:
    settings.DEMO = True

    assert checks.only_in_the_demo(None) == []


def test_refuses_production(settings: Settings) -> None:
    settings.DEMO = False

    assert [error.id for error in checks.only_in_the_demo(None)] == ["virtual.E001"]
