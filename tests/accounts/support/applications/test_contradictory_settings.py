"""Tests of what is found wrong with applications: by the system check, and on the page of each."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import checks
from accounts.integrations.oidc import client_registration
from accounts.models import Application, OidcClient, ProtectedHost, Proxy
from accounts.support.applications import contradictory_settings
from tests.simulated.people import Clock, Person, hire, join
from verification.models import Policy, Strength


@pytest.fixture
def board(db: None, clock: Clock) -> Application:
    """An application with OpenID Connect and an allowed group, in which nothing is wrong."""
    application = Application.objects.create(slug="board", name="Board", kind=Application.Kind.OIDC)
    group = Group.objects.create(name="Finance")
    application.groups.add(group)
    join("ben").user.groups.add(group)
    back, logout = (f"https://board.example.org/{path}" for path in ("back", "logout"))
    client_registration.make(application, now=timezone.now(), redirect_uris=back, logout_uri=logout)
    return application


@pytest.fixture
def wiki(db: None) -> Application:
    """An application behind a proxy, in which nothing is wrong."""
    application = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    for path in ("/", "/admin/", "/public/"):
        ProtectedHost.objects.create(application=application, host="wiki.example.org", path_prefix=path)
    Proxy.objects.create(slug="front", name="Front", program="caddy", networks=["192.0.2.9/32"])
    return application


def _ids(application: Application) -> list[str]:
    return [each.id for each in contradictory_settings.of(application)]


def test_finds_nothing_where_nothing_is_wrong(board: Application, wiki: Application) -> None:
    assert _ids(board) == _ids(wiki) == []
    assert checks.check_applications(None, databases=["default"]) == []


def _delete_strength(board: Application) -> None:
    Application.objects.filter(pk=board.pk).update(strength="deleted")


def _allow_texts_only(board: Application) -> None:
    Application.objects.filter(pk=board.pk).update(strength="phishing-resistant")
    Policy.objects.create(group=board.groups.get(), methods=["text"])


def _narrow_group(board: Application) -> None:
    Strength.objects.create(slug="app", name="App", methods=["totp"])
    Application.objects.filter(pk=board.pk).update(strength="app")
    Policy.objects.create(group=board.groups.get(), strength="phishing-resistant")


def _client(**values: str) -> Callable[[Application], object]:
    return lambda board: OidcClient.objects.filter(application=board).update(**values)


OIDC: dict[str, tuple[Callable[[Application], object], str]] = {
    "strength that was deleted": (_delete_strength, "accounts.W001"),
    "policy that allows none of its methods": (_allow_texts_only, "accounts.W002"),
    "policy and application that share no method": (_narrow_group, "accounts.W002"),
    "group without members": (lambda board: board.groups.get().user_set.clear(), "accounts.W003"),
    "members who are switched off": (
        lambda board: board.groups.get().user_set.update(is_active=False),
        "accounts.W003",
    ),
    "no client": (lambda board: OidcClient.objects.filter(application=board).delete(), "accounts.W004"),
    "no redirect address": (_client(redirect_uris=""), "accounts.W004"),
    "redirect over http": (_client(redirect_uris="http://board.example.org/back"), "accounts.W005"),
    "return over http": (_client(post_logout_redirect_uris="http://board.example.org/"), "accounts.W005"),
    "sign-outs over http": (_client(logout_uri="http://board.example.org/logout"), "accounts.W006"),
    "sign-outs by another scheme": (_client(logout_uri="ldap://board.example.org/"), "accounts.W006"),
}


@pytest.mark.parametrize("name", OIDC)
def test_finds_what_is_wrong_with_a_client(board: Application, settings: Settings, name: str) -> None:
    """Each seen failing without its part."""
    settings.DEMO = False
    spoil, found = OIDC[name]

    spoil(board)

    board.refresh_from_db()
    assert _ids(board) == [found]


def _add_path(path: str, **fields: str) -> Callable[[Application], object]:
    about = {"host": "wiki.example.org", "path_prefix": path, **fields}
    return lambda wiki: ProtectedHost.objects.create(application=wiki, **about)


PROXIED: dict[str, tuple[Callable[[Application], object], str]] = {
    "no address": (lambda wiki: ProtectedHost.objects.all().delete(), "accounts.W007"),
    "no proxy": (lambda wiki: Proxy.objects.update(is_active=False), "accounts.W008"),
    "a proxy for others only": (
        lambda wiki: Proxy.objects.get().applications.add(Application.objects.create(slug="x", name="X", kind="proxy")),
        "accounts.W008",
    ),
    "paths that differ in capitals": (_add_path("/Admin/"), "accounts.W009"),
    "strength of an address that was deleted": (_add_path("/x/", strength="deleted"), "accounts.W010"),
}


@pytest.mark.parametrize("name", PROXIED)
def test_finds_what_is_wrong_behind_a_proxy(wiki: Application, name: str) -> None:
    """Each seen failing without its part."""
    spoil, found = PROXIED[name]

    spoil(wiki)

    assert _ids(wiki) == [found]


def test_says_nothing_of_what_is_switched_off(wiki: Application) -> None:
    ProtectedHost.objects.all().delete()
    Application.objects.update(is_active=False)

    assert checks.check_applications(None, databases=["default"]) == []


def test_the_check_names_the_application_and_what_to_do(wiki: Application) -> None:
    ProtectedHost.objects.all().delete()

    [found] = checks.check_applications(None, databases=["default"])

    assert (found.id, found.msg[:6], bool(found.hint)) == ("accounts.W007", "Wiki: ", True)
    assert not found.is_serious()  # the service starts nevertheless
    assert checks.check_applications(None) == []


def test_the_page_says_it(wiki: Application, clock: Clock) -> None:
    person: Person = hire("chief", "Administrators")
    person.sign_in(to="/admin/")
    assert "accounts.W008" not in person.browser.go("/admin/accounts/application/wiki/").outcomes

    Proxy.objects.update(is_active=False)

    assert "accounts.W008" in person.browser.go("/admin/accounts/application/wiki/").outcomes


def test_takes_the_same_queries_for_many(
    board: Application, wiki: Application, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.VERIFICATION_CACHE_SECONDS = 60
    for at in range(20):
        application = Application.objects.create(slug=f"a{at}", name="A", kind="proxy")
        application.groups.set(board.groups.all())
    list(contradictory_settings.of_all())

    with django_assert_num_queries(6):
        list(contradictory_settings.of_all())
