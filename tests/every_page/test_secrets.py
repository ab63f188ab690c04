"""Tests that no page, header, log, audit event, broker message or row holds a code, seed, password or full number."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from accounts.models import Session
from accounts.sessions.session_store import SessionStore
from mfasite.celery import app
from mfasite.observability import logs
from tests.simulated.people import ANAS, BENS, PASSWORD, Clock, Person, work
from verification import challenges
from verification.challenges import challenge_data_given_to_methods
from verification.delivery import unsent_message_sweeper, worker_wake_ups
from verification.models import AuditEvent, Challenge, Enrolment, Message

# The tests' carrier and its virtual phones are the outside world, which must get the messages.
_OUTSIDE = "virtual"
_QUEUES = ("texts", "calls", "housekeeping")


@dataclass
class SentAndStored:
    """Everything that a run sent or stored."""

    pages: list[tuple[str, str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield every row of our tables, and the decoded content of every session."""
        for model in apps.get_models():
            if model._meta.app_label != _OUTSIDE:
                yield from ((model._meta.label, json.dumps(row, default=str)) for row in _values(model))
        for session in Session.objects.all():
            yield "a session", json.dumps(session.get_decoded(), default=str)


def _values(model: type[models.Model]) -> Any:
    return model._default_manager.values()


@pytest.fixture
def sent_and_stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[SentAndStored]:
    """Collect every response of the site and every log record at any level."""
    caught = SentAndStored()
    request = Client.request

    def watched(self: Client, **wanted: Any) -> Any:
        answer = request(self, **wanted)
        path = answer.request["PATH_INFO"]
        if not path.startswith("/phone/"):
            body = answer.content.decode(errors="replace")
            headers = "\n".join(f"{key}: {value}" for key, value in answer.items())
            cookies = answer.cookies.output()
            caught.pages.append((path, f"{headers}\n{cookies}\n{body}"))
        caught.codes |= set(codes_now())
        return answer

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            caught.log.append(f"{record.getMessage()} {record.args} {record.exc_text or ''}")

    handler = Keep(level=logging.DEBUG)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    monkeypatch.setattr(Client, "request", watched)
    yield caught
    root.removeHandler(handler)
    root.setLevel(level)


def codes_now() -> Iterator[str]:
    """Yield the code of every message so far, derived as delivery and check derive it."""
    for challenge in Challenge.objects.select_related("enrolment", "user"):
        for generation in range(1, challenge.generation + 1):
            yield challenge_data_given_to_methods.of_challenge(
                challenge, now=challenge.issued_at, generation=generation
            ).code


def spellings(number: str) -> list[str]:
    """Return the ways to write a number: E.164, without its plus sign, and national with and without the leading 0."""
    return [number, number[1:], f"0{number[3:]}", number[3:]]


def seeds() -> list[str]:
    found = []
    for enrolment in Enrolment.objects.exclude(sealed_secret=""):
        raw = enrolment.secret
        found += [
            base64.b32encode(raw).decode().rstrip("="),
            raw.hex(),
            base64.b64encode(raw).decode(),
            repr(raw)[2:-1],
        ]
    return found


def holds(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that occur in a text, with or without grouping."""
    tight = re.sub(r"[\s\-  ]|&nbsp;", "", text)
    return [secret for secret in secrets if secret in text or secret in tight or secret.lower() in tight]


def has_code(text: str, codes: set[str]) -> list[str]:
    """Return the codes in a text: six digits, in one group or two, that are not part of a longer number."""
    shown = {m[1] + m[2] for m in re.finditer(r"(?<![\w;/.-])(\d{3})[ -]?(\d{3})(?![\w-]|\.\d)", text)}
    return sorted(shown & codes)


def live(ana: Person, ben: Person, clock: Clock) -> list[str]:
    """Do what people do over some days, including mistakes. Return the secrets that only they can know."""
    ana.give_password("a wrong password of hers")
    ana.give_password()
    code = ana.read_text()
    ana.verify("000000")
    clock.forward(seconds=31)
    ana.browser.press("Send a new code")
    ana.verify(code)
    ana.verify(ana.read_text(), remember="on")
    ana.browser.press("Sign out")
    ana.give_password()
    ana.browser.press("Sign out")
    ana.browser.client.cookies.clear()
    ana.give_password()
    ana.choose("Phone call")
    digits = ana.page.words.split("call, enter ")[1][:2]
    work()
    ana.phone.answer()
    ana.phone.press("98#" if digits == "99" else "99#")
    ana.phone.press(f"{digits}#")
    ana.browser.press("I pressed #, continue")
    ana.browser.press("Sign out")
    ana.give_password()
    ana.choose("Call me and read a code to me")
    work()
    ana.phone.answer()
    said = ana.phone.press("1#")
    ana.verify(re.sub(r"\D", "", said.split("Once more")[0]))
    ana.browser.press("Sign out")
    ana.give_password()
    ana.choose("Recovery code")
    ana.verify(ana.codes[0])
    for address in ("/methods/", "/browsers/", "/activity/", "/profile/", "/nothing-here/", "/sign-in/status/"):
        ana.browser.go(address)
    ben.give_password()
    ben.browser.press("Text message")
    ben.browser.press("Continue", country="CH", number="078 555 01 45")
    ben.verify(ben.read_text())
    ben.browser.go("/sign-in/register/codes/")
    ben.browser.press("Not now")
    return ["a wrong password of hers", PASSWORD, *ana.codes]


@pytest.fixture
def everything_that_happened(
    sent_and_stored: SentAndStored, ana: Person, ben: Person, clock: Clock
) -> tuple[SentAndStored, list[str]]:
    ana.print_codes()
    sent_and_stored.pages.clear()
    known = live(ana, ben, clock)
    return sent_and_stored, [*known, *seeds(), *spellings(ANAS), *spellings(BENS)]


def test_nothing_that_anybody_can_read_holds_a_secret(
    everything_that_happened: tuple[SentAndStored, list[str]],
) -> None:
    """R17, R30, R35. Seen failing with a code in the log, and with a number in the audit's detail."""
    sent_and_stored, secrets = everything_that_happened
    assert len(sent_and_stored.codes) >= 6
    assert len(sent_and_stored.pages) > 40

    in_pages = [
        (path, holds(text, secrets), has_code(text, sent_and_stored.codes)) for path, text in sent_and_stored.pages
    ]
    in_log = [(line[:80], holds(line, secrets), has_code(line, sent_and_stored.codes)) for line in sent_and_stored.log]
    in_rows = [
        (table, holds(row, secrets), has_code(row, sent_and_stored.codes)) for table, row in sent_and_stored.rows()
    ]

    found = [place for place in (*in_pages, *in_log, *in_rows) if place[1] or place[2]]
    assert found == []


def test_wake_ups_hold_ids_alone(broker: str, ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=5)
    unsent_message_sweeper.sweep(worker_wake_ups.publish)

    with app.connection_for_read() as connection:
        payloads = []
        for name in _QUEUES:
            box = connection.SimpleQueue(name)
            with suppress(Empty):
                while True:
                    payloads.append(box.get(block=False))
            box.close()

    assert [json.loads(payload.body or "")[1] for payload in payloads] == [{"message_id": Message.objects.get().pk}]
    written = json.dumps([[payload.headers, payload.properties, payload.body] for payload in payloads], default=str)
    assert holds(written, [*spellings(ANAS), *seeds(), PASSWORD]) == []
    assert has_code(written, set(codes_now())) == []


def test_half_session_holds_no_password_and_no_code(ana: Person) -> None:
    """CVE-2020-15105."""
    ana.give_password()
    code = ana.read_text()

    kept = json.dumps(SessionStore(ana.browser.session_key).load())

    assert PASSWORD not in kept
    assert code not in kept


def test_error_page_shows_nothing_of_the_inside(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.give_password()
    code = ana.read_text()

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"inside, with {code}")

    monkeypatch.setattr(challenges, "answer", breaks)
    ana.browser.client.raise_request_exception = False
    page = ana.browser.send("/sign-in/verify/", code=code)

    assert page.status == 500
    assert code not in page.html
    assert "inside" not in page.html


def test_log_of_an_error_masks_the_code(
    ana: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ana.give_password()
    code = ana.read_text()

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"could not check {code} of {ANAS}")

    monkeypatch.setattr(challenges, "answer", breaks)
    ana.browser.client.raise_request_exception = False
    ana.browser.send("/sign-in/verify/", code=code)

    written = "\n".join(logs.Masked("%(message)s").format(record) for record in caplog.records)
    assert "could not check" in written
    assert code not in written
    assert ANAS not in written


def test_seed_is_shown_before_its_proof_and_never_again(ben: Person) -> None:
    """R20."""
    ben.give_password()
    page = ben.browser.press("Authenticator app")
    seed = base64.b32encode(ben.enrolment("totp").secret).decode()
    assert holds(page.html, [seed])
    address = page.path

    ben.verify(ben.read_app())

    pages = [ben.browser.go(address), ben.browser.go("/sign-in/register/second/"), ben.browser.go("/")]
    assert [page.path for page in pages if holds(page.html, [seed])] == []


def test_search_finds_what_was_planted(ana: Person) -> None:
    """The searches above would prove nothing if they missed these."""
    assert holds("Text +41 79 555 01 23", spellings(ANAS)) == spellings(ANAS)[:2] + spellings(ANAS)[3:]
    assert holds("call 079 555 01 23", spellings(ANAS))
    assert holds(f"key {base64.b32encode(ana.enrolment('totp').secret).decode().lower()}", seeds())
    assert [has_code(text, {"123456"}) for text in ("is 123 456.", "=123456&x", "#123456", '"123456"')] == [
        ["123456"]
    ] * 4
    assert [has_code(text, {"123456"}) for text in ("9123456", "a123456", "5.123456", "123456.7")] == [[]] * 4
    AuditEvent.objects.create(at=ana.user.date_joined, kind="x.done", detail={"to": ANAS}, key_id="t1", digest="0" * 64)
    assert [table for table, row in SentAndStored().rows() if holds(row, spellings(ANAS))] == [
        "verification.AuditEvent"
    ]


def test_sessions_are_opened_by_the_search(ana: Person) -> None:
    """Session data is signed, and may be encoded: the search decodes it as a reader would."""
    ana.give_password()

    assert Session.objects.exists()
    assert any("user_id" in text for table, text in SentAndStored().rows() if table == "a session")
