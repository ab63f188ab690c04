"""Tests of the short path: only marked views take it, and they keep the protection that every request has."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from accounts.integrations.endpoints_without_page_middleware import for_programs
from mfasite import error_views, urls


def _open(request: HttpRequest) -> HttpResponse:
    seen = [name for name in ("session", "user", "csrf_processing_done") if hasattr(request, name)]
    return HttpResponse(",".join([*seen, translation.get_language(), timezone.get_current_timezone_name()]))


def _unmarked(request: HttpRequest) -> HttpResponse:
    return _open(request)


@for_programs
def _marked(request: HttpRequest) -> HttpResponse:
    return _open(request)


@for_programs
def _broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


handler400, handler403, handler404, handler500 = (
    error_views.bad_request,
    error_views.permission_denied,
    error_views.not_found,
    error_views.server_error,
)
_ours: list[URLPattern] = [
    path("integrations/marked/", _marked),
    path("integrations/unmarked/", _unmarked),
    path("integrations/broken/", _broken),
    path("elsewhere/", _marked),
]
urlpatterns = [*_ours, *urls.urlpatterns]

pytestmark = pytest.mark.urls(__name__)


def test_gives_a_marked_view_no_session_user_or_form(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/integrations/marked/")

    assert answer.content == b"en,Europe/Zurich"


def test_asks_people_to_sign_in_where_the_mark_is_missing(client: Client, db: None) -> None:
    answer = client.get("/integrations/unmarked/")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")


def test_is_for_one_folder_only(client: Client, db: None) -> None:
    assert b"session,user" in client.get("/elsewhere/").content


def test_keeps_the_headers_of_every_response(client: Client) -> None:
    headers = client.get("/integrations/marked/").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Request-ID"]
    assert headers["Content-Length"] == "16"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("given", "status"),
    [({"Host": "stranger.example"}, 400), ({"X-Odd": "a\x00b"}, 400), ({}, 200)],
    ids=["a host of others", "a control character", "as it should be"],
)
def test_refuses_what_every_page_refuses(client: Client, given: dict[str, str], status: int) -> None:
    assert client.get("/integrations/marked/", headers=given).status_code == status


def test_takes_no_language_or_time_zone_from_the_thread(client: Client) -> None:
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        assert client.get("/integrations/marked/").content == b"en,Europe/Zurich"


def test_counts_the_view(client: Client) -> None:
    assert client.get("/integrations/marked/").resolver_match.route == "integrations/marked/"


@pytest.mark.parametrize(("address", "status"), [("broken/", 500), ("nowhere/", 404)])
def test_an_error_has_its_page(client: Client, db: None, address: str, status: int) -> None:
    client.raise_request_exception = False

    assert client.get(f"/integrations/{address}").status_code == status


SCIM, JSON, TEXT, PAGE = "application/scim+json", "application/json", "text/plain", "text/html"
FLAWED = [
    ("/scim/v2/Users/%00", {}, 400, SCIM),
    ("/scim/v2/Users?filter=%00", {}, 400, SCIM),
    ("/scim/v2/Users?filter=" + "a" * 9000, {}, 400, SCIM),
    ("/oauth/token/?x=%00", {}, 400, JSON),
    ("/oauth/revoke/?x=%00", {}, 400, JSON),
    ("/oauth/introspect/?x=%00", {}, 400, JSON),
    ("/oauth/userinfo/?x=%00", {}, 400, JSON),
    ("/oauth/jwks.json?x=%00", {}, 400, JSON),
    ("/.well-known/openid-configuration?x=%00", {}, 400, JSON),
    ("/integrations/basic/?x=%00", {}, 403, TEXT),
    ("/integrations/forward-auth/%00", {}, 403, JSON),
    ("/integrations/forward-auth/?x=%00", {}, 403, JSON),
    ("/integrations/forward-auth/%00", {"Accept": "text/html"}, 403, PAGE),
    ("/integrations/forward-auth/", {"X-Forwarded-Uri": "/\x01"}, 403, JSON),
    ("/oauth/authorize/?client_id=%00", {}, 400, PAGE),
    ("/help/?q=%00", {}, 400, PAGE),
    ("/help/%00/", {}, 400, PAGE),
    ("/nothing/%00", {}, 400, PAGE),
]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("address", "headers", "status", "kind"), FLAWED)
def test_what_cannot_be_read_is_refused_in_the_format_of_its_view(
    address: str, headers: dict[str, str], status: int, kind: str, method: str
) -> None:
    """Programs got a page for people. Seen failing."""
    answer = Client().generic(method, address, headers=headers)

    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (status, kind)
    if kind == SCIM:
        assert answer.json()["status"] == "400"
    if address.startswith(("/oauth/", "/.well-known/")) and kind == JSON:
        assert answer.json()["error"] == "invalid_request"


@pytest.mark.django_db
def test_mail_proxy_is_refused_in_a_header_whatever_it_sent() -> None:
    answer = Client().get("/integrations/basic/mail/?x=%00")

    assert (answer.status_code, answer["Auth-Wait"]) == (200, "3")
    assert answer["Auth-Status"] not in {"", "OK"}


def test_every_view_for_programs_says_how_it_refuses_what_cannot_be_read() -> None:
    ours = [(name, view) for name, view in _views(get_resolver()) if view.__module__.startswith("accounts.")]
    found = {name: view for name, view in ours if getattr(view, "is_for_programs", False)}

    assert len(found) >= 10
    assert [name for name, view in found.items() if not hasattr(view, "answer_to_unreadable")] == []


def _views(resolver: URLResolver) -> Iterator[tuple[str, Any]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _views(each)
        else:
            yield f"{each.pattern} {each.name}", each.callback
