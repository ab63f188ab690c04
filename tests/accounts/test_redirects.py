"""Tests of the page after sign-in: always on this site, whatever the URL says, and never lost on the way."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accounts import redirects
from tests.simulated.people import PASSWORD, Clock, Person
from verification.models import AuditEvent, Challenge, ChallengeState

ODD = [
    "nowhere",
    "portal:home",
    "signin:password",
    "index",
    "methods/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\n//evil.example",
    "/\uff0fevil.example",
    "\uff0f\uff0fevil.example",
    "https://evil.example/",
    "http://testserver/methods/",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:///evil.example",
    "//[evil",
    "/methods/\r\nSet-Cookie: a=b",
    "/methods/\x00",
    "/methods/\x7f",
    "/methods/\u202e",
    "/" + "a" * 10_000,
    "a" * 10_000,
    "/" + "é" * 3_000,
    "",
    " ",
    ".",
    "..",
    "./methods/",
    "%2F%2Fevil.example",
    "None",
]


@pytest.mark.parametrize("text", ODD)
def test_takes_nothing_but_a_path_of_this_site(text: str) -> None:
    assert redirects.safe(text) == ""
    assert redirects.go_on(text)["Location"] == "/"


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/methods/",
        "/admin/accounts/user/?q=a%20b&p=2",
        "/help/no-text/#calls",
        "/methods/é/",
        "/%2F%2Fevil",
        "/?q=" + "a" * 3_000,
    ],
)
def test_takes_a_path(text: str) -> None:
    assert redirects.safe(text) == text


def test_lone_surrogate_is_no_path() -> None:
    assert redirects.safe("/methods/\ud800") == ""


@pytest.mark.parametrize("text", ODD)
def test_odd_page_to_go_on_to_costs_no_code(ana: Person, text: str) -> None:
    ana.browser.go("/sign-in/")
    begun = ana.browser.send("/sign-in/", username="ana", password=PASSWORD, next=text)
    if "\0" in text:
        assert (begun.status, Challenge.objects.exists()) == (400, False)  # refused at the door, before anything began
        return
    ana.choose("Authenticator app")

    page = ana.verify(ana.read_app())

    assert (page.status, page.path) == (200, "/")
    assert AuditEvent.objects.filter(kind="sign_in.completed").count() == 1


@pytest.mark.parametrize("text", ODD)
def test_odd_page_is_no_error_when_signed_in(ana: Person, text: str) -> None:
    ana.sign_in()

    there = ana.browser.client.get("/sign-in/", {"next": text})
    again = ana.browser.client.get("/sign-in/again/", {"next": text})

    is_refused = "\0" in text or len(urlencode({"next": text})) > 8_000  # at the door
    assert (there.status_code, again.status_code) == ((400, 400) if is_refused else (302, 200))
    assert there.headers.get("Location", "/") == "/"


def test_odd_page_is_no_error_in_a_fresh_proof(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=20)
    ana.browser.go("/sign-in/again/?next=nowhere")
    ana.browser.press("Authenticator app")

    assert ana.browser.press("Verify", code=ana.read_app()).path == "/"
    assert not Challenge.objects.filter(state=ChallengeState.OPEN, enrolment__method="totp").exists()


def test_is_kept_when_a_sign_in_is_given_up(ana: Person) -> None:
    ana.give_password(to="/sign-in/?next=/methods/")
    ana.browser.press("Cancel")

    assert ana.page.path == "/sign-in/"
    assert ana.sign_in(to=f"/sign-in/?{ana.page.query}").path == "/methods/"


def test_is_kept_when_the_time_is_over(ana: Person, clock: Clock) -> None:
    ana.give_password(to="/sign-in/?next=/methods/")
    clock.forward(minutes=11)
    page = ana.verify("123456")

    assert page.path == "/sign-in/"
    assert "sign_in:ended" in page.outcomes
    assert ana.sign_in(to=f"/sign-in/?{page.query}").path == "/methods/"


def test_is_kept_by_every_step_of_a_registration(ben: Person) -> None:
    ben.give_password(to="/sign-in/?next=/browsers/")
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())
    ben.browser.go("/sign-in/register/codes/")

    assert ben.browser.press("Not now").path == "/browsers/"


def test_is_kept_when_a_registration_is_given_up(ben: Person) -> None:
    ben.give_password(to="/sign-in/?next=/browsers/")

    assert ben.browser.press("Cancel").query == "next=%2Fbrowsers%2F"


def test_is_kept_when_a_fresh_proof_takes_too_long(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=20)
    ana.browser.go("/methods/add/")
    ana.browser.press("Authenticator app")
    clock.forward(minutes=11)
    page = ana.verify("123456")

    assert (page.path, page.query) == ("/sign-in/again/", "next=%2Fmethods%2Fadd%2F")
    assert "sign_in:ended" in page.outcomes


def test_is_kept_when_the_account_is_blocked(ana: Person) -> None:
    ana.user.blocked_until = timezone.now() + timedelta(days=1)
    ana.user.save(update_fields=["blocked_until"])
    page = ana.give_password(to="/sign-in/?next=/methods/")

    assert page.status == 403
    assert "/sign-in/?next=%2Fmethods%2F" in [href for _label, href in page.links]


def test_is_kept_when_support_ends_the_sign_in(ana: Person) -> None:
    ana.give_password(to="/sign-in/?next=/methods/")
    ana.user.epoch += 1
    ana.user.save(update_fields=["epoch"])

    page = ana.browser.go("/sign-in/verify/")

    assert (page.path, page.query) == ("/sign-in/", "next=%2Fmethods%2F")


def test_is_kept_where_a_new_password_must_be_chosen(ana: Person) -> None:
    ana.user.must_change_password = True
    ana.user.save(update_fields=["must_change_password"])
    page = ana.sign_in(to="/sign-in/?next=/browsers/")
    assert page.path == "/password/"

    page = ana.browser.press("Change", password=PASSWORD, new_password="a green lamp on tuesday")

    assert page.path == "/browsers/"


def test_is_kept_by_signing_out_to_sign_in_again(ana: Person) -> None:
    ana.sign_in()
    page = ana.browser.go("/sign-out/?next=/methods/")
    form = next(form for form in page.forms if "next" in form.fields)

    assert ana.browser.send("/sign-out/", **form.fields).query == "signed-out=1&next=%2Fmethods%2F"


BUTTONS = [
    ("/browsers/forget/", "/browsers/"),
    ("/browsers/x/forget/", "/browsers/"),
    ("/browsers/sign-out-everywhere/", "/browsers/"),
    ("/browsers/sessions/x/end/", "/browsers/"),
    ("/methods/x/try/", "/methods/"),
    ("/methods/x/usual/", "/methods/"),
    ("/activity/secured/", "/activity/secure/"),
]


@pytest.mark.parametrize(("button", "page"), BUTTONS)
def test_button_pressed_when_signed_out_leads_to_its_page(ana: Person, button: str, page: str) -> None:
    ana.browser.go("/sign-in/")
    ana.browser.send(button)
    assert ana.page.path == "/sign-in/"

    shown = ana.sign_in(to=f"/sign-in/?{ana.page.query}")

    assert (shown.status, shown.path) == (200, page)
    assert "page:undone" in shown.outcomes


def test_form_sent_when_signed_out_says_that_nothing_was_done(ana: Person) -> None:
    ana.browser.go("/sign-in/")
    page = ana.browser.send("/profile/", language="en")

    assert "sign_in:undone" in page.outcomes
    assert "page:undone" in ana.sign_in(to=f"/sign-in/?{ana.page.query}").outcomes


def test_page_opened_when_signed_out_says_nothing_of_that(ana: Person) -> None:
    page = ana.browser.go("/profile/")

    assert "sign_in:undone" not in page.outcomes
    assert "page:undone" not in ana.sign_in(to=f"/sign-in/?{page.query}").outcomes
