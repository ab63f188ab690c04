"""Tests of the screening of requests: what no column can store is refused, and the page says what to do."""

import json
import time
from collections.abc import Callable
from io import BytesIO
from typing import cast
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings

from mfasite.middleware.input_screening import Request, Screened, ScreeningHandler
from mfasite.urls import handler400
from mfasite.urls import urlpatterns as real

__all__ = ["handler400"]

FORM = "application/x-www-form-urlencoded"
MARKS = "a" + "\u0301" * 31


@login_not_required
def told(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"get": dict(request.GET.lists()), "post": dict(request.POST.lists()), "jar": request.COOKIES})


@csrf_exempt
@login_not_required
def raw(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


urlpatterns = [path("told/", told), path("raw/", raw), *real]


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def served(**environ: str) -> HttpResponse:
    """Ask as the web server does: the test client's requests are not of our class."""
    environ = {"PATH_INFO": "/told/"} | environ
    setup_testing_defaults(environ)
    return cast("HttpResponse", ScreeningHandler().get_response(Request(environ)))


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (lambda c: c.get("/told/?q=a%00b"), "hidden character"),
        (lambda c: c.get("/told/?q%00=a"), "hidden character"),
        (lambda c: c.get("/told/?q=" + quote(MARKS)), "30 accents"),
        (lambda c: c.get("/told/%00/"), "hidden character"),
        (lambda c: c.get("/told/?q=" + "x" * 9000), "too long"),
        (lambda c: c.post("/told/", "q=" + "x" * 300_000, content_type=FORM), "too long"),
        (lambda c: c.post("/told/", "q=1&" * 201, content_type=FORM), "too long"),
        (lambda c: c.post("/told/", {f"f{n}": BytesIO(b"x") for n in range(6)}), "too long"),
        (lambda c: c.post("/told/", {"q": "a\0b"}), "hidden character"),
        (lambda c: c.post("/told/", {"q": MARKS}), "30 accents"),
        (lambda c: c.post("/told/", "q=%00", content_type=FORM), "hidden character"),
        (lambda c: c.generic("POST", "/told/", b"q=a", "application/x-www-form-urlencoded; charset=rot13"), "UTF-8"),
        (lambda c: c.get("/told/", headers={"user-agent": "a\0b"}), "damaged header"),
        (lambda c: c.get("/told/", CONTENT_LENGTH="²"), "damaged header"),
    ],
)
def test_refuses_in_words(client: Client, send: Callable[[Client], HttpResponse], words: str) -> None:
    answer = send(client)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_refuses_in_the_language_of_the_organisation(client: Client) -> None:
    """Seen failing: a thread still had the language of its last page."""
    with translation.override("de"):
        client.get("/told/%00/")

        assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=" + "b" * 300),
        (b"x" * 300_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(201)), "application/x-www-form-urlencoded"),
        (b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\na\0\r\n--b--\r\n', "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\na\r\n--b--\r\n',
            "multipart/form-data; boundary=b; charset=rot13",
        ),
    ],
)
def test_refuses_a_broken_form(client: Client, body: bytes, kind: str) -> None:
    assert client.generic("POST", "/told/", body, kind).status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain; charset=rot13",
        "text/plain; charset=utf-16",
        "text/plain; charset=utf-8",
        "text/plain; charset*=nowhere''x",
        "text/plain; charset*=idna''%ff%00",
        'text/plain; a="',
        ";",
    ],
)
def test_reads_an_address_in_utf_8_whatever_the_kind_of_the_body(settings: Settings, kind: str) -> None:
    """Django's own request fails on some of these before there is any page."""
    settings.ROOT_URLCONF = __name__

    answer = served(QUERY_STRING="q=%C3%BC", CONTENT_TYPE=kind)

    assert json.loads(answer.content)["get"] == {"q": ["ü"]}


def test_refuses_too_many_fields_whatever_the_kind_of_the_body(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__

    answer = served(QUERY_STRING="%61=1&" * 201, CONTENT_TYPE="text/plain; charset=utf-8")

    assert answer.status_code == 400


def test_gives_texts_in_normal_form_but_leaves_passwords(client: Client) -> None:
    loose = "Zoe\u0308"

    answer = client.post(f"/told/?q={quote(loose)}", {"name": loose, "new_password": loose, "plain": ["a", "b"]})

    assert answer.json()["get"] == {"q": ["Zo\u00eb"]}
    assert answer.json()["post"] == {"name": ["Zo\u00eb"], "new_password": [loose], "plain": ["a", "b"]}


def test_takes_a_cookie_that_cannot_be_read_for_none(client: Client) -> None:
    client.cookies.load({"good": "yes"})

    answer = client.get("/told/", HTTP_COOKIE=r'good=yes; mfa_session="a\000b"')

    assert answer.json()["jar"] == {"good": "yes"}


@pytest.mark.django_db
def test_opens_pages_to_a_browser_with_a_cookie_that_cannot_be_read(client: Client) -> None:
    assert client.get("/sign-in/", HTTP_COOKIE=r'mfa_session="a\000b"').status_code == 200


def test_leaves_the_bodies_of_programs_to_their_readers(client: Client) -> None:
    assert client.post("/raw/", b"\0", content_type="multipart/form-data; boundary=b").content == b"\0"


def test_costs_a_request_next_to_nothing() -> None:
    screened = Screened(lambda request: HttpResponse())
    request = RequestFactory().post(
        "/told/?next=/", {"username": "ana", "password": "x" * 20}, headers={"accept": "*/*"}
    )
    begun = time.perf_counter()

    for _ in range(100):
        screened(request)
        screened.process_view(request, told)

    assert (time.perf_counter() - begun) / 100 < 0.001


@pytest.mark.parametrize(
    "address",
    [
        "/healthz?x=%00", "/readyz?x=%00", "/metrics?x=%00", "/metrics%00", "/.well-known/passkey-endpoints?x=%00",
        "/callbacks/twilio/receipt/1/?x=%00", "/callbacks/%00/receipt/1/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("send", ["get", "post"])
def test_programs_without_a_format_of_their_own_get_plain_text(client: Client, send: str, address: str) -> None:
    """Seen failing: providers, probes and Prometheus got a page."""
    answer = getattr(client, send)(address)

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (400, "text/plain")
    assert b"<" not in answer.content
