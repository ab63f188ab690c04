"""Tests of requests in several tabs of one browser: each gets its answer, whatever happened in the other."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

import pytest
from django.test import Client

from accounts.integrations.oidc import consents
from accounts.models import OidcClient, OidcConsent
from tests.infrastructure.concurrency import together
from tests.infrastructure.rounds import race_rounds
from tests.simulated.http_browser import Page
from tests.simulated.people import PASSWORD, Clock, Person, join
from tests.simulated.relying_party import AuthorizationResponse, SimulatedRelyingParty
from verification.context import Context

Maker = Callable[..., SimulatedRelyingParty]


@pytest.fixture
def asking(make_party: Maker) -> SimulatedRelyingParty:
    """Return a client whose people agree themselves."""
    return make_party("asking", consent=OidcClient.Consent.PERSON)


def test_each_tab_gets_its_own_answer(asking: SimulatedRelyingParty, make_party: Maker, ana: Person) -> None:
    other = make_party("other", consent=OidcClient.Consent.PERSON)
    ana.sign_in()
    first, second = asking.ask(ana).page, other.ask(ana).page

    assert asking.redeem(AuthorizationResponse(ana.browser.press_in_tab(first, "Allow")).code).status_code == 200
    assert other.redeem(AuthorizationResponse(ana.browser.press_in_tab(second, "Allow")).code).status_code == 200


def test_a_tab_whose_session_ended_asks_again_after_the_sign_in(asking: SimulatedRelyingParty, ana: Person) -> None:
    """Seen failing: the sign-in led to the start page of the portal, and the request was lost."""
    ana.sign_in()
    page = asking.ask(ana).page
    ana.browser.client.cookies.pop("mfa_session")

    assert ana.browser.press_in_tab(page, "Allow").path == "/sign-in/"
    ana.browser.press("Sign in", username="ana", password=PASSWORD)
    ana.verify(ana.read_app() if "app" in ana.page.path else ana.read_text())

    assert asking.redeem(AuthorizationResponse(ana.browser.press("Allow")).code).status_code == 200


def test_an_outdated_form_leads_back_to_its_request(asking: SimulatedRelyingParty, ana: Person, clock: Clock) -> None:
    """The other tab signed out and in again. Seen failing: the link led to the start page of the portal."""
    ana.sign_in()
    page = asking.ask(ana).page
    strict = Client(enforce_csrf_checks=True)
    strict.cookies, strict.defaults = ana.browser.client.cookies, ana.browser.client.defaults
    ana.browser.client = strict
    form, (_, name, value) = page.form("Allow")
    fields = form.fields | {name: value, "csrfmiddlewaretoken": "x" * 64}

    refused = Page(strict.post(urljoin(page.path, form.action), fields))
    assert refused.status == 403
    ana.browser.page = refused

    assert ana.browser.follow("Continue").path == "/oauth/authorize/"
    assert asking.redeem(AuthorizationResponse(ana.browser.press("Allow")).code).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_what_two_tabs_agree_to_at_the_same_time_is_all_kept(make_party: Maker, clock: Clock) -> None:
    """Seen failing on PostgreSQL: one wrote what it had read before the other, so its scopes were asked for again."""
    user = join("ana").user
    party = make_party(consent=OidcClient.Consent.PERSON)
    context = Context(now=clock.now)

    for _ in range(race_rounds(5, shown=37, of=40)):
        OidcConsent.objects.all().delete()
        consents.give(party.client, user, ("openid",), context)
        agree = [partial(consents.give, party.client, user, (name,), context) for name in ("email", "profile")]

        assert together(*agree) == [None, None]
        assert OidcConsent.objects.get().scopes == ["email", "openid", "profile"]
