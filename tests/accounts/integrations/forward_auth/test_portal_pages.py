"""Tests of the way from the portal to a host and out again: tickets, other hosts, other people, signing out."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.contrib.auth.models import Group

from accounts.access import AccessReason, step_up_words
from accounts.integrations.forward_auth import cookies, identity_headers, proxy_authentication
from accounts.models import Application, ApplicationSession, Proxy, Session, User
from tests.accounts.integrations.forward_auth.conftest import HOST, Build, ForwardAuthProxy, leads_to
from tests.simulated.people import PASSWORD, Clock, Person
from verification.models import AuditEvent

ENTER = "/integrations/hosts/enter/"


def address_of(asking_proxy: ForwardAuthProxy, uri: str = "/page") -> str:
    """Let the proxy send a browser away, and return the address of the portal's page."""
    return str(asking_proxy.ask(uri)["Location"]).removeprefix("http://testserver")


def ticket_of(asking_proxy: ForwardAuthProxy, person: Person, uri: str = "/page") -> str:
    """Return the path with a new ticket for this browser."""
    url = urlsplit(leads_to(person.browser.go(address_of(asking_proxy, uri))))
    assert url.netloc == HOST
    return f"{url.path}?{url.query}"


@pytest.fixture
def signed_in(asking_proxy: ForwardAuthProxy, ana: Person) -> Person:
    """Ana, signed in to the portal only."""
    ana.sign_in()
    return ana


def test_the_sign_in_names_the_application(asking_proxy: ForwardAuthProxy, ana: Person) -> None:
    """Seen failing while the page was closed to strangers: the middleware sent them to a sign-in without a name."""
    page = ana.browser.go(address_of(asking_proxy))
    assert (page.path, step_up_words.why(AccessReason.SIGNED_OUT, "Wiki") in page) == ("/sign-in/", True)

    ana.browser.press("Sign in", username="ana", password=PASSWORD)
    page = ana.verify(ana.read_text())

    assert leads_to(page).startswith(f"http://{HOST}/.two-step/enter?ticket=")


@pytest.mark.parametrize("browser", ["", "x", "0" * 64])
def test_a_stranger_gets_no_ticket(asking_proxy: ForwardAuthProxy, ana: Person, browser: str) -> None:
    page = ana.browser.go(f"{ENTER}?rd={quote(f'http://{HOST}/')}&browser={browser}")

    assert page.path == "/sign-in/"


def test_verifications_that_were_enough_make_no_dead_end(
    asking_proxy: ForwardAuthProxy, signed_in: Person, clock: Clock
) -> None:
    """As where a page needs a recent verification. The third within two minutes was refused, with a page."""
    Application.objects.update(max_age=timedelta(seconds=10))

    for _visit in range(3):
        clock.forward(seconds=31)
        assert signed_in.browser.go(address_of(asking_proxy)).path == "/sign-in/again/"
        signed_in.browser.press("Authenticator app")
        page = signed_in.browser.press("Verify", code=signed_in.read_app())

        assert leads_to(page).startswith(f"http://{HOST}/.two-step/enter?ticket=")


def test_page_continues_to_the_host_without_a_press(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    page = signed_in.browser.go(address_of(asking_proxy))

    assert page.status == 200
    assert leads_to(page).startswith(f"http://{HOST}/.two-step/enter?ticket=")
    assert leads_to(page) in page.part("id", "main").hrefs
    assert page.response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.response["Cache-Control"]


@pytest.mark.parametrize("n", [100, 2_800, 4_000])
def test_leads_back_to_a_long_address(asking_proxy: ForwardAuthProxy, signed_in: Person, n: int) -> None:
    """As with the filters of a report in it. Seen failing: the address with the ticket was longer than any may be."""
    asking_proxy.browser = signed_in.browser
    uri = f"/page?q={'x' * n}"

    assert asking_proxy.open(uri).status_code == 200
    assert asking_proxy.ask(uri).status_code == 200


def test_page_changes_nothing_itself(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    signed_in.browser.go(address_of(asking_proxy))

    assert not ApplicationSession.objects.exists()
    assert not AuditEvent.objects.filter(kind="application.opened").exists()


def test_ticket_opens_a_session_once(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    """Seen failing without `tickets.spend`."""
    ticket = ticket_of(asking_proxy, signed_in)

    first, second = asking_proxy.ask(ticket), asking_proxy.ask(ticket)

    assert first.status_code == 302
    assert first["Location"] == f"http://{HOST}/page"
    assert second.status_code == 403
    assert ApplicationSession.objects.count() == 1
    [event] = AuditEvent.objects.filter(kind="application.opened")
    assert (event.user_id, event.network, event.detail["host"]) == (signed_in.user.pk, "192.0.2.7", HOST)


def test_ticket_is_worth_nothing_in_another_browser(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    """Somebody could make a visitor sign in as themselves. Seen failing without the browser in the ticket."""
    ticket = ticket_of(asking_proxy, signed_in)
    other = ForwardAuthProxy(asking_proxy.secret)

    assert other.ask(ticket).status_code == 403  # without a cookie
    other.ask("/")
    assert other.ask(ticket).status_code == 403  # with a cookie of its own
    assert asking_proxy.ask(ticket).status_code == 302


def test_ticket_is_worth_nothing_on_another_host(
    asking_proxy: ForwardAuthProxy, signed_in: Person, build: Build
) -> None:
    build("tickets", ("tickets.example.org", "strength"))
    ticket = ticket_of(asking_proxy, signed_in)
    asking_proxy.jars["tickets.example.org"] = dict(asking_proxy.jars[HOST])

    assert asking_proxy.ask(ticket, host="tickets.example.org").status_code == 403


def test_ticket_ends_after_a_minute(asking_proxy: ForwardAuthProxy, signed_in: Person, clock: Clock) -> None:
    ticket = ticket_of(asking_proxy, signed_in)
    clock.forward(seconds=60)

    assert asking_proxy.ask(ticket).status_code == 403


@pytest.mark.parametrize("change", ["sign out", "lock", "block", "leave", "switch off"])
def test_ticket_opens_nothing_after_a_change(
    asking_proxy: ForwardAuthProxy, signed_in: Person, clock: Clock, change: str
) -> None:
    ticket = ticket_of(asking_proxy, signed_in)
    if change == "sign out":
        Session.objects.filter(user=signed_in.user).delete()
    elif change == "lock":
        User.objects.update(second_step_locked_at=clock.now)
    elif change == "block":
        User.objects.update(blocked_until=clock.now + timedelta(days=1))
    elif change == "leave":
        Application.objects.get().groups.add(Group.objects.create(name="Others"))
    else:
        Application.objects.update(is_active=False)

    assert asking_proxy.ask(ticket).status_code in {403, 404}
    assert not ApplicationSession.objects.exists()


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_ticket_is_taken_by_get_only(asking_proxy: ForwardAuthProxy, signed_in: Person, method: str) -> None:
    assert asking_proxy.ask(ticket_of(asking_proxy, signed_in), method=method).status_code == 404


def test_two_tabs_share_a_browser(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    """Seen failing with a new secret for each answer: the first tab's ticket was refused."""
    first = ticket_of(asking_proxy, signed_in, "/one")
    second = ticket_of(asking_proxy, signed_in, "/two")

    assert asking_proxy.ask(first)["Location"] == f"http://{HOST}/one"
    assert asking_proxy.ask(second)["Location"] == f"http://{HOST}/two"
    assert ApplicationSession.objects.count() == 1


def test_says_that_cookies_are_needed(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    response = asking_proxy.ask(ticket_of(asking_proxy, signed_in), cookie="")

    assert response.status_code == 403
    assert "Allow cookies" in response.content.decode()


@pytest.mark.parametrize(
    "rd",
    [
        *("", "/", "https://wiki.example.org/", "//wiki.example.org/", "http://evil.example.org/"),
        *(
            "http://wiki.example.org.evil.org/",
            "http://wiki.example.org@evil.org/",
            "http://evil.org/wiki.example.org/",
        ),
        *("http://wiki.example.org:8080/", "http://evil.org#@wiki.example.org/", "http://evil.org\\@wiki.example.org/"),
        *("javascript:alert(1)", "http://wiki.example.org//evil.org", "http://wiki.example.org/../x", "HTTP://wiki"),
        *("http://wiki.example.org/\r\nX: y", "http://wiki.example.org/%0d%0a", "http://wiki\uff0eexample.org/"),
        "http://wiki.example.org" + "/a" * 3000,
    ],
)
def test_leads_to_registered_hosts_only(asking_proxy: ForwardAuthProxy, signed_in: Person, rd: str) -> None:
    """Seen failing with Django's `url_has_allowed_host_and_scheme` alone."""
    page = signed_in.browser.go(f"{ENTER}?rd={quote(rd)}&browser={'a' * 64}")

    assert page.status in {400, 404}
    assert not leads_to(page)


@pytest.mark.parametrize("browser", ["", "a" * 63, "A" * 64, "x" * 64, f"{'a' * 64}&browser=b"])
def test_makes_no_ticket_without_a_browser(asking_proxy: ForwardAuthProxy, signed_in: Person, browser: str) -> None:
    page = signed_in.browser.go(f"{ENTER}?rd=http://{HOST}/page&browser={browser}")

    assert leads_to(page) == f"http://{HOST}/page"  # which asks the proxy, and comes back with one


def test_half_signed_in_session_gets_no_ticket(asking_proxy: ForwardAuthProxy, ana: Person) -> None:
    page = ana.give_password(to=address_of(asking_proxy))

    assert page.path == "/sign-in/verify/"
    assert not leads_to(ana.browser.go(address_of(asking_proxy)))
    assert ana.browser.shown.path.startswith("/sign-in/")


def test_asks_for_a_stronger_method_and_comes_back(asking_proxy: ForwardAuthProxy, ana: Person) -> None:
    Application.objects.update(strength="no-phone")
    ana.give_password()
    ana.verify(ana.read_text())
    to = address_of(asking_proxy)

    page = ana.browser.go(to)
    assert not leads_to(page)
    ana.browser.press("Authenticator app")
    page = ana.verify(ana.read_app())

    assert leads_to(page)
    asking_proxy.browser = ana.browser
    assert asking_proxy.arrive(page).status_code == 200


def test_person_without_a_group_reads_why(asking_proxy: ForwardAuthProxy, signed_in: Person) -> None:
    Application.objects.get().groups.add(Group.objects.create(name="Others"))

    page = signed_in.browser.go(address_of(asking_proxy))

    assert page.status == 403
    assert "Wiki" in page
    assert not leads_to(page)
    [event] = AuditEvent.objects.filter(kind="application.refused")
    assert event.detail == {"application": "wiki", "why": "not-allowed"}
    signed_in.browser.reload()
    assert AuditEvent.objects.filter(kind="application.refused").count() == 1


def test_signs_out_of_one_application(proxy_of_ana: ForwardAuthProxy, ana: Person, build: Build) -> None:
    build("tickets", ("tickets.example.org", "strength"))
    assert proxy_of_ana.open(host="tickets.example.org").status_code == 200
    leaving = proxy_of_ana.ask("/.two-step/sign-out")
    ana.browser.go(leaving["Location"].removeprefix("http://testserver"))

    ana.browser.press("Sign out of Wiki only")

    assert proxy_of_ana.ask().status_code == 302
    assert proxy_of_ana.ask(host="tickets.example.org").status_code == 200
    assert AuditEvent.objects.filter(kind="application.left").count() == 1


def test_signs_out_someone_who_must_set_a_new_password(proxy_of_ana: ForwardAuthProxy, ana: Person) -> None:
    """Seen failing: they came to the page for the password."""
    User.objects.update(must_change_password=True)
    ana.browser.go(proxy_of_ana.ask("/.two-step/sign-out")["Location"].removeprefix("http://testserver"))

    ana.browser.press("Sign out of Wiki only")

    assert not ApplicationSession.objects.filter(ended_at=None).exists()


def test_signs_out_of_all_applications_at_a_host(proxy_of_ana: ForwardAuthProxy, ana: Person, build: Build) -> None:
    """Seen failing: only that with the shortest path ended, and the page said that it was all."""
    build("payroll", (f"{HOST}/payroll/", "strength"))
    assert proxy_of_ana.open("/payroll/x").status_code == 200
    ana.browser.go(proxy_of_ana.ask("/.two-step/sign-out")["Location"].removeprefix("http://testserver"))

    ana.browser.press("Sign out of Payroll and Wiki only")

    assert proxy_of_ana.ask().status_code == 302
    assert proxy_of_ana.ask("/payroll/x").status_code == 302
    assert AuditEvent.objects.filter(kind="application.left").count() == 2


def test_a_proxy_of_one_application_at_a_host_leads_into_it(
    asking_proxy: ForwardAuthProxy, proxy: Proxy, ana: Person, build: Build
) -> None:
    """Seen failing: it may not ask about the application with the shortest path, so the ticket met a page with 404."""
    proxy.applications.add(build("payroll", (f"{HOST}/payroll/", "strength")))
    proxy_authentication.forget()
    ana.sign_in()
    asking_proxy.browser = ana.browser

    assert asking_proxy.open("/payroll/x")["Remote-User"] == "ana"
    assert asking_proxy.open("/x").status_code == 403


def test_signs_out_everywhere(proxy_of_ana: ForwardAuthProxy, ana: Person, build: Build) -> None:
    build("tickets", ("tickets.example.org", "strength"))
    assert proxy_of_ana.open(host="tickets.example.org").status_code == 200
    ana.browser.go(proxy_of_ana.ask("/.two-step/sign-out")["Location"].removeprefix("http://testserver"))

    ana.browser.press("Sign out everywhere")

    assert proxy_of_ana.ask().status_code == 302
    assert proxy_of_ana.ask(host="tickets.example.org").status_code == 302
    assert not ApplicationSession.objects.filter(ended_at=None).exists()


def test_a_link_signs_nobody_out(proxy_of_ana: ForwardAuthProxy) -> None:
    proxy_of_ana.ask("/.two-step/sign-out")
    proxy_of_ana.browser.go(f"/integrations/hosts/sign-out/?host={HOST}")

    assert proxy_of_ana.ask().status_code == 200


def test_another_persons_session_stays(proxy_of_ana: ForwardAuthProxy, cleo: Person) -> None:
    cleo.sign_in()
    theirs = ForwardAuthProxy(proxy_of_ana.secret, cleo.browser)
    assert theirs.open()["Remote-User"] == "cleo"
    cleo.browser.go(f"/integrations/hosts/sign-out/?host={HOST}")

    cleo.browser.press("Sign out of Wiki only")

    assert theirs.ask().status_code == 302
    assert proxy_of_ana.ask()["Remote-User"] == "ana"


def test_a_session_of_somebody_else_in_the_same_browser_replaces_it(
    proxy_of_ana: ForwardAuthProxy, ana: Person, cleo: Person
) -> None:
    """The cookie names one session of the application, and a new ticket replaces it."""
    cleo.sign_in()
    proxy_of_ana.browser = cleo.browser
    ticket = ticket_of_signed_out(proxy_of_ana, cleo)

    proxy_of_ana.ask(ticket)

    assert proxy_of_ana.ask()["Remote-User"] == "cleo"


def ticket_of_signed_out(asking_proxy: ForwardAuthProxy, person: Person) -> str:
    browser = cookies.browser_digest(asking_proxy.jars[HOST]["two-step-browser"])
    page = person.browser.go(f"{ENTER}?rd={quote(f'http://{HOST}/')}&browser={browser}")
    url = urlsplit(leads_to(page))
    return f"{url.path}?{url.query}"


def test_no_page_of_ours_on_a_host_names_anybody(proxy_of_ana: ForwardAuthProxy) -> None:
    answers: list[Any] = [proxy_of_ana.ask(uri) for uri in ("/.two-step/enter", "/.two-step/sign-out", "/.two-step/x")]

    assert not any(name in each for each in answers for name in identity_headers.HEADERS)
