"""Tests of the endpoint: who opens what, who is sent where, and that any doubt means no."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from accounts import applications
from accounts.applications import secrets
from accounts.integrations.forward_auth import proxy_authentication, visitor_headers
from accounts.models import Application, ApplicationSession, ProtectedHost, Proxy, Session, User
from tests.accounts.integrations.forward_auth.conftest import HOST, PROXY_ADDRESS, Build, Wall
from tests.people import Clock, Person
from verification import enrolments

BACKGROUND = {"Accept": "application/json", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}


def is_identified(response: Any) -> bool:
    """Return whether an answer names anybody."""
    return any(name in response for name in visitor_headers.HEADERS)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _protect(path_prefix: str, **needs: str) -> None:
    ProtectedHost.objects.create(application=Application.objects.get(), host=HOST, path_prefix=path_prefix, **needs)


def test_sends_a_stranger_to_the_portal(wall: Wall) -> None:
    response = wall.ask("/page?x=1")

    assert response.status_code == 302
    assert response["Location"].startswith("http://testserver/integrations/hosts/enter/?")
    assert query_of(response["Location"])["rd"] == f"http://{HOST}/page?x=1"
    assert response["Cache-Control"] == "no-store"
    assert not is_identified(response)


def test_opens_for_a_person_after_the_second_step(wall: Wall, ana: Person) -> None:
    ana.sign_in()
    wall.browser = ana.browser

    response = wall.open("/page?x=1")

    assert response.status_code == 200
    assert response["Remote-User"] == "ana"
    assert response["Remote-Email"] == "ana@example.org"
    assert response["Remote-Name"] == "Ana"
    assert response["Remote-Groups"] == ""
    assert response["Remote-Acr"] == "https://refeds.org/profile/mfa"
    assert response["Remote-Session"] == Session.objects.get(user=ana.user).ref
    assert int(response["Remote-Auth-Time"]) > 0


def test_leads_back_after_signing_in(wall: Wall, ana: Person) -> None:
    wall.browser = ana.browser
    to = wall.ask("/page?x=1")["Location"].removeprefix("http://testserver")

    page = ana.sign_in(to=to)

    assert wall.arrive(page).status_code == 200


def test_costs_two_statements_and_no_write(inside: Wall, settings: Any) -> None:
    settings.VERIFICATION_CACHE_SECONDS = 3600
    inside.ask()

    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert inside.ask("/style.css", **BACKGROUND).status_code == 200

    assert len(caught) == 2, [each["sql"] for each in caught]
    assert all(each["sql"].startswith("SELECT") for each in caught)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "BREW"])
@pytest.mark.parametrize("below", ["", "deep/er.html"])
def test_takes_any_method_below_any_path(inside: Wall, method: str, below: str) -> None:
    response = inside.ask(f"/{below}", method=method, below=below)

    assert response.status_code == 200
    assert response["Remote-User"] == "ana"


@pytest.mark.parametrize(
    "headers",
    [
        BACKGROUND,
        {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Dest": "iframe"},
        {"Upgrade": "websocket"},
        {"X_Requested_With": "XMLHttpRequest"},
        {"Sec_Fetch_Mode": "", "Accept": "*/*"},
        {"Sec_Fetch_Mode": "", "Accept": ""},
    ],
)
def test_answers_a_background_request_without_a_redirect(wall: Wall, headers: dict[str, str]) -> None:
    response = wall.ask("/api", **headers)

    assert response.status_code == 401
    assert response.json()["error"] == "sign-in"
    assert "Location" not in response
    assert "X-Two-Step-Location" not in response
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize("headers", [{}, {"Sec_Fetch_Mode": "", "Sec_Fetch_Dest": ""}])
def test_nginx_gets_401_and_the_address(wall: Wall, proxy: Proxy, headers: dict[str, str]) -> None:
    """nginx answers 500 for a redirect."""
    Proxy.objects.update(program="nginx")

    response = wall.ask("/page", **headers)

    assert response.status_code == 401
    assert query_of(response["X-Two-Step-Location"])["rd"] == f"http://{HOST}/page"
    assert "two-step-browser" in response.cookies


@pytest.mark.parametrize("program", ["nginx", "caddy", "traefik", "envoy"])
def test_nginx_gets_no_other_refusal_than_401_and_403(inside: Wall, build: Build, program: str) -> None:
    Proxy.objects.update(program=program)
    build("secret", ("secret.example.org", "strength")).groups.add(Group.objects.create(name="Board"))

    answers = [
        inside.ask("/a/../b"),
        inside.ask(host="unknown.example.org"),
        inside.ask(cookie="two-step-1=a; two-step-1=b"),
        inside.ask(host="secret.example.org"),
        inside.ask(host="secret.example.org", **BACKGROUND),
    ]

    refusals = {401, 403} if program == "nginx" else {302, 401, 403}
    assert {each.status_code for each in answers} <= refusals
    assert not any(is_identified(each) for each in answers)


# What a session opens ------------------------------------------------------------------------------------------------


def test_half_signed_in_session_opens_nothing(wall: Wall, ana: Person) -> None:
    wall.browser = ana.browser
    ana.give_password()

    response = wall.open()

    assert ana.browser.shown.path.startswith("/sign-in/")
    assert response.status_code == 200  # the portal's own page, not an answer to the proxy
    assert not is_identified(response)
    assert ApplicationSession.objects.count() == 0
    assert wall.ask().status_code == 302


def test_a_cookie_is_worth_nothing_on_another_host(inside: Wall, build: Build) -> None:
    """Seen failing without the host in the cookie's signature."""
    wiki = Application.objects.get(slug="wiki")
    ProtectedHost.objects.create(application=wiki, host="other.example.org")
    build("tickets", ("tickets.example.org", "strength"))
    cookie = "; ".join(f"{name}={value}" for name, value in inside.jars[HOST].items())

    assert inside.ask(host=HOST, cookie=cookie).status_code == 200
    assert inside.ask(host="other.example.org", cookie=cookie).status_code == 302
    assert inside.ask(host="tickets.example.org", cookie=cookie).status_code == 302


def test_each_application_of_a_host_has_a_session_of_its_own(inside: Wall, build: Build) -> None:
    tickets = build("tickets", (f"{HOST}/tickets/", "strength"))

    assert inside.ask("/tickets/").status_code == 302
    assert inside.open("/tickets/").status_code == 200
    assert inside.ask("/").status_code == 200
    assert ApplicationSession.objects.filter(application=tickets).count() == 1


@pytest.mark.parametrize("path", ["/.two-step/", "/.two-step/x", "/.two-step/enter", "/.two-step/enter?ticket=x.y"])
def test_our_own_addresses_open_nothing(inside: Wall, path: str) -> None:
    response = inside.ask(path)

    assert response.status_code in {403, 404}
    assert not is_identified(response)


# What ends it --------------------------------------------------------------------------------------------------------


def _lock(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(second_step_locked_at=clock.now)


def _block(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(blocked_until=clock.now + timedelta(days=1))


def _deactivate(user: User, clock: Clock) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _raise_epoch(user: User, clock: Clock) -> None:
    enrolments.raise_epoch(user)


def _change_password(user: User, clock: Clock) -> None:
    user.set_password("green-tram-on-friday-7")
    user.save()


def _end_sessions(user: User, clock: Clock) -> None:
    Session.objects.filter(user=user).delete()


def _end_in_application(user: User, clock: Clock) -> None:
    applications.end(clock.now, "a test", user_id=user.pk)


def _erase(user: User, clock: Clock) -> None:
    user.delete()


ENDS = [_lock, _block, _deactivate, _raise_epoch, _change_password, _end_sessions, _end_in_application, _erase]


@pytest.mark.parametrize("end", ENDS)
def test_next_request_is_refused_after(inside: Wall, ana: Person, clock: Clock, end: Any, settings: Any) -> None:
    """Seen failing with a verdict that was cached for a second."""
    settings.VERIFICATION_CACHE_SECONDS = 60
    assert inside.ask().status_code == 200

    end(ana.user, clock)

    assert inside.ask().status_code == 302
    assert inside.ask(**BACKGROUND).status_code == 401


def test_next_request_is_refused_after_leaving_the_group(inside: Wall, ana: Person) -> None:
    staff = Group.objects.create(name="Editors")
    ana.user.groups.add(staff)
    Application.objects.get().groups.add(staff)
    assert inside.ask()["Remote-Groups"] == "Editors"

    ana.user.groups.clear()

    assert inside.ask().status_code == 302
    assert inside.ask(**BACKGROUND).status_code == 403
    assert inside.open().status_code == 403


def test_session_ends_with_the_portals(inside: Wall, ana: Person) -> None:
    ana.browser.go("/sign-out/")
    ana.browser.press("Sign out")

    assert inside.ask().status_code == 302
    inside.open()
    assert ana.browser.shown.path == "/sign-in/"


def test_expired_session_opens_nothing(inside: Wall, clock: Clock) -> None:
    clock.forward(hours=12, seconds=1)

    assert inside.ask().status_code == 302


# Strength and age ----------------------------------------------------------------------------------------------------


def test_asks_again_when_the_verification_is_too_old(inside: Wall, clock: Clock) -> None:
    Application.objects.update(max_age=timedelta(minutes=30))
    assert inside.ask().status_code == 200

    clock.forward(minutes=31)

    assert inside.ask().status_code == 302
    assert inside.ask(**BACKGROUND).json()["error"] == "verify"
    assert inside.ask(**BACKGROUND).json()["reason"] == "too-old"


def test_asks_for_a_stronger_method(inside: Wall) -> None:
    Application.objects.update(strength="phishing-resistant")

    assert inside.ask(**BACKGROUND).json()["reason"] == "too-weak"
    assert inside.ask().status_code == 302


def test_path_can_need_more_or_less(build: Build, secret: str, ana: Person) -> None:
    build(
        "wiki",
        (f"{HOST}/", "strength"),
        (f"{HOST}/public/", "public"),
        (f"{HOST}/admin/", "strength", "phishing-resistant"),
        (f"{HOST}/admin/status/", "sign-in"),
    )
    ana.sign_in()
    wall = Wall(secret, ana.browser)
    assert wall.ask("/public/a.css", cookie="").status_code == 200
    assert not is_identified(wall.ask("/public/a.css"))
    assert wall.open("/").status_code == 200

    assert wall.ask("/admin", **BACKGROUND).json()["reason"] == "too-weak"
    assert wall.ask("/admin/users", **BACKGROUND).json()["reason"] == "too-weak"
    assert wall.ask("/admin/status/x").status_code == 200
    assert wall.ask("/administrators").status_code == 200


@pytest.mark.parametrize(
    "uri", ["/ADMIN/users", "/%61dmin/users", "/Admin", "/adm%C4%B1n/../admin", "/admin;x/users", "/admin./users"]
)
def test_other_spellings_of_a_path_need_no_less(inside: Wall, uri: str) -> None:
    _protect("/admin/", strength="phishing-resistant")

    assert inside.ask(uri).status_code in {302, 403}
    assert inside.ask("/elsewhere").status_code == 200


@pytest.mark.parametrize(
    "uri", ["/PUBLIC/x", "/public/../x", "/public//x", "/public/%2e%2e/x", "/public;/x", "/publicx", "/public%2fx"]
)
def test_only_the_public_path_itself_is_public(inside: Wall, uri: str) -> None:
    """Seen failing with `path.startswith` on the undecoded path."""
    _protect("/public/", access="public")

    assert inside.ask("/public/x", cookie="").status_code == 200
    assert inside.ask(uri, cookie="").status_code in {302, 403}


def test_semicolons_are_fine_where_no_path_differs(inside: Wall) -> None:
    assert inside.ask("/a;v=1").status_code == 200


def test_remembered_browser_is_no_fresh_second_step(inside: Wall) -> None:
    """The session was opened by a second step; one that skipped it is tested with the decision."""
    Application.objects.update(remembered_counts=False)

    assert inside.ask().status_code == 200


# Proxies -------------------------------------------------------------------------------------------------------------


def test_refuses_a_proxy_without_the_secret(inside: Wall) -> None:
    answers = [inside.ask(X_Proxy_Secret=odd) for odd in ("", "x", inside.secret.upper(), f"{inside.secret} ", "é")]

    assert {each.status_code for each in answers} == {403}
    assert not any(is_identified(each) for each in answers)


@pytest.mark.parametrize("network", ["198.51.100.10", "127.0.0.1", "::1", "unix", ""])
def test_refuses_a_proxy_at_another_address(inside: Wall, network: str) -> None:
    assert inside.ask(network=network).status_code == 403
    assert inside.ask(network=network, X_Forwarded_For=PROXY_ADDRESS).status_code == 403
    assert inside.ask(network=PROXY_ADDRESS).status_code == 200


def test_finds_the_proxy_behind_our_own(inside: Wall, settings: Any) -> None:
    """Our own proxy adds the address that it sees; what stands before it was sent by that one."""
    settings.TRUSTED_PROXIES = ["10.0.0.1/32"]

    assert inside.ask(network="10.0.0.1", X_Forwarded_For=f"192.0.2.7, {PROXY_ADDRESS}").status_code == 200
    assert inside.ask(network="10.0.0.1", X_Forwarded_For=f"{PROXY_ADDRESS}, 192.0.2.7").status_code == 403


def test_two_secrets_work_during_the_change(inside: Wall, proxy: Proxy, clock: Clock) -> None:
    former = inside.secret
    newer = secrets.renew(proxy, proxy_authentication.PURPOSE, clock.now, overlap=timedelta(days=1))

    assert inside.ask(X_Proxy_Secret=newer).status_code == 200
    assert inside.ask(X_Proxy_Secret=former).status_code == 200
    clock.forward(hours=11)
    assert inside.ask(X_Proxy_Secret=former).status_code == 200
    secrets.drop_former(proxy)
    assert inside.ask(X_Proxy_Secret=former).status_code == 403


def test_inactive_proxy_is_refused(inside: Wall) -> None:
    Proxy.objects.update(is_active=False)

    assert inside.ask().status_code == 403


def test_proxy_asks_only_about_its_own_applications(inside: Wall, proxy: Proxy, build: Build) -> None:
    proxy.applications.add(build("tickets", ("tickets.example.org", "strength")))

    assert inside.ask().status_code == 403
    assert inside.ask("/.two-step/enter?ticket=x").status_code == 404
    assert inside.ask(host="tickets.example.org").status_code == 302


def test_proxy_that_asks_too_often_is_refused(inside: Wall, settings: Any) -> None:
    settings.FORWARD_AUTH_PER_SECOND = 10

    answers = [inside.ask() for _ in range(200)]

    assert 429 in {each.status_code for each in answers}
    assert all(not is_identified(each) for each in answers if each.status_code == 429)


# Doubt ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_Host": ""},
        {"X_Forwarded_Host": "wiki.example.org,evil.example.org"},
        {"X_Forwarded_Uri": ""},
        {"X_Forwarded_Uri": "//evil.example.org"},
        {"X_Forwarded_Uri": "/a/../b"},
        {"X_Forwarded_Uri": "/a%2f..%2fb"},
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Method": ""},
        {"X_Original_Url": "http://wiki.example.org/public"},
        {"X_Original_Uri": "/public"},
    ],
)
def test_any_doubt_means_no(inside: Wall, headers: dict[str, str]) -> None:
    for kind in ({}, BACKGROUND):
        response = inside.ask(**{**kind, **headers})
        assert response.status_code == 403
        assert not is_identified(response)


def test_path_below_must_agree(inside: Wall) -> None:
    """Envoy appends the path; anyone who could choose one of the two would open every page."""
    assert inside.ask("/private", below="public").status_code == 403
    assert inside.ask("/private?x=1", below="private").status_code == 200


@pytest.mark.parametrize("odd", ["{0}; {0}", "{0}; x=\x01", 'x="; {0}"; {0}', "{0},{0}", "{0}x", "x{0}"])
def test_odd_cookies_open_nothing(inside: Wall, odd: str) -> None:
    [name] = [each for each in inside.jars[HOST] if each != "two-step-browser"]
    good = f"{name}={inside.jars[HOST][name]}"
    assert inside.ask(cookie=good).status_code == 200

    response = inside.ask(cookie=odd.format(good))

    assert response.status_code in {302, 400, 403}
    assert not is_identified(response)


def test_unknown_host_opens_nothing(inside: Wall) -> None:
    response = inside.ask(host="unknown.example.org")

    assert response.status_code == 403
    assert "Location" not in response


def test_switched_off_application_opens_nothing(inside: Wall) -> None:
    Application.objects.update(is_active=False)

    assert inside.ask().status_code == 403


def test_names_reach_the_application_whole(inside: Wall, ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(name="Ána\r\nX-Evil: 1", email="ána@example.org")
    for name in ("Board, EMEA", "100% Ünits", "a\nb"):
        ana.user.groups.add(Group.objects.create(name=name))

    response = inside.ask()

    assert response["Remote-Name"] == "%C3%81na%0D%0AX-Evil: 1"
    assert response["Remote-Email"] == "%C3%A1na@example.org"
    assert response["Remote-Groups"] == "100%25 %C3%9Cnits,Board%2C EMEA,a%0Ab"


def test_only_as_many_groups_as_fit(inside: Wall, ana: Person) -> None:
    for n in range(200):
        ana.user.groups.add(Group.objects.create(name=f"A rather long name of a group, number {n:03}"))

    told = inside.ask()["Remote-Groups"]

    assert len(told) <= 3000
    assert told.split(",")[-1].startswith("A rather long name of a group%2C number")


def test_counts_verdicts_by_proxy(inside: Wall) -> None:
    def n(verdict: str) -> float:
        labels = {"proxy": "front", "verdict": verdict}
        return REGISTRY.get_sample_value("mfa_forward_auth_verdicts_total", labels) or 0

    before = {verdict: n(verdict) for verdict in ("allowed", "sign-in", "doubt", "unknown")}
    inside.ask()
    inside.ask(cookie="")
    inside.ask("/a/../b")
    inside.ask(host="unknown.example.org")

    assert {verdict: n(verdict) - before[verdict] for verdict in before} == dict.fromkeys(before, 1)


# When it was used ----------------------------------------------------------------------------------------------------


def test_last_use_is_written_once_in_five_minutes_after_the_answer(inside: Wall, clock: Clock) -> None:
    started = ApplicationSession.objects.get().last_used_at
    clock.forward(minutes=4)
    inside.ask()
    assert ApplicationSession.objects.get().last_used_at == started

    clock.forward(minutes=1)
    with CaptureQueriesContext(connection) as caught:
        inside.ask()

    assert ApplicationSession.objects.get().last_used_at == clock.now
    assert [each["sql"].split()[0] for each in caught.captured_queries if "UPDATE" in each["sql"]] == ["UPDATE"]
