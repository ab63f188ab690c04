"""Tests of the way to an application and back: asked for what is missing, told why, and never in a circle."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from accounts import access
from accounts.access import AccessReason, application_refusal_words, step_up_words, stepping_up
from accounts.models import Application, User
from accounts.sessions.session_store import SessionStore
from accounts.signin import verifying_again
from tests.simulated.people import OPTIONS, PASSWORD, Clock, Person, hire, join
from verification import enrolments
from verification.models import Challenge, Policy
from verification.models.second_step_states import SecondStep

MINUTE = timedelta(minutes=1)


@login_not_required
def wiki_page(request: HttpRequest) -> HttpResponse:
    """Stand in for an integration: it decides, and sends on or tells what the application would get."""
    application = Application.objects.get(slug="wiki")
    wanted = access.RequestedVerification(
        strengths=tuple(request.GET.getlist("acr")),
        is_essential="essential" in request.GET,
        max_age=timedelta(seconds=int(request.GET["max_age"])) if "max_age" in request.GET else None,
    )
    answer = access.of_request(request, application, wanted=wanted)
    if answer.is_granted:
        return JsonResponse({"acr": answer.acr, "amr": answer.amr})
    return access.step_up(request, answer, application=application, next_url=request.get_full_path())


urlpatterns = [path("wiki/", wiki_page), path("", include("mfasite.urls"))]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC)


def _title(reason: AccessReason) -> str:
    """Return what a page says first about a refusal of the wiki."""
    return application_refusal_words.refusal(reason, "Wiki")[0]


def _need(application: Application, **fields: Any) -> None:
    Application.objects.filter(pk=application.pk).update(**fields)


def test_signs_in_and_goes_on_to_the_application(ana: Person, wiki: Application) -> None:
    page = ana.browser.go("/wiki/")
    assert (page.path, step_up_words.why(AccessReason.SIGNED_OUT, "Wiki") in page) == ("/sign-in/", True)

    ana.browser.press("Sign in", username="ana", password=PASSWORD)
    page = ana.verify(ana.read_text())

    assert (page.path, '"acr": "https://refeds.org/profile/mfa"' in page.html) == ("/wiki/", True)


def test_asks_at_once_for_a_method_that_is_enough(ana: Person, wiki: Application) -> None:
    """The text is the default, but the application accepts none: the app is asked, and the text not even offered."""
    _need(wiki, strength="no-phone")
    ana.browser.go("/wiki/")

    page = ana.browser.press("Sign in", username="ana", password=PASSWORD)

    assert "your app" in page
    assert not page.leads_to(OPTIONS)
    assert "Text message" not in ana.browser.go("/sign-in/options/")
    ana.browser.go("/sign-in/verify/")
    assert ana.verify(ana.read_app()).path == "/wiki/"


def test_session_that_is_too_weak_is_asked_for_what_is_enough(ana: Person, wiki: Application) -> None:
    ana.give_password()
    ana.verify(ana.read_text())
    _need(wiki, strength="no-phone")

    page = ana.browser.go("/wiki/")

    assert page.path == "/sign-in/again/"
    assert step_up_words.why(AccessReason.TOO_WEAK, "Wiki") in page
    assert "/help/application-asks-again/" in page.html
    assert (page.offers("Authenticator app"), "Text message" in page) == (True, False)
    former = ana.browser.session_key
    ana.browser.press("Authenticator app")
    page = ana.verify(ana.read_app())
    assert (page.path, '["pwd", "sms", "otp", "mfa"]' in page.html) == ("/wiki/", True)
    assert ana.browser.session_key != former


def test_another_method_cannot_be_chosen_by_hand(ana: Person, wiki: Application) -> None:
    """The limit is in the signed parameter and in the state of the verification, not only in the page."""
    ana.give_password()
    ana.verify(ana.read_text())
    _need(wiki, strength="no-phone")
    ana.browser.go("/wiki/")
    ana.browser.press("Authenticator app")
    text = ana.enrolment("text").ref

    page = ana.browser.send("/sign-in/options/", option=text)

    assert (page.path, "Text message" in page) == ("/sign-in/options/", False)


def test_a_trusted_network_widens_no_choice(ana: Person, wiki: Application) -> None:
    """Seen failing: the page of other options listed all, and a text was accepted but was not enough."""
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.give_password()
    _need(wiki, strength="no-phone")
    ana.browser.go("/wiki/")
    ana.browser.press("Authenticator app")

    page = ana.browser.go("/sign-in/options/")

    assert (page.path, "Text message" in page) == ("/sign-in/options/", False)


def test_anyone_who_needs_no_second_step_here_can_do_one_for_an_application(ana: Person, wiki: Application) -> None:
    """Seen failing: the page said that none of their methods can be used now."""
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    ana.give_password()
    assert ana.browser.go("/wiki/").path == "/sign-in/again/"
    ana.browser.press("Authenticator app")

    page = ana.verify(ana.read_app())

    assert (page.path, '"amr"' in page.html) == ("/wiki/", True)


def test_a_request_can_only_raise_what_is_needed(ana: Person, wiki: Application, clock: Clock) -> None:
    _need(wiki, strength="no-phone", max_age=10 * MINUTE)
    ana.sign_in()
    clock.forward(minutes=11)

    assert ana.browser.go("/wiki/?acr=password&max_age=99999").path == "/sign-in/again/"


def test_reports_the_acr_that_was_asked_for(ana: Person, wiki: Application) -> None:
    ana.sign_in()

    assert '"acr": "urn:two-step:acr:password"' in ana.browser.go("/wiki/?acr=password").html
    assert '"acr": "https://refeds.org/profile/mfa"' in ana.browser.go("/wiki/?acr=second-step&acr=password").html


def test_a_wish_that_nobody_can_meet_is_no_obstacle(ana: Person, wiki: Application) -> None:
    ana.sign_in()

    assert '"acr": "https://refeds.org/profile/mfa"' in ana.browser.go("/wiki/?acr=phishing-resistant").html
    page = ana.browser.go("/wiki/?acr=phishing-resistant&essential=1")
    assert (page.path, page.offers("Passkey")) == ("/methods/add/", True)


def test_a_remembered_browser_is_asked_where_it_does_not_count(ana: Person, wiki: Application) -> None:
    ana.sign_in(remember="on")
    ana.browser.send("/sign-out/")
    ana.give_password()
    assert '"acr": "urn:two-step:acr:password"' in ana.browser.go("/wiki/").html
    _need(wiki, remembered_counts=False)

    page = ana.browser.go("/wiki/")

    assert (page.path, step_up_words.why(AccessReason.REMEMBERED, "Wiki") in page) == ("/sign-in/again/", True)


def test_sets_up_a_method_that_is_enough_and_goes_on(wiki: Application, clock: Clock) -> None:
    tim = join("tim", number="+41795550177").set_up("text")
    tim.give_password()
    tim.verify(tim.read_text())
    clock.forward(minutes=10)
    _need(wiki, strength="no-phone")

    page = tim.browser.go("/wiki/")
    assert (page.path, step_up_words.why(AccessReason.NO_METHOD, "Wiki") in page) == ("/sign-in/again/", True)
    tim.browser.press("Text message")
    page = tim.verify(tim.read_text())

    assert (page.path, page.offers("Authenticator app"), "Phone call" in page) == ("/methods/add/", True, False)
    tim.browser.press("Authenticator app")
    page = tim.verify(tim.read_app())
    assert (page.path, '"otp"' in page.html) == ("/wiki/", True)


def test_asks_for_the_strongest_method_before_setting_one_up(ana: Person, wiki: Application) -> None:
    """Seen failing with `first` empty: a text was enough to set up a passkey."""
    ana.give_password()
    ana.verify(ana.read_text())
    _need(wiki, strength="phishing-resistant")

    page = ana.browser.go("/wiki/")

    assert (page.path, page.offers("Authenticator app"), "Text message" in page) == ("/sign-in/again/", True, False)


def test_gives_up_after_two_rounds(ana: Person, wiki: Application, clock: Clock) -> None:
    """A requirement that no verification meets, because it is over before the browser is back."""
    ana.sign_in()
    for _round in range(2):
        clock.forward(seconds=5)
        assert ana.browser.go("/wiki/?max_age=1").path == "/sign-in/again/"
        ana.browser.press("Text message")
        code = ana.read_text()
        ana.browser.press("Verify", code=code)
        clock.forward(seconds=5)

    page = ana.browser.go("/wiki/?max_age=1")

    assert (page.status, _title(AccessReason.TOO_MANY_ROUNDS) in page) == (403, True)
    clock.forward(minutes=2)
    assert ana.browser.go("/wiki/?max_age=1").path == "/sign-in/again/"


def test_tells_who_may_not_use_it(ana: Person, wiki: Application) -> None:
    wiki.groups.add(Group.objects.create(name="Finance"))
    ana.sign_in()

    page = ana.browser.go("/wiki/")

    assert (page.status, _title(AccessReason.NOT_ALLOWED) in page) == (403, True)


def test_tells_who_can_set_up_nothing_that_is_enough(ana: Person, wiki: Application) -> None:
    Policy.objects.create(methods=["text", "totp"])
    _need(wiki, strength="phishing-resistant")
    ana.sign_in()

    page = ana.browser.go("/wiki/")

    assert (page.status, _title(AccessReason.NO_METHOD_POSSIBLE) in page) == (403, True)


def test_half_signed_in_session_opens_no_application(ana: Person, wiki: Application) -> None:
    _need(wiki, strength="password")
    ana.give_password()

    assert ana.browser.go("/wiki/").path == "/sign-in/"


def test_clearing_an_account_during_a_step_up_leaves_nothing(
    ana: Person, wiki: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is cleared after the code was accepted and before the session is written.

    Seen failing with `keep` writing the epoch that the database has.
    """
    ana.give_password()
    ana.verify(ana.read_text())
    _need(wiki, strength="no-phone")
    ana.browser.go("/wiki/")
    ana.browser.press("Authenticator app")
    freshen = verifying_again.freshen

    def cleared_meanwhile(*given: Any, **more: Any) -> None:
        enrolments.raise_epoch(User.objects.get(pk=ana.user.pk), why="cleared")
        freshen(*given, **more)

    monkeypatch.setattr(verifying_again, "freshen", cleared_meanwhile)

    page = ana.verify(ana.read_app())

    assert page.path == "/sign-in/"


@pytest.mark.parametrize("token", ["", "x", "x" * 5_000, "W10:1abc:forged", "é"])
def test_a_made_up_reason_is_no_reason(ana: Person, token: str) -> None:
    assert stepping_up.read(token) is None
    ana.sign_in()
    page = ana.browser.go(f"/sign-in/again/?for={token[:200]}")
    assert page.forms
    assert all("for=" not in form.action for form in page.forms)


def test_session_stays_small(ana: Person, wiki: Application) -> None:
    _need(wiki, strength="no-phone")
    ana.give_password()
    ana.verify(ana.read_text())
    ana.browser.go("/wiki/")
    ana.browser.press("Authenticator app")
    ana.verify(ana.read_app())

    store = SessionStore(ana.browser.session_key)
    assert len(store.encode(store.load())) < 900


def test_the_sign_in_shows_the_logo_of_the_application(ana: Person, wiki: Application) -> None:
    assert ">W</span>" in ana.browser.go("/wiki/").html

    _need(wiki, logo_version="0123456789abcdef")

    assert 'src="/applications/wiki/logo/0123456789abcdef/"' in ana.browser.go("/wiki/").html


def test_the_first_method_offered_is_one_that_is_enough(ana: Person, wiki: Application) -> None:
    """Nobody verifies twice who has such a method: their default is a text, which isn't enough here."""
    _need(wiki, strength="no-phone")
    ana.browser.go("/wiki/")

    page = ana.browser.press("Sign in", username="ana", password=PASSWORD)
    assert Challenge.objects.select_related("enrolment").latest("pk").enrolment.method == "totp"
    assert "application:no_other" in page.outcomes  # not: that they have none
    page = ana.verify(ana.read_app())

    assert (page.path, '"acr": "https://refeds.org/profile/mfa"' in page.html) == ("/wiki/", True)


@pytest.mark.parametrize(("strength", "says"), [("no-phone", True), ("second-step", False)])
def test_says_that_only_some_methods_are_accepted_where_that_is_so(
    ana: Person, wiki: Application, strength: str, says: bool
) -> None:
    """Seen failing: every application seemed to accept only some of them."""
    _need(wiki, strength=strength)
    ana.browser.go("/wiki/")
    ana.browser.press("Sign in", username="ana", password=PASSWORD)

    page = ana.browser.go("/sign-in/options/")

    assert (page.data("only-for") == ["wiki"]) is says


def test_staff_read_what_the_verification_is_for(db: None, clock: Clock) -> None:
    """Seen failing: they read that they were about to change their account."""
    fay = hire("fay", "Administrators")
    fay.sign_in(to="/admin/")
    clock.forward(minutes=11)

    page = fay.browser.go("/admin/accounts/application/add/oidc/")

    assert page.path == "/sign-in/again/"
    assert "To make changes on the staff pages, you must have verified in the last 10 minutes." in page


def test_a_long_address_outlives_the_setup_of_a_method(wiki: Application, clock: Clock) -> None:
    """Each page that stood in the address of the next escaped it once more. Seen failing: people ended at home."""
    tim = join("tim", number="+41795550177").set_up("text")
    tim.give_password()
    tim.verify(tim.read_text())
    clock.forward(minutes=10)
    _need(wiki, strength="no-phone")
    address = "/wiki/?state=" + "%2Fpage%3Fa%3Db" * 230

    tim.browser.go(address)
    tim.browser.press("Text message")
    tim.verify(tim.read_text())
    tim.browser.press("Authenticator app")
    page = tim.verify(tim.read_app())

    assert (page.path, '"otp"' in page.html) == ("/wiki/", True)
