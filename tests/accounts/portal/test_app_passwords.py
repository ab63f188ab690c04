"""Tests of the app password pages: shown once, deleted for good, and reachable only by their owner."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.app_passwords import MAX_PER_PERSON, kinds_of_apps
from accounts.models import AppPassword, User
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.http_browser import Page
from tests.simulated.people import ANAS, Clock, Person, join
from verification import time_format
from verification.models import AuditEvent, Message, Policy

LIST, MAKE, ALL = "/app-passwords/", "/app-passwords/make/", "/app-passwords/delete/"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECRET = re.compile(r'<code id="app-password"[^>]*>([a-z2-7 ]{29})</code>')


def _secret(page: Page) -> str:
    found = SECRET.search(page.html)
    assert found, page.words
    return found[1]


def _make(person: Person, **fields: str) -> Page:
    person.browser.go(MAKE)
    return person.browser.press("Create app password", **{"program": "mail", "name": "old laptop"} | fields)


def _delete_page(row: AppPassword) -> str:
    return f"/app-passwords/{row.ref}/delete/"


@pytest.fixture
def other(db: None, clock: Clock) -> Person:
    """Return another signed-in person with an app password."""
    person = join("eve", number="+41795550199").set_up("totp")
    person.sign_in()
    app_password_services.make(person.user, name="eve's laptop")
    return person


def test_shows_it_once_with_what_to_do(ana: Person, mail: AppPasswordService) -> None:
    ana.sign_in()

    page = _make(ana)
    secret = _secret(page)

    assert mail.opens("ana", secret)
    assert all(str(step) in page for step in kinds_of_apps.PROGRAMS["mail"].steps)
    assert 'data-copy="#app-password"' in page.html
    assert "no-store" in page.response.headers["Cache-Control"]
    for address in (LIST, MAKE, "/activity/"):
        assert secret not in ana.browser.go(address).html
    assert secret not in str(ana.browser.client.session.items())


def test_tells_its_person(ana: Person) -> None:
    ana.sign_in()
    _make(ana)

    (message,) = Message.objects.filter(template__contains="app_password_created")
    assert message.context.items() >= {"name": "old laptop", "service": "Email", "network": "192.0.2.7"}.items()
    assert AuditEvent.objects.get(kind="app_password.made").said == {"name": "old laptop", "program": "mail"}


def test_says_that_there_are_none(ana: Person) -> None:
    ana.sign_in()

    page = ana.browser.go(LIST)

    assert _listed(page) == []
    assert page.leads_to(MAKE)
    assert not page.leads_to("/app-passwords/delete/")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "x" * 65),
        ("program", "fax"),
        ("network", "the office"),
        ("network", "192.0.2.0/77"),
        ("days", "0"),
        ("days", "3651"),
        ("days", "soon"),
    ],
)
def test_keeps_what_was_typed_and_says_which_field_is_wrong(ana: Person, field: str, typed: str) -> None:
    ana.sign_in()
    given = {"name": "grandmother's laptop", "network": "198.51.100.0/24", "days": "77"} | {field: typed}

    page = _make(ana, **given)

    assert page.refused_fields == {field}
    assert not AppPassword.objects.exists()
    form, _button = page.form("Create app password")
    assert {name: form.fields[name] for name in given if name != "program"} == {
        name: value for name, value in given.items() if name != "program"
    }
    if field in {"network", "days"}:
        assert '<details class="more" open>' in page.html


def test_names_the_41st(ana: Person) -> None:
    ana.sign_in()
    for at in range(MAX_PER_PERSON):
        app_password_services.make(ana.user, name=f"laptop {at}")

    page = ana.browser.go(LIST)

    assert len(_listed(page)) == MAX_PER_PERSON
    assert not page.leads_to(MAKE)
    assert all(f"laptop {at}" in page for at in range(MAX_PER_PERSON))
    refused = _make(ana)
    assert not SECRET.search(refused.html)
    assert AppPassword.objects.count() == MAX_PER_PERSON


def test_deletes_one_after_a_confirmation(ana: Person, mail: AppPasswordService) -> None:
    ana.sign_in()
    gone, kept = (
        app_password_services.make(ana.user, name="old laptop"),
        app_password_services.make(ana.user, name="older laptop"),
    )
    row = AppPassword.objects.get(name="old laptop")

    page = ana.browser.go(_delete_page(row))
    assert page.offers("Delete app password")
    assert "old laptop" in page
    assert AppPassword.objects.count() == 2

    page = ana.browser.press("Delete app password")
    assert (page.path, _listed(page)) == (LIST, ["older laptop"])
    assert (mail.opens("ana", gone), mail.opens("ana", kept)) == (False, True)


def test_deletes_all_after_a_confirmation(ana: Person, other: Person) -> None:
    ana.sign_in()
    for _ in range(3):
        app_password_services.make(ana.user)

    ana.browser.go(LIST)
    page = ana.browser.follow("Delete all")
    assert page.path == ALL
    assert AppPassword.objects.filter(user=ana.user).count() == 3
    ana.browser.press("Delete all app passwords")

    assert list(AppPassword.objects.values_list("user", flat=True)) == [other.user.pk]


def test_forgets_nothing_by_reloading(ana: Person) -> None:
    ana.sign_in()
    app_password_services.make(ana.user)

    ana.browser.go(ALL)
    ana.browser.reload()

    assert AppPassword.objects.count() == 1


def test_knows_no_stranger(ana: Person, other: Person) -> None:
    ana.sign_in()
    row = AppPassword.objects.get(user=other.user)

    assert ana.browser.go(_delete_page(row)).status == 404
    assert ana.browser.send(_delete_page(row)).status == 404
    assert ana.browser.go(_delete_page(row)).status == ana.browser.go("/app-passwords/nothing/delete/").status
    ana.browser.send(ALL)
    assert AppPassword.objects.filter(pk=row.pk).exists()
    assert "eve" not in ana.browser.go(LIST)


@pytest.mark.parametrize("address", [MAKE, ALL])
def test_wants_a_fresh_proof(ana: Person, clock: Clock, address: str) -> None:
    ana.sign_in()
    app_password_services.make(ana.user)
    clock.forward(minutes=11)

    assert ana.browser.go(address).path == "/sign-in/again/"
    ana.browser.send(address, program="mail", name="late")

    assert AppPassword.objects.count() == 1


def test_still_shows_and_deletes_when_the_policy_forbids_them(ana: Person, mail: AppPasswordService) -> None:
    ana.sign_in()
    secret = app_password_services.make(ana.user)
    Policy.objects.create(app_passwords=False)

    page = ana.browser.go(LIST)
    assert page.outcomes == {"app_passwords:off"}
    assert "old laptop" in page
    assert not page.leads_to(MAKE)
    assert ana.browser.go(MAKE).path == LIST
    ana.browser.send(MAKE, program="mail", name="another")
    assert AppPassword.objects.count() == 1

    ana.browser.go(_delete_page(AppPassword.objects.get()))
    ana.browser.press("Delete app password")
    Policy.objects.all().delete()
    assert not mail.opens("ana", secret)


def test_says_that_they_are_suspended(ana: Person) -> None:
    ana.sign_in()
    app_password_services.make(ana.user)
    User.objects.filter(pk=ana.user.pk).update(securing_since=datetime(2026, 3, 2, tzinfo=UTC))

    page = ana.browser.go(LIST)

    assert page.outcomes == {"app_passwords:suspended"}
    assert not page.leads_to(MAKE)
    assert ana.browser.go(MAKE).path == LIST


def test_names_an_app_that_keeps_failing(ana: Person, strict: AppPasswordService) -> None:
    ana.sign_in()
    for _ in range(3):
        strict.knock("ana", "an older password")

    page = ana.browser.go(LIST)

    assert page.outcomes == {"app_passwords:failing"}
    for words in ("Strict", "3 times from 192.0.2.7"):
        assert words in page


def test_is_closed_to_strangers(db: None, clock: Clock) -> None:
    browser = join("gil", number=ANAS).browser

    assert {browser.go(address).path for address in (LIST, MAKE, ALL)} == {"/sign-in/"}


def _fill(person: Person, n: int) -> None:
    for at in range(n):
        app_password_services.make(person.user, name=f"Laptop {at:03}")


def _listed(page: Page) -> list[str]:
    return re.findall(r'<span class="line-name">\s*<bdi>([^<]+)</bdi>', page.html)


def test_lists_each_with_its_use_and_leads_to_its_page(ana: Person, mail: AppPasswordService) -> None:
    ana.sign_in()
    secret = _secret(_make(ana, network="192.0.2.0/24", days="30"))
    assert AppPassword.objects.get().last_used_at is None
    mail.opens("ana", secret)

    page = ana.browser.go(LIST)
    assert _listed(page) == ["old laptop"]
    row = AppPassword.objects.get()
    assert row.last_used_at is not None
    assert time_format.short_moment(row.last_used_at) in page.part("class", "line-used").words
    assert time_format.short_day(row.made_at) in page.part("class", "line-made").words
    assert page.part("class", "line-kind").words == "Email"

    page = ana.browser.go(page.link("old laptop"))
    assert page.path == f"/app-passwords/{row.ref}/"
    for shown in ("192.0.2.0/24", "1 April 2026", time_format.moment(row.last_used_at), "192.0.2.7", "IMAP"):
        assert shown in page
    assert page.offers("Delete app password")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["old phone", "Desk", "Old laptop"]),
        ("?sort=name", ["Desk", "Old laptop", "old phone"]),
        ("?sort=used", ["Desk", "Old laptop", "old phone"]),
        ("?sort=nonsense", ["old phone", "Desk", "Old laptop"]),
        ("?q=OLD", ["old phone", "Old laptop"]),
        ("?q=laptop+old", ["Old laptop"]),
        ("?unused=1", ["old phone", "Old laptop"]),
        ("?q=old&unused=1&sort=name", ["Old laptop", "old phone"]),
        ("?q=printer", []),
        ("?q=%00%F0%9F", []),
    ],
)
def test_searches_filters_and_sorts(ana: Person, clock: Clock, query: str, names: list[str]) -> None:
    ana.sign_in()
    for name in ("Old laptop", "Desk", "old phone"):
        app_password_services.make(ana.user, name=name)
    used = {"Old laptop": 91, "Desk": 90}
    for name, days in used.items():
        AppPassword.objects.filter(name=name).update(last_used_at=clock.now - timedelta(days=days))

    assert _listed(ana.browser.go(LIST + query)) == names


def test_offers_a_search_once_the_list_is_long(ana: Person) -> None:
    ana.sign_in()
    _fill(ana, 5)
    assert not ana.browser.go(LIST).offers("Search")

    _fill(ana, 1)

    page = ana.browser.go(LIST)
    assert page.offers("Search")
    assert len(_listed(page)) == 6
    assert _listed(ana.browser.press("Search", q="laptop 004")) == ["Laptop 004"]
    assert _listed(ana.browser.press("Search", q="printer")) == []
    assert len(_listed(ana.browser.follow("Show all"))) == 6


def test_long_list_costs_no_more_statements_than_a_short_one(
    ana: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ana.sign_in()
    _fill(ana, 1)
    with CaptureQueriesContext(connection) as short:
        ana.browser.go(LIST)
    AppPassword.objects.bulk_create(
        AppPassword(user=ana.user, name=f"n {at}", program="mail", digest=f"d{at}", grants_epoch=0, made_at=NOW)
        for at in range(199)
    )
    AppPassword.objects.update(grants_epoch=ana.user.grants_epoch)

    with django_assert_max_num_queries(len(short)):
        page = ana.browser.go(LIST)

    assert len(_listed(page)) == 200


def test_page_of_a_stranger_is_nobodys(ana: Person, other: Person) -> None:
    ana.sign_in()

    assert ana.browser.go(f"/app-passwords/{AppPassword.objects.get(user=other.user).ref}/").status == 404
