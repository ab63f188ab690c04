"""Tests of the whole URL table in each session state: a session reaches only what its state allows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.forms import BaseForm
from django.template import Template
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from tests.every_page import url_table
from tests.every_page.conftest import STATES
from tests.every_page.url_table import Address
from tests.every_page.urls_open_to_everyone import DEMO, OPEN
from tests.infrastructure.rounds import some
from tests.simulated.http_browser import Browser
from tests.simulated.people import BENS, join
from verification.delivery.providers.virtual.models import Delivery

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("addresses")]

JUNK: tuple[dict[str, str], ...] = (
    {},
    {"code": "", "remember": "on", "option": "", "method": "", "next": "/"},
    {"code": "000000", "remember": "on", "option": "x", "method": "totp", "username": "ana", "password": ""},
)


@pytest.fixture
def table(browser: Browser) -> list[Address]:
    """Return every URL, with the ids of existing rows where there are any. Request this fixture last."""
    somebody = join("somebody", number=BENS).set_up("totp")
    born = somebody.user.date_joined
    Group.objects.get_or_create(pk=somebody.user.pk, defaults={"name": "Finance"})
    call = Delivery.objects.create(
        message_id="a" * 32,
        reference="VP1",
        kind="call",
        to=BENS,
        words="Hello.",
        language="en",
        received_at=born,
        arrives_at=born,
        useful_until=born,
        state="ringing",
    )
    return url_table.every(
        {
            "method": "text",
            "ref": somebody.enrolment("totp").ref,
            "handle": "a" * 32,
            "token": "b" * 43,
            "provider_name": "virtual",
            "event": "receipt",
            "message_id": "a" * 32,
            "object_id": str(somebody.user.pk),
            "pk": str(somebody.user.pk),
            "name": "end_sessions",
            "key": "methods",
            "slug": "no-text",
            "version": "a" * 16,
            "kind": "oidc",
            "reference": "1-strange-abcdef",
            "content_type_id": "1",
            "below": "page",
            "call_id": str(call.pk),
            "number": BENS,
        }
    )


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a request did, so that each URL is tried in the same state."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send_request(browser: Browser, verb: str, path: str, fields: dict[str, str] | None = None) -> Any:
    kept = deepcopy(browser.client.cookies)
    token = kept.get("mfa_csrf")
    sent = {"csrfmiddlewaretoken": token.value if token else ""} | (fields or {})
    answer = browser.client.get(path) if verb == "get" else browser.client.post(path, sent)
    browser.client.cookies = kept
    return answer


@dataclass(frozen=True)
class PageResult:
    """The answer to a GET: what it wrote, whether somebody was signed in afterwards, and fields that it leaves out."""

    address: Address
    status: int
    location: str
    headers: Mapping[str, str]
    changes: list[str]
    is_signed_in: bool
    fields_left_out: list[str]
    n_forms: int


_GOT: dict[str, list[PageResult]] = {}
_ID = re.compile(r"[0-9a-f]{32}|[0-9]+")  # the rows of another test have others


@pytest.fixture
def results(request: pytest.FixtureRequest, browser: Browser, table: list[Address]) -> list[PageResult]:
    """Return what a GET of each URL answers in this state. Several tests look at the same answers."""
    state = request.node.callspec.params["browser"]
    if state not in _GOT:
        _GOT[state] = [_get(browser, address) for address in table]
    return _GOT[state]


@pytest.fixture
def state_number(request: pytest.FixtureRequest) -> int:
    """Return the number of the state."""
    return list(STATES).index(request.node.callspec.params["browser"])


def _get(browser: Browser, address: Address) -> PageResult:
    with undone():
        with CaptureQueriesContext(connection) as captured, shown_forms() as forms:
            answer = send_request(browser, "get", address.path)
        is_signed_in = Session.objects.exclude(user=None).exists()
    return PageResult(
        address,
        answer.status_code,
        answer.get("Location", ""),
        answer.headers,
        _writes(captured),
        is_signed_in,
        _left_out(answer, forms),
        len(forms),
    )


@contextmanager
def shown_forms() -> Iterator[list[BaseForm]]:
    """Collect the forms that templates are given: a response in a test has no context."""
    found: dict[int, BaseForm] = {}
    render = Template._render  # type: ignore[attr-defined]  # the stubs leave it out

    def noting(template: Template, context: Any) -> Any:
        values = [value for layer in context.dicts for value in layer.values()]
        found.update({id(value): value for value in values if isinstance(value, BaseForm)})
        return render(template, context)

    forms: list[BaseForm] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", noting)
        yield forms
    forms += found.values()


def _left_out(answer: Any, forms: list[BaseForm]) -> list[str]:
    """Return the fields of the page's forms that are not on the page, so nobody can fill them in.

    Empty lists have no actions, and check boxes without choices show none.
    """
    fields = [field for form in forms if not isinstance(form, ActionForm) for field in form.visible_fields()]
    names = {each.html_name for each in fields if list(getattr(each.field, "choices", ["any"]))}
    return sorted(name for name in names if f'name="{name}' not in answer.content.decode())


def _writes(captured: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in captured if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]


def leads_to_sign_in(status: int, location: str) -> bool:
    return status == 302 and location.partition("?")[0] in {"/sign-in/", "/admin/login/"}


def junk(n: int) -> Sequence[dict[str, str]]:
    """Return one of the forms that fit nowhere, another for each URL in turn; or all."""
    return some(JUNK, len(JUNK), turn=n)


def is_opened(status: int, location: str) -> bool:
    return status != 405 and not leads_to_sign_in(status, location)


def opened(browser: Browser, results: list[PageResult]) -> list[str]:
    """Return the requests that a browser could make without being redirected to sign-in."""
    found = [f"get {each.address.path}: {each.status}" for each in results if is_opened(each.status, each.location)]
    for n, each in enumerate(results):
        assert each.status < 500, each.address
        for fields in junk(n):
            with undone():
                answer = send_request(browser, "post", each.address.path, fields)
                assert answer.status_code < 500, each.address
                if is_opened(answer.status_code, answer.get("Location", "")):
                    found.append(f"post {each.address.path}: {answer.status_code}")
    return found


def in_state(*states: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("browser", states, indirect=True)


@in_state("stranger")
def test_stranger_opens_nothing_but_what_is_for_strangers(browser: Browser, results: list[PageResult]) -> None:
    assert opened(browser, [each for each in results if not each.address.is_open]) == []


@in_state("half", "registering", "registered")
def test_half_session_opens_nothing_but_the_steps(browser: Browser, results: list[PageResult]) -> None:
    """R13: no page, admin, Basic or export. Seen failing with a portal page marked as not wanting a sign-in."""
    assert opened(browser, [each for each in results if not each.address.is_open and not each.address.is_step]) == []


@in_state("half", "registering")
def test_no_step_signs_in_without_a_proof(browser: Browser, results: list[PageResult]) -> None:
    """R14: steps skipped, reordered, with empty, missing or made-up fields."""
    tried = [each for each in results if not each.address.is_admin]
    signed_in = [f"get {each.address.path}" for each in tried if each.is_signed_in]
    for n, each in enumerate(tried):
        for fields in junk(n):
            with undone():
                send_request(browser, "post", each.address.path, fields)
                if Session.objects.exclude(user=None).exists():
                    signed_in.append(f"post {each.address.path} {fields}")

    assert signed_in == []


@in_state("half", "registering", "signed in", "chief")
def test_page_shows_each_field_of_its_forms(results: list[PageResult]) -> None:
    """Seen failing with an import that never offered to invite people: its page named the fields one by one."""
    assert sum(each.n_forms for each in results) > 0
    assert {each.address.path: each.fields_left_out for each in results if each.fields_left_out} == {}


@in_state("signed in")
def test_signed_in_person_opens_no_admin_page(browser: Browser, table: list[Address]) -> None:
    for address in (a for a in table if a.is_admin):
        page = browser.go(address.path)

        assert page.status == 403 or page.path in {"/", "/sign-in/", "/password/"}, address


@in_state("staff")
def test_staff_open_no_admin_page_of_what_they_have_no_right_to(results: list[PageResult]) -> None:
    harmless = {"admin:index", "admin:login", "admin:logout", "admin:jsi18n"}
    for each in (each for each in results if each.address.is_admin and each.address.name not in harmless):
        assert each.status in {302, 403, 404, 405}, each.address


@in_state("stranger", "half", "registering", "registered", "signed in", "staff")
def test_get_writes_and_sends_nothing(results: list[PageResult]) -> None:
    """Every page can be reloaded any number of times. Seen failing with pages that cleared an unfinished sign-in."""
    written = []
    for each in results:
        changes = each.changes
        if each.address.is_admin and each.status == 302:  # Django's message for a missing object
            changes = [sql for sql in changes if "accounts_session" not in sql]
        written += [f"{each.address.path}: {sql[:60]}" for sql in changes]

    assert written == []


@in_state("stranger", "half", "registering", "registered", "signed in", "staff")
def test_head_is_answered_as_get_is(
    browser: Browser, table: list[Address], results: list[PageResult], state_number: int
) -> None:
    """RFC 9110, 9.1 and 9.3.2. Each URL in a third of the states, or in all."""
    unlike = []
    for address, each in some(list(zip(table, results, strict=True)), 3, turn=state_number):
        kept = deepcopy(browser.client.cookies)
        with undone():
            head = browser.client.head(address.path)
        browser.client.cookies = kept
        location = head.get("Location", "")
        is_same = (head.status_code, _ID.sub("#", location)) == (each.status, _ID.sub("#", each.location))
        if not is_same or head.getvalue():
            unlike.append(f"{address.path}: {each.status} {each.location}, {head.status_code} {location}")

    assert unlike == []


@in_state("stranger", "half", "signed in", "staff")
def test_options_name_what_an_address_takes_and_do_nothing(
    browser: Browser, table: list[Address], state_number: int
) -> None:
    """Each URL in half of the states, or in all."""
    for address in some(table, 2, turn=state_number):
        with undone(), CaptureQueriesContext(connection) as captured:
            answer = browser.client.options(address.path)

        assert answer.status_code in {200, 204, 302, 403, 404}, address
        assert answer.status_code != 204 or "OPTIONS" in answer["Allow"], address
        assert address.is_admin or _writes(captured) == [], address


# Addresses without a page: they are for programs, or a script of ours asks them.
PROGRAMS = {
    "signin:passwordless-options",
    "verification:callback-receive",
    "admin:jsi18n",
    "oidc:token",
    "oidc:revoke",
    "oidc:introspect",
}


@in_state("signed in", "half", "registering", "registered", "chief")
def test_no_button_of_a_page_ends_in_a_blank_405(results: list[PageResult]) -> None:
    """Signing in again comes back by GET, whatever button was pressed when the session had ended."""
    of_pages = [e for e in results if e.address.name not in PROGRAMS and not e.address.name.startswith(DEMO)]

    assert [each.address.path for each in of_pages if each.status == 405] == []


@in_state("stranger")
def test_table_of_open_addresses_names_none_that_is_gone(table: list[Address]) -> None:
    assert set(OPEN) <= {address.name for address in table}


# What is the same for everyone.
PUBLIC = {"theme", "openid-configuration", "oauth-authorization-server", "oidc:jwks"}


@in_state("signed in")
def test_no_page_of_ours_may_be_kept_or_framed(results: list[PageResult]) -> None:
    for each in (each for each in results if each.address.name not in PUBLIC):
        assert "no-store" in each.headers["Cache-Control"], each.address
        assert each.headers["X-Frame-Options"] == "DENY", each.address
        assert "frame-ancestors 'none'" in each.headers["Content-Security-Policy"], each.address


@pytest.mark.parametrize("browser", ["stranger"], indirect=True)
def test_stranger_leaves_no_session(browser: Browser, table: list[Address]) -> None:
    """Seen failing: each form sent without a sign-in left a row, for the message on the next page."""
    leaving = set()
    for address in table:
        if (address.is_open or address.is_step) and not address.name.startswith(DEMO):
            for fields in JUNK:
                with undone():
                    send_request(browser, "post", address.path, fields)
                    if Session.objects.filter(user=None).exists():
                        leaving.add(address.name)

    assert leaving == set()
