"""Tests of the staff pages: proxies and their secrets, protected addresses, and what would be answered."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.integrations.forward_auth import access_check, proxy_authentication
from accounts.integrations.forward_auth.access_check import AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt
from accounts.models import Application, ProtectedHost, Proxy, Scope, User
from accounts.support.applications import check_access_at_proxy
from tests.accounts.integrations.forward_auth.conftest import HOST, Build, ForwardAuthProxy
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire, join
from verification.keys import generated_secrets_and_alphabet
from verification.models import AuditEvent


def _caller_with(secret: str) -> proxy_authentication.AuthenticatedProxy | None:
    return proxy_authentication._find(*generated_secrets_and_alphabet.digests(proxy_authentication.PURPOSE, secret))


def secret_on(page: object) -> str:
    found = re.search(r'<code id="secret-\d+">([a-z2-7]{48})</code>', getattr(page, "html", ""))
    assert found, page
    return found[1]


def test_adds_a_proxy_and_shows_its_secret_once(root: Person) -> None:
    page = root.browser.save(
        "/admin/accounts/proxy/add/",
        name="Front",
        slug="front",
        program="caddy",
        networks="192.0.2.10\n198.51.100.0/24",
        is_active="on",
    )

    proxy = Proxy.objects.get()
    assert proxy.networks == ["192.0.2.10/32", "198.51.100.0/24"]
    assert _caller_with(secret_on(page)) is not None
    assert secret_on(page) not in root.browser.go(f"/admin/accounts/proxy/{proxy.pk}/change/").html
    assert AuditEvent.objects.filter(kind="proxy.added").count() == 1
    assert secret_on(page) not in str(list(AuditEvent.objects.values()))


def test_proxy_is_found_with_its_applications_by_one_statement(
    asking_proxy: ForwardAuthProxy, proxy: Proxy, build: Build, django_assert_num_queries: Any
) -> None:
    """Every process reads it again each second. Seen failing with two statements."""
    found = _caller_with(asking_proxy.secret)
    assert found is not None
    assert found.applications == frozenset()
    own = [build(name, (f"{name}.example.org", "strength")) for name in ("tickets", "payroll")]
    proxy.applications.add(*own)

    with django_assert_num_queries(1):
        found = _caller_with(asking_proxy.secret)

    assert found is not None
    assert (found.id, found.slug, found.program) == (proxy.pk, proxy.slug, proxy.program)
    assert found.applications == {each.pk for each in own}
    assert [str(each) for each in found.networks] == proxy.networks


def test_needs_an_address_of_the_proxy(root: Person) -> None:
    page = root.browser.save(
        "/admin/accounts/proxy/add/", name="Front", slug="front", program="caddy", networks="0.0.0.0/0"
    )

    assert page.refused_fields == {"networks"}
    assert not Proxy.objects.exists()


def test_renewed_secret_overlaps_until_it_is_ended(root: Person, asking_proxy: ForwardAuthProxy, proxy: Proxy) -> None:
    former = asking_proxy.secret
    page = act(root, proxy, "renew_secret", "Renew secret")
    newer = secret_on(page)
    assert _caller_with(former) is not None
    assert _caller_with(newer) is not None

    act(root, proxy, "end_former", "Revoke old secret")

    assert _caller_with(former) is None
    assert _caller_with(newer) is not None
    kinds = set(AuditEvent.objects.values_list("kind", flat=True))
    assert {"proxy.secret_renewed", "proxy.former_secret_ended"} <= kinds


def act(root: Person, proxy: Proxy, action: str, button: str) -> object:
    root.browser.go("/admin/accounts/proxy/")
    root.browser.send("/admin/accounts/proxy/", action=action, _selected_action=str(proxy.pk))
    return root.browser.press(button, reason="A test wants it.")


def test_protects_an_address(root: Person, wiki: Application) -> None:
    root.browser.save(
        "/admin/accounts/protectedhost/add/",
        application=str(wiki.pk),
        host="Wiki.Example.org:80",
        path_prefix="/admin",
        access="strength",
        strength="phishing-resistant",
    )

    assert ProtectedHost.objects.filter(host=HOST, path_prefix="/admin/", strength="phishing-resistant").exists()
    assert AuditEvent.objects.filter(kind="protected_address.added").count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "https://wiki.example.org"},
        {"host": "wiki.example.org/x"},
        {"path_prefix": "admin"},
        {"path_prefix": "/a/../b/"},
        {"path_prefix": "/a//b/"},
        {"path_prefix": "/%61/"},
        {"path_prefix": "/a;b/"},
        {"path_prefix": "/a/?x"},
        {"path_prefix": "/.two-step/"},
        {"access": "public", "strength": "no-phone"},
    ],
)
def test_refuses_an_address_that_could_not_be_matched(root: Person, wiki: Application, fields: dict[str, str]) -> None:
    given = {"application": str(wiki.pk), "host": "new.example.org", "path_prefix": "/", "access": "strength"}

    root.browser.save("/admin/accounts/protectedhost/add/", **given | fields)

    assert ProtectedHost.objects.count() == 1


def test_public_pages_are_shown_before_they_are_saved(root: Person, wiki: Application) -> None:
    page = root.browser.save(
        "/admin/accounts/protectedhost/add/",
        application=str(wiki.pk),
        host=HOST,
        path_prefix="/public/",
        access="public",
    )

    assert page.offers("Apply")
    assert f"{HOST}/public/" in page
    assert ProtectedHost.objects.count() == 1


def check(person: Person, **question: str) -> Page:
    query = "&".join(f"{name}={value}" for name, value in question.items())
    return person.browser.go(f"/admin/accounts/proxy/check/?{query}")


def _answer(verdict: AccessVerdict, reason: str = "") -> str:
    """Return what the page says about an answer."""
    return f"{check_access_at_proxy.VERDICTS[verdict]} {check_access_at_proxy.reason_words(reason)}".strip()


def test_says_what_would_be_answered(root: Person, proxy_of_ana: ForwardAuthProxy, proxy: Proxy, build: Build) -> None:
    url = f"http://{HOST}/page"

    opened = check(root, username="ana", url=url, proxy="front")
    assert _answer(AccessVerdict.ALLOWED) in opened
    assert "https://refeds.org/profile/mfa" in opened
    assert _answer(AccessVerdict.SIGN_IN) in check(root, username="", url=url)
    assert check(root, username="nobody", url=url).refused_fields == {"username"}
    assert _answer(AccessVerdict.UNKNOWN, "no-rule") in check(root, username="ana", url="http://unknown.example.org/")
    assert _answer(AccessVerdict.DOUBT, Doubt.PATH) in check(root, username="ana", url=f"http://{HOST}/a/../b")
    Application.objects.update(strength="phishing-resistant")
    assert _answer(AccessVerdict.VERIFY) in check(root, username="ana", url=url)
    proxy.applications.add(build("tickets", ("tickets.example.org", "strength")))
    assert _answer(AccessVerdict.UNKNOWN, "other-proxy") in check(root, username="ana", url=url, proxy="front")


def test_says_that_a_new_password_comes_first(root: Person, proxy_of_ana: ForwardAuthProxy) -> None:
    """Seen failing: the page gave no reason."""
    User.objects.filter(username="ana").update(must_change_password=True)

    page = check(root, username="ana", url=f"http://{HOST}/page")

    assert check_access_at_proxy.reason_words(access_check.MUST_REPLACE) in page


def test_answers_as_the_endpoint_does(root: Person, proxy_of_ana: ForwardAuthProxy) -> None:
    """What the page shows is what a proxy gets."""
    told = proxy_of_ana.ask("/page")

    page = check(root, username="ana", url=f"http://{HOST}/page", proxy="front")

    assert all(told[name] in page for name in ("Remote-User", "Remote-Email", "Remote-Acr", "Remote-Session"))


def test_page_is_for_those_who_may_see_proxies(db: None, proxy_of_ana: ForwardAuthProxy) -> None:
    person = join("dev", is_staff=True).set_up("totp")
    person.sign_in()

    assert person.browser.go(f"/admin/accounts/proxy/check/?url=http://{HOST}/").status == 403


def test_says_nothing_of_people_of_another_desk(proxy_of_ana: ForwardAuthProxy, clock: Clock) -> None:
    """Seen failing: staff of one desk could ask about everyone."""
    gil = hire("gil", "Administrators")
    desk, north = Group.objects.create(name="Desk"), Group.objects.create(name="North")
    Scope.objects.create(desk=desk).people.add(north)
    gil.user.groups.add(desk)
    gil.sign_in(to="/admin/")

    page = check(gil, username="ana", url=f"http://{HOST}/page")

    assert page.refused_fields == {"username"}
    assert _answer(AccessVerdict.ALLOWED) not in page
    User.objects.get(username="ana").groups.add(north)
    assert _answer(AccessVerdict.ALLOWED) in check(gil, username="ana", url=f"http://{HOST}/page")
