"""The pages of the password: where they lead, and to whom they are open."""

import pytest

from tests.people import Clock, Person


def test_leads_home_after_the_change(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/password/")

    page = ana.browser.press("Change it", password="blue-lamp-on-monday", new_password="seven green bicycles")

    assert page.path == "/"


def test_leads_back_into_the_securing(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/activity/not-me/")
    ana.browser.press("Make it safe now")
    ana.browser.follow("Change your password")

    page = ana.browser.press("Change it", password="blue-lamp-on-monday", new_password="seven green bicycles")

    assert page.path == "/activity/secure/"
    assert "Done: your password is new." in page


def test_fields_tell_password_managers_which_is_which(ana: Person) -> None:
    html = ana.sign_in(to="/sign-in/?next=/password/").html

    assert 'autocomplete="current-password"' in html
    assert 'autocomplete="new-password"' in html


def test_stranger_is_led_to_the_sign_in(ana: Person) -> None:
    assert ana.browser.go("/password/").path == "/sign-in/"


def test_signed_in_person_may_ask_for_a_link_too(ana: Person, clock: Clock) -> None:
    ana.sign_in()

    assert ana.browser.go("/password-reset/").offers("Mail me the link")


def test_form_names_the_account_to_password_managers(ana: Person) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/")

    assert next(form.fields["username"] for form in page.forms if "new_password" in form.names()) == "ana"
    assert 'autocomplete="username" readonly' in page.html


@pytest.mark.parametrize("path", ["/sign-in/", "/password/"])
def test_password_can_be_shown(ana: Person, path: str) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/") if path == "/password/" else ana.browser.go(path)

    assert 'data-reveal="id_password"' in page.html
