"""Tests of re-authentication after ten minutes: the submitted form is kept until then, but never a password."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.db import models

from accounts import app_passwords
from accounts.models import Session, User
from accounts.sessions.session_store import row_key
from tests.accounts.portal.conftest import prove, remembered_elsewhere
from tests.every_page import url_table
from tests.simulated.people import BENS, Clock, Person, hire, join
from verification.context import Context
from verification.models import Enrolment, Outage, Policy

# Actions that need no re-authentication, and why. Every other POST in the portal needs it.
FREE = {
    "portal:method-try": "a self-test; it changes nothing",
    "portal:browser-forget": "only closes",
    "portal:browsers-forget": "only closes",
    "portal:session-end": "only closes",
    "portal:sessions-end": "only closes",
    "portal:application-end": "only closes",
    "portal:this-wasnt-me": "only takes access away: anyone who reports an attack is believed",
    "portal:profile": "how pages speak",
}

LOOKING = {
    "portal:home",
    "portal:applications",
    "portal:application",
    "portal:application-logo",
    "portal:methods",
    "portal:app-passwords",
    "portal:app-password",
    "portal:browsers",
    "portal:activity",
    "portal:secure",
    "portal:support",
}

POSTS: tuple[dict[str, str], ...] = (
    {},
    {
        "method": "totp",
        "name": "mine now",
        "country": "CH",
        "number": BENS,
        "program": "mail",
        "password": "blue-lamp-on-monday",
        "new_password": "a quite different sentence",
        "begin": "1",
        "finish": "1",
    },
)

# What may change when a stale session is turned away: the session itself, with what waits in it.
RESTLESS = {"accounts_session"}


def rows() -> dict[str, list[Any]]:
    """Return the whole database except sessions."""
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.managed and model._meta.db_table not in RESTLESS
    }


def own(person: Person, *, ref: str = "") -> Mapping[str, str]:
    """Return parameters for every portal URL that lead to the person's own rows, or to the given ones."""
    enrolment = Enrolment.objects.filter(user=person.user, confirmed=True).order_by("pk")[0]
    return defaultdict(lambda: "1", ref=ref or enrolment.ref, method="text")


def portal(values: Mapping[str, str]) -> list[url_table.Address]:
    return [address for address in url_table.every(values) if address.name.startswith("portal:")]


def test_table_knows_each_address_of_the_portal(stale: Person) -> None:
    names = {address.name for address in portal(own(stale))}

    assert FREE.keys() | LOOKING <= names
    assert len(names - FREE.keys() - LOOKING) >= 12


def test_stale_session_changes_nothing_at_any_address(stale: Person) -> None:
    """Posts to every URL in the table. Seen failing for a view without `reauthentication.required`."""
    ref = app_passwords.of_person(stale.user)
    assert not ref.exists()
    before = rows()
    token = stale.browser.client.cookies["mfa_csrf"].value
    turned_away = []
    for address in portal(own(stale)):
        if address.name in FREE:
            continue
        for fields in POSTS:
            answer = stale.browser.client.post(address.path, fields | {"csrfmiddlewaretoken": token})
            if address.name in LOOKING:
                assert answer.status_code == 405, address
            else:
                assert answer.status_code == 302, address
                assert answer["Location"].startswith("/sign-in/again/?next="), address
                turned_away.append(address.name)

    assert rows() == before
    assert len(set(turned_away)) >= 12


def test_stale_session_opens_no_form_either(stale: Person) -> None:
    for address in portal(own(stale)):
        if address.name not in FREE.keys() | LOOKING:
            assert stale.browser.go(address.path).path == "/sign-in/again/", address


def test_stolen_cookie_changes_nothing_after_the_span(stale: Person) -> None:
    thief = Person(stale.user, stale.phone)
    thief.browser.client.cookies["mfa_session"] = stale.browser.session_key
    thief.browser.go("/methods/")
    assert "Your methods" in thief.page

    thief.browser.send(f"/methods/{stale.enrolment('totp').ref}/remove/")
    assert thief.page.path == "/sign-in/again/"
    thief.browser.send("/methods/add/", method="totp")
    assert thief.page.path == "/sign-in/again/"
    assert Enrolment.objects.filter(user=stale.user).count() == 4


@pytest.mark.parametrize("page", ["/methods/add/", "/methods/recovery-codes/", "/app-passwords/make/", "/password/"])
@pytest.mark.parametrize(("seconds", "is_asked"), [(299, False), (300, True)])
def test_proof_is_good_for_own_changes_for_five_minutes(
    ana: Person, clock: Clock, page: str, seconds: int, is_asked: bool
) -> None:
    ana.sign_in()
    clock.forward(seconds=seconds)

    assert ana.browser.go(page).path == ("/sign-in/again/" if is_asked else page)


@pytest.mark.parametrize(("seconds", "is_asked"), [(599, False), (600, True)])
def test_proof_is_good_for_the_support_desk_for_ten_minutes(
    ana: Person, clock: Clock, seconds: int, is_asked: bool
) -> None:
    support = hire("sue", "Support desk")
    support.sign_in(to="/admin/")
    clock.forward(seconds=seconds)

    page = support.browser.go(f"/admin/accounts/user/{ana.user.pk}/do/unlock/")

    assert (page.path == "/sign-in/again/") is is_asked


@pytest.mark.parametrize("less", ["remembered", "trusted_network"])
def test_what_stood_in_for_the_second_step_is_no_proof(ana: Person, clock: Clock, less: str) -> None:
    ana.sign_in(**({"remember": "on"} if less == "remembered" else {}))
    ana.browser.press("Sign out")
    if less == "trusted_network":
        Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    assert ana.give_password().path == "/"

    assert ana.browser.go("/methods/add/").path == "/sign-in/again/"


def test_nobody_signs_out_to_verify_again_while_no_method_can_be_used(ben: Person, clock: Clock) -> None:
    """Seen failing: it said to sign in again, and the sign-in had no method either."""
    ben.set_up("text")
    ben.give_password()
    ben.verify(ben.read_text())
    clock.forward(minutes=10)
    for kind in ("text", "call"):
        Outage.objects.create(kind=kind, starts_at=clock.now)

    page = ben.browser.go("/methods/add/")

    assert page.path == "/sign-in/again/"
    assert "verdict:unreachable" in page.outcomes
    assert "Text message" in page  # with the reason why it can't be used


def test_password_is_proof_enough_where_no_second_step_is_asked(db: None, clock: Clock) -> None:
    eve = join("eve", second_step="disabled")
    eve.give_password()

    assert eve.browser.go("/methods/add/").path == "/methods/add/"
    clock.forward(minutes=10)
    assert eve.browser.go("/methods/add/").path != "/methods/add/"


def test_proof_changes_the_sessions_key(stale: Person, clock: Clock) -> None:
    before = stale.browser.session_key
    stale.browser.go("/methods/add/")
    prove(stale, clock)

    assert stale.browser.session_key != before
    assert not Session.objects.filter(session_key=row_key(before)).exists()


def test_wrong_code_gives_no_proof(stale: Person) -> None:
    stale.browser.go("/methods/add/")
    stale.browser.press("Authenticator app")
    stale.verify("000000")

    assert stale.browser.go("/methods/add/").path == "/sign-in/again/"


def test_proof_of_another_person_is_none(stale: Person, cleo: Person) -> None:
    """Cleo enters her own correct code in Ana's session."""
    stale.browser.go("/methods/add/")
    stale.browser.press("Authenticator app")

    stale.verify(cleo.read_app())

    assert stale.browser.go("/methods/add/").path == "/sign-in/again/"


def test_page_that_asks_sends_nothing_by_itself(stale: Person) -> None:
    for _ in range(3):
        stale.browser.go("/methods/add/")

    assert stale.phone.messages() == []


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_goes_back_to_no_other_site(stale: Person, clock: Clock, target: str) -> None:
    stale.browser.go(f"/sign-in/again/?next={target}")
    assert target not in unquote(stale.page.html)

    assert prove(stale, clock).path == "/"


def test_remembered_browser_is_not_offered_for_a_proof(stale: Person, clock: Clock) -> None:
    remembered_elsewhere(stale)
    stale.browser.go("/methods/add/")
    stale.browser.press("Authenticator app")

    assert stale.page.path == "/sign-in/verify/"
    assert not [form for form in stale.page.forms if "remember" in form.names()]


def test_method_that_policy_no_longer_allows_gives_no_proof(stale: Person) -> None:
    """Seen failing: a text opened app passwords and new methods after a policy had forbidden texts.

    At a sign-in it opens setup only.
    """
    Policy.objects.create(methods=["passkey"])

    stale.browser.go("/app-passwords/make/")

    assert stale.page.path == "/sign-out/"
    stale.browser.send("/sign-in/again/", option=stale.enrolment("text").ref)
    assert stale.phone.messages() == []


def test_proof_is_worth_nothing_once_the_account_changed(stale: Person, clock: Clock) -> None:
    stale.browser.go("/methods/add/")
    clock.forward(seconds=31)
    stale.browser.press("Authenticator app")
    User.objects.filter(pk=stale.user.pk).update(epoch=models.F("epoch") + 1)

    stale.verify(stale.read_app())

    assert stale.browser.go("/methods/add/").path == "/sign-in/"


# Strangers -----------------------------------------------------------------------------------------------------


def test_strangers_ids_lead_nowhere_and_change_nothing(ana: Person, cleo: Person, clock: Clock) -> None:
    """Every address of the portal with a place in it, by GET and POST, with the ids of somebody else.

    Seen failing with `of_person` that does not look whose the row is.
    """
    other = Person(cleo.user, cleo.phone)
    other.sign_in()
    session = Session.objects.get(user=cleo.user)
    browser = remembered_elsewhere(cleo)
    context = Context(now=clock.now)
    app_passwords.issue(User.objects.get(pk=cleo.user.pk), context, name="hers", program="mail")
    refs = [cleo.enrolment("totp").ref, session.ref, browser.ref, app_passwords.of_person(cleo.user).get().ref]
    ana.sign_in()
    token = ana.browser.client.cookies["mfa_csrf"].value
    before = rows()
    tried = 0
    for ref in [*refs, "0" * 32]:
        for address in portal(own(ana, ref=ref)):
            if ref not in address.path:
                continue
            for fields in POSTS:
                got = ana.browser.client.post(address.path, fields | {"csrfmiddlewaretoken": token})
                assert got.status_code == (405 if address.name in LOOKING else 404), address
                tried += 1
            assert ana.browser.client.get(address.path).status_code in {302, 404, 405}, address

    assert rows() == before
    assert tried >= 5 * 7 * len(POSTS)
    assert other.browser.go("/").path == "/"


def test_strangers_things_stand_on_no_page(ana: Person, cleo: Person) -> None:
    browser = remembered_elsewhere(cleo)
    ana.sign_in()

    for path in ("/", "/methods/", "/browsers/", "/activity/", "/app-passwords/"):
        html = ana.browser.go(path).html
        assert browser.ref not in html
        assert cleo.enrolment("totp").ref not in html
        assert not re.search(r"\bcleo\b", html, re.IGNORECASE)


def test_lists_are_those_of_one_person(ana: Person, cleo: Person) -> None:
    remembered_elsewhere(cleo)
    ana.sign_in()

    assert ana.browser.go("/browsers/").n_empty_lists == 1
