"""Tests that no request to any URL causes a server error, and that a refused request changes nothing.

Each of these was seen failing: see the pages in the commits that mended them. `ODD_INPUTS=1` sends every value to every
place; without it they take turns, so that each comes up in each kind of place, and more often with TEST_ROUNDS=all.
"""

import itertools
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.contrib import admin
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client

from accounts.models import User, permissions_of_shipped_roles
from accounts.support.actions.registry import ACTIONS
from mfasite.middleware.input_screening import Request
from tests.every_page import odd_values, url_table
from tests.every_page.conftest import STATES, signed_in
from tests.every_page.odd_requests import BODIES, COOKIES, FORM, GOOD, HEADERS, NAMES, VERBS
from tests.every_page.url_table import Address
from tests.infrastructure.rounds import rounds, some
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import BENS, Clock, hire, join
from verification import inputs
from verification.keys import derived_link_tokens

ALL = bool(os.environ.get("ODD_INPUTS"))

# What a refused request can write: rate-limit counters, the session, and the refusal itself.
COUNTED = {f"verification_{name}" for name in ("counter", "failure", "auditevent", "challenge")} | {"accounts_session"}

# An UPDATE that sets a column to what it is: it holds a row, and changes nothing.
LOCK = re.compile(r'UPDATE "(\w+)" SET "(\w+)" = "\1"\."\2" WHERE')


def role(name: str) -> Browser:
    return signed_in(hire(name.split(maxsplit=1)[0].lower(), name))


EVERYBODY = STATES | {name: lambda name=name: role(name) for name in permissions_of_shipped_roles.ROLES}


@dataclass
class OddInputRun:
    """A browser in one session state, all URLs, and the failures so far."""

    browser: Browser
    values: dict[str, str]
    table: list[Address]
    faults: list[str] = field(default_factory=list)
    filled: list[forms.BaseForm] = field(default_factory=list)  # forms that the last request sent
    n_sent: int = 0


@pytest.fixture
def odd_run(
    request: pytest.FixtureRequest, db: None, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OddInputRun]:
    """Return a site with one row of every kind and a trusted proxy."""
    settings.TRUSTED_PROXIES = ["192.0.2.7/32"]
    monkeypatch.setattr("django.test.client.WSGIRequest", Request)  # as the web server's
    browser = EVERYBODY[request.param]()
    somebody = join("somebody", number=BENS).set_up("totp", "text")
    user = User.objects.exclude(pk=somebody.user.pk).order_by("pk").last() or somebody.user
    odd_values.furnish(user)
    mine, pk = user.enrolments.first(), str(somebody.user.pk)
    values = {
        "method": "text",
        "ref": odd_values.REF,
        "handle": odd_values.REF,
        "token": derived_link_tokens.derive("password_reset", odd_values.REF),
        "provider_name": "virtual",
        "event": "receipt",
        "message_id": odd_values.REF,
        "object_id": str(odd_values.KEY),
        "pk": pk,
        "name": "unlock",
        "key": "methods",
        "slug": "no-text",
        "version": "a" * 16,
        "kind": "oidc",
        "reference": "1-strange-abcdef",
        "content_type_id": "1",
        "below": "page",
        "call_id": "1",
        "number": BENS,
    }
    table = [_mine(address, mine.ref if mine else odd_values.REF) for address in url_table.every(values)]
    table += [Address(f"admin:action {name}", f"/admin/accounts/user/{pk}/do/{name}/") for name in ACTIONS]
    odd_run = OddInputRun(browser, values, table)
    clean = forms.BaseForm.full_clean

    def cleaned(form: forms.BaseForm) -> None:
        clean(form)
        odd_run.filled += [form] if form.is_bound else []

    monkeypatch.setattr(forms.BaseForm, "full_clean", cleaned)
    logging.disable(logging.CRITICAL)  # thousands of refusals
    try:
        yield odd_run
    finally:
        logging.disable(logging.NOTSET)
    assert not odd_run.faults, "\n".join(odd_run.faults)


def _mine(address: Address, ref: str) -> Address:
    """Lead to a method of the person themselves: what it keeps is sealed for its own name."""
    is_theirs = address.path.startswith("/methods/")
    return replace(address, path=address.path.replace(odd_values.REF, ref)) if is_theirs else address


def states(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("odd_run", names or tuple(EVERYBODY), indirect=True)


# Sending -------------------------------------------------------------------------------------------------------


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Undo what a request did, so that each request meets the same state."""
    kept = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = kept


def send_request(
    odd_run: OddInputRun, verb: str, path: str, *, query: str = "", body: bytes = b"", kind: str = FORM, **meta: Any
) -> Any:
    """Send one request, and note a server error or a change made by a refused request."""
    client, written, saved = odd_run.browser.client, list[str](), dict[str, int]()
    odd_run.n_sent += 1
    odd_run.filled.clear()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told, words = execute(sql, params, many, context), sql.split(None, 3)
        if words[0] in {"INSERT", "UPDATE", "DELETE"} and context["cursor"].rowcount and not LOCK.match(sql):
            written.append(words[1 if words[0] == "UPDATE" else 2].strip('"'))
        elif words[0] == "SAVEPOINT":
            saved[words[1]] = len(written)
        elif sql.startswith("ROLLBACK TO SAVEPOINT"):
            del written[saved[words[3]] :]
        return told

    what = f"{verb[:9]} {path[:80]} ?{query[:60]} {body[:200]!r} {kind[:50]} {str(meta)[:100]}"
    with undone(client), connection.execute_wrapper(watch):
        try:
            answer: Any = client.generic(verb, path, body, kind, QUERY_STRING=query, **meta)
            if answer.streaming:
                b"".join(answer.streaming_content)
        except Exception as error:  # noqa: BLE001  (whatever it is)
            odd_run.faults.append(f"{what}: {type(error).__name__} {str(error)[:150]}")
            return None
    if answer.status_code >= 500 and path != "/readyz":
        odd_run.faults.append(f"{what}: {answer.status_code}")
    if is_refused(odd_run, answer) and set(written) - COUNTED:
        odd_run.faults.append(f"{what}: {answer.status_code}, but {sorted(set(written))} changed")
    return answer


def is_refused(odd_run: OddInputRun, answer: Any) -> bool:
    """Return whether a request was refused, with a status or with errors beside the fields of a page."""
    return bool(
        answer.status_code >= 400 or (answer.status_code == 200 and any(form.errors for form in odd_run.filled))
    )


def written_out(fields: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{odd_values.escaped(name)}={odd_values.escaped(value)}" for name, value in fields)


def as_form(odd_run: OddInputRun, fields: dict[str, str]) -> bytes:
    token = odd_run.browser.client.cookies.get("mfa_csrf")
    sent = {"csrfmiddlewaretoken": token.value if token else ""} | fields
    return written_out(sent.items()).encode()


# Fields --------------------------------------------------------------------------------------------------------


@contextmanager
def listening() -> Iterator[set[str]]:
    """Record the names that views read from queries and forms."""
    heard: set[str] = set()

    def noting(read: Any) -> Any:
        def listen(self: QueryDict, name: Any, *args: Any) -> Any:
            if isinstance(name, str) and name != "csrfmiddlewaretoken":
                heard.add(name)
            return read(self, name, *args)

        return listen

    with pytest.MonkeyPatch.context() as patch:
        for verb in ("get", "getlist", "__getitem__", "__contains__"):
            patch.setattr(QueryDict, verb, noting(getattr(QueryDict, verb)), raising=False)
        yield heard


def fields_of(odd_run: OddInputRun, address: Address) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the fields that a URL reads from its query and its form, with valid values."""
    page = None
    for verb in ("GET", "POST"):
        with listening() as heard:
            answer = send_request(odd_run, verb, address.path, body=as_form(odd_run, {}) if verb == "POST" else b"")
            if answer is None or answer.status_code in {404, 405}:
                continue
            if verb == "GET" and not answer.streaming:
                page = Page(answer)
            filled = {name: GOOD.get(name, "1") for name in heard}
            for form in page.forms if page else ():
                if form.method == verb.lower():
                    filled |= {name: form.fields.get(name) or GOOD.get(name, "1") for name in form.names()}
            filled.pop("csrfmiddlewaretoken", None)
            query, body = (urlencode(filled), b"") if verb == "GET" else ("", as_form(odd_run, filled))
            send_request(odd_run, verb, address.path, query=query, body=body)
        yield verb, filled | {name: GOOD.get(name, "1") for name in heard - set(filled)}


def opened_by(odd_run: OddInputRun, state: str) -> list[Address]:
    """Return the URLs that this session state is the first to reach."""
    table = odd_run.table
    if state == "chief":
        return [each for each in table if each.is_admin]
    if state == "stranger":
        return [each for each in table if each.is_open]
    if state == "signed in":
        return [each for each in table if not (each.is_admin or each.is_open or each.is_step)]
    return [each for each in table if each.is_step]


@states("signed in")
def test_recognises_what_is_refused(odd_run: OddInputRun) -> None:
    """Seen failing: it looked for forms in the context of a page, which no test gets."""
    send_request(odd_run, "GET", "/methods/")
    refused = [
        is_refused(odd_run, send_request(odd_run, verb, path, body=as_form(odd_run, fields)))
        for verb, path, fields in (
            ("GET", "/methods/", {}),
            ("POST", "/profile/", {"language": "none", "time_zone": "Nowhere"}),
            ("POST", "/profile/", {"language": "en", "time_zone": "UTC"}),
            ("POST", "/nowhere/", {}),
        )
    ]

    assert refused == [False, True, False, True]


@states("stranger", "half", "registering", "registered", "signed in", "chief")
def test_takes_any_value_in_any_field(odd_run: OddInputRun, request: pytest.FixtureRequest) -> None:
    turn, place = itertools.cycle(odd_values.VALUES.values()), itertools.count()
    for address in some(opened_by(odd_run, request.node.callspec.params["odd_run"]), 1 if ALL else 3):
        for verb, fields in fields_of(odd_run, address):
            for name in some(list(fields), 1 if ALL else 3, turn=next(place)):
                for value in odd_values.VALUES.values() if ALL else itertools.islice(turn, rounds(1, 2)):
                    sent = fields | {name: value}
                    query, body = (written_out(sent.items()), b"") if verb == "GET" else ("", as_form(odd_run, sent))
                    send_request(odd_run, verb, address.path, query=query, body=body)


def names() -> list[str]:
    """Return the names of all form fields, and other names that views read."""
    found, todo = set(NAMES), list[type[Any]](forms.BaseForm.__subclasses__())
    while todo:
        form = todo.pop()
        found |= set(getattr(form, "base_fields", ()))
        todo += form.__subclasses__()
    for model, page in admin.site._registry.items():
        filters = [each for each in page.list_filter if isinstance(each, str)]
        found |= {f"{name}{end}" for name in filters for end in ("", "__exact", "__in", "__isnull")}
        found |= {each.name for each in model._meta.get_fields() if each.concrete}
    return sorted(found)[:190]


@states()
def test_takes_any_request_at_any_address(odd_run: OddInputRun, request: pytest.FixtureRequest) -> None:
    """All fields at once, with every method, body, header and cookie in turn."""
    at = list(EVERYBODY).index(request.node.callspec.params["odd_run"])
    fit = [value for value in odd_values.VALUES.values() if not inputs.flaw(value) and len(value) < 1_000]
    values, raws = itertools.cycle(odd_values.VALUES.values()), itertools.cycle(odd_values.RAW)
    verbs, bodies, headers, cookies = (
        itertools.cycle(VERBS),
        itertools.cycle(BODIES),
        itertools.cycle(HEADERS),
        itertools.cycle(COOKIES),
    )
    every = names()
    for n, address in some(list(enumerate(odd_run.table)), 1 if ALL else len(EVERYBODY), turn=at):
        path, name, value = address.path, every[n % len(every)], next(values)
        fields = {name: fit[(at + n + m) % len(fit)] for m, name in enumerate(every)}
        kind, body = next(bodies)
        cookie = next(cookies)
        rest = "; ".join(
            f"{each}={kept.value}" for each, kept in odd_run.browser.client.cookies.items() if each != cookie
        )
        send_request(odd_run, "GET", path, query=written_out(list(fields.items())[n % 100 : n % 100 + 90]))
        send_request(odd_run, "POST", path, body=as_form(odd_run, fields))
        more: list[dict[str, Any]] = [
            {"verb": next(verbs), "query": written_out([(name, value)]), "body": body, "kind": kind},
            {"verb": "POST", "body": body, "kind": kind, "HTTP_X_CSRFTOKEN": csrf(odd_run)},
            {"verb": "GET", "query": next(raws)},
            {"verb": "GET", next(headers): odd_values.header(value)},
            {"verb": "GET", "HTTP_COOKIE": f"{cookie}={odd_values.header(value).replace(';', '')}; {rest}"},
        ]
        for each in more if ALL else [more[(at + n) % len(more)]]:
            send_request(odd_run, path=path, **each)


def csrf(odd_run: OddInputRun) -> str:
    token = odd_run.browser.client.cookies.get("mfa_csrf")
    return token.value if token else ""


@states("stranger", "signed in", "chief")
def test_takes_any_value_in_an_address(odd_run: OddInputRun) -> None:
    places = {each.path for each in odd_run.table}
    tables = [
        url_table.every(dict.fromkeys(odd_run.values, odd_values.escaped(value) or "x"))
        for value in odd_values.VALUES.values()
    ]
    for n, same in enumerate(zip(*tables, strict=True)):
        if same[0].path in places:
            continue  # nothing is left open in it
        for address in same if ALL else (same[(n * 3 + m) % len(same)] for m in range(rounds(1, 3))):
            for verb in ("GET", "POST"):
                send_request(odd_run, verb, address.path[:8_000], body=as_form(odd_run, GOOD))


@states("stranger", "signed in")
def test_takes_any_value_in_any_header_and_cookie(odd_run: OddInputRun) -> None:
    pages = itertools.cycle(("/sign-in/", "/", "/help/", "/metrics", "/integrations/basic/", "/phone/"))
    values, most = (
        itertools.cycle((*odd_values.VALUES.values(), *odd_values.RAW, r"\000\377\012")),
        70 if ALL else rounds(2, 11),
    )
    for name in HEADERS:
        for value in itertools.islice(values, most):
            meta: dict[str, Any] = {name: odd_values.header(value)}
            send_request(odd_run, "GET", next(pages), **meta)
    for name in COOKIES:
        for value in itertools.islice(values, most):
            send_request(odd_run, "GET", next(pages), HTTP_COOKIE=f"{name}={odd_values.header(value)}")
            send_request(
                odd_run,
                "GET",
                next(pages),
                HTTP_COOKIE=f'{name}="{odd_values.header(value)}"; {odd_values.header(value)}=1',
            )
    for value in ("x", "-1", "²", "9" * 30, "1, 1", "\0"):
        send_request(odd_run, "POST", next(pages), CONTENT_LENGTH=value)
