"""Tests of codes that are incorrect, old, used or somebody else's: each is refused, and the page says why."""

from datetime import timedelta

import pytest

from accounts.models import Session
from tests.simulated.people import DIFFERENT, Clock, Person, join, work
from tests.simulated.verdicts import text, verdicts
from verification.models import Challenge, Message, MessageState
from verification.outcomes import Verdict


def is_in(person: Person) -> bool:
    return Session.objects.filter(user=person.user).exists()


def tries_left(person: Person) -> int:
    """Return how many incorrect codes the newest request still takes."""
    return Challenge.objects.filter(user=person.user).latest("pk").tries_left


def test_wrong_code_costs_a_try(ana: Person) -> None:
    ana.give_password()

    page = ana.verify("000000")

    assert verdicts(page) == {Verdict.WRONG}
    assert tries_left(ana) == 4
    assert not is_in(ana)


def test_fifth_wrong_code_closes_the_request(ana: Person) -> None:
    ana.give_password()
    code = ana.read_text()
    for _ in range(5):
        ana.verify("000000")

    assert verdicts(ana.page) == {Verdict.ENDED}
    assert not ana.page.offers("Verify")
    ana.browser.send("/sign-in/verify/", code=code)
    assert not is_in(ana)


def test_other_options_wait_for_nobody_elses_wrong_codes(ana: Person) -> None:
    ana.give_password()
    for _ in range(5):
        ana.verify("000000")
    ana.choose("Authenticator app")

    assert ana.verify(ana.read_app()).path == "/"


def test_sixth_try_waits_and_says_how_long(ana: Person) -> None:
    ana.give_password()
    for _ in range(5):
        ana.verify("000000")
    ana.browser.follow("Use a different verification option")

    page = ana.browser.press("Text message")

    assert "Locked until" in page
    assert "1 minute" in page


def test_old_code_is_too_old(ana: Person, clock: Clock) -> None:
    ana.give_password()
    code = ana.read_text()
    clock.forward(minutes=5, seconds=1)

    page = ana.verify(code)

    assert verdicts(page) == {Verdict.EXPIRED}
    assert page.offers("Send a new code")
    assert not is_in(ana)


def test_page_of_an_old_code_offers_a_new_one(ana: Person, clock: Clock) -> None:
    ana.give_password()
    ana.read_text()
    clock.forward(minutes=5, seconds=1)
    ana.browser.reload()
    ana.browser.press("Send a new code")

    assert ana.verify(ana.read_text()).path == "/"


def test_replaced_code_says_so_and_costs_no_try(ana: Person, clock: Clock) -> None:
    ana.give_password()
    older = ana.read_text()
    clock.forward(seconds=31)
    ana.browser.press("Send a new code")

    page = ana.verify(older)

    assert verdicts(page) == {Verdict.REPLACED}
    assert tries_left(ana) == 5
    assert not is_in(ana)


def test_used_app_code_says_so(ana: Person) -> None:
    code = ana.read_app()
    ana.sign_in()
    ana.browser.press("Sign out")
    ana.give_password()
    ana.choose("Authenticator app")

    page = ana.verify(code)

    assert verdicts(page) == {Verdict.USED}
    assert not is_in(ana)


def test_used_app_code_stays_used_in_the_next_step(ana: Person, clock: Clock) -> None:
    """R02: replay is refused for the whole time the code could match."""
    code = ana.read_app()
    ana.sign_in()
    ana.browser.press("Sign out")
    clock.forward(seconds=30)
    ana.give_password()
    ana.choose("Authenticator app")

    assert verdicts(ana.verify(code)) == {Verdict.USED}


def test_used_recovery_code_says_so(ana: Person) -> None:
    ana.print_codes()
    ana.give_password()
    ana.choose("Recovery code")
    ana.verify(ana.codes[0])
    ana.browser.press("Sign out")
    ana.give_password()
    ana.choose("Recovery code")

    assert verdicts(ana.verify(ana.codes[0])) == {Verdict.USED}


@pytest.mark.parametrize("method", ["Authenticator app", "Recovery code"])
def test_somebody_elses_code_is_wrong(ana: Person, method: str) -> None:
    eve = join("eve", number="+41795550199").set_up("text", "totp").print_codes()
    theirs = eve.read_app() if method == "Authenticator app" else eve.codes[0]
    ana.print_codes()
    ana.give_password()
    ana.choose(method)

    assert verdicts(ana.verify(theirs)) == {Verdict.WRONG}


def test_somebody_elses_text_code_is_wrong(ana: Person) -> None:
    eve = join("eve", number="+41795550199").set_up("text")
    eve.give_password()
    theirs = eve.read_text()
    ana.give_password()

    assert verdicts(ana.verify(theirs)) == {Verdict.WRONG}


def test_code_of_her_other_browser_is_an_older_one_here(ana: Person) -> None:
    other = Person(ana.user, ana.phone)
    other.give_password()
    code = other.read_text()
    ana.give_password()

    assert verdicts(ana.verify(code)) == {Verdict.REPLACED}


def test_nothing_typed_is_no_try(ana: Person) -> None:
    ana.give_password()

    page = ana.verify("  ")

    assert page.refused_fields == {"code"}
    assert tries_left(ana) == 5


@pytest.mark.parametrize("junk", ["' OR 1=1 --", "ÄÖÜ", "½½½½½½", "９" * 200])
def test_junk_is_no_code_and_costs_no_try(ana: Person, junk: str) -> None:
    ana.give_password()

    page = ana.browser.send("/sign-in/verify/", code=junk)

    assert (page.status, verdicts(page)) == (200, {Verdict.MISREAD})
    assert tries_left(ana) == 5


def test_hidden_character_costs_no_try(ana: Person) -> None:
    ana.give_password()

    page = ana.browser.send("/sign-in/verify/", code="\x00123456")

    assert (page.status, "hidden character" in page) == (400, True)
    assert tries_left(ana) == 5


def test_code_works_once(ana: Person) -> None:
    ana.give_password()
    code = ana.read_text()
    kept = ana.browser.client.cookies["mfa_session"].value
    ana.verify(code)
    thief = Person(ana.user, ana.phone)
    thief.browser.client.cookies["mfa_session"] = kept

    thief.browser.send("/sign-in/verify/", code=code)

    assert thief.browser.go("/").path == "/sign-in/"


def test_owner_is_told_of_the_fifth_wrong_code(ana: Person) -> None:
    ana.give_password()
    for _ in range(5):
        ana.verify("000000")
    work()

    mail = Message.objects.get(user=ana.user, kind="mail")
    assert mail.template == "verification/notices/to_person/several_incorrect_codes.txt"
    assert mail.state == MessageState.DELIVERED


def test_lockout_of_an_only_option_says_when_and_who_helps(cleo: Person, clock: Clock) -> None:
    cleo.give_password()
    for _ in range(5):
        cleo.verify("000000")

    words = text(Verdict.ENDED, retry_at=clock.now + timedelta(minutes=1))
    for page in (cleo.page, cleo.browser.go("/sign-in/verify/")):
        assert verdicts(page) == {Verdict.ENDED}
        assert words in page
        assert not [form for form in page.forms if form.action == "/sign-in/resend/"]
        assert not page.offers(DIFFERENT)
        assert page.offers("Try again")
        assert page.part("class", "lead").words == "", "where to find a code"
        assert not [form for form in page.forms if "code" in form.fields]
    clock.forward(seconds=61)
    assert text(Verdict.ENDED) in cleo.browser.go("/sign-in/verify/")
    cleo.browser.follow("Try again")
    cleo.browser.press("Authenticator app")
    assert cleo.verify(cleo.read_app()).path == "/"


def test_lockout_of_one_of_several_leads_to_the_others(ana: Person) -> None:
    ana.give_password()
    for _ in range(5):
        ana.verify("000000")

    for page in (ana.page, ana.browser.go("/sign-in/verify/")):
        assert not page.offers("Send a new code"), "it would be a way to guess on"
    assert ana.page.words.count(DIFFERENT) == 1
    ana.choose("Authenticator app")
    assert ana.verify(ana.read_app()).path == "/"
