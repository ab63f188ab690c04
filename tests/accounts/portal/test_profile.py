"""Tests of the page for a person's language and time zone."""

import pytest
from pytest_django import Settings

from accounts.models import User
from tests.simulated.people import Clock, Person


@pytest.fixture(autouse=True)
def _two_languages(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]


def _kept(person: Person) -> tuple[str, str]:
    user = User.objects.get(pk=person.user.pk)
    return user.language, user.time_zone


def test_keeps_language_and_time_zone(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/profile/")

    page = ana.browser.press("Save", language="en", time_zone="Asia/Kathmandu")

    assert (page.path, "portal:saved" in page.outcomes) == ("/profile/", True)
    assert _kept(ana) == ("en", "Asia/Kathmandu")
    assert page.form("Save")[0].fields["time_zone"] == "Asia/Kathmandu"
    assert "13:4" in ana.browser.go("/")


def test_takes_both_away_again(ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(language="en", time_zone="UTC")
    ana.sign_in(to="/sign-in/?next=/profile/")

    ana.browser.press("Save", language="", time_zone="")

    assert _kept(ana) == ("", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"language": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"language": "en" * 40},
        {"time_zone": "Europe/Zürich"},
    ],
)
def test_refuses_what_is_none_beside_its_field(ana: Person, fields: dict[str, str]) -> None:
    ana.sign_in(to="/sign-in/?next=/profile/")

    page = ana.browser.send("/profile/", **fields)

    assert page.status == 200
    assert page.refused_fields == set(fields)
    assert _kept(ana) == ("", "")


def test_changes_nothing_else_of_the_person(ana: Person) -> None:
    ana.sign_in()
    before = dict(User.objects.filter(pk=ana.user.pk).values().get())

    ana.browser.send(
        "/profile/", language="en", time_zone="UTC", is_staff="on", email="eve@example.org", username="eve"
    )

    after = dict(User.objects.filter(pk=ana.user.pk).values().get())
    assert {name for name, value in before.items() if value != after[name]} == {"language", "time_zone"}


def test_needs_no_fresh_proof(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=11)

    assert "portal:saved" in ana.browser.send("/profile/", language="", time_zone="UTC").outcomes
    assert _kept(ana) == ("", "UTC")


def test_zones_of_the_machine_are_not_offered(ana: Person) -> None:
    """Seen: the list read hundreds of files for each page, and included files that are not places."""
    html = ana.sign_in(to="/sign-in/?next=/profile/").html

    assert 'value="Europe/Zurich"' in html
    for odd in ("localtime", "posix/", "Factory", "right/"):
        assert f'value="{odd}' not in html


def test_offers_no_language_where_there_is_one_only(ana: Person, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English")]
    ana.sign_in(to="/sign-in/?next=/profile/")

    assert "language" not in ana.page.form("Save")[0].names()
    ana.browser.press("Save", time_zone="Asia/Kathmandu")
    assert _kept(ana) == ("", "Asia/Kathmandu")
