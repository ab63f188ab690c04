"""Tests of a person's activity page: every kind of event in words, page by page, with a link if it wasn't them."""

import re
from typing import Any

import pytest
from django.utils import timezone

from accounts import activity_lines_from_audit_events
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.app_passwords import audit_events as app_password_events
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import Clock, Person
from verification import audit
from verification.audit import Details, Severity, verification_audit_events
from verification.context import Context
from verification.models import AuditEvent, Purpose


def event(kind: str, **detail: Any) -> AuditEvent:
    return AuditEvent(pk=1, kind=kind, at=timezone.now(), detail=detail, agent="", network="192.0.2.7")


WRONG_PASSWORD = " ".join(
    (
        audit_events.PASSWORD_REFUSED.title_for(is_own=True),
        audit_events.PASSWORD_REFUSED.text_for(Details({}), is_own=True),
    )
)
KINDS = [event.kind for event in audit.declared()]
SAID = [event.kind for event in audit.user_events()]
WHYS = ("", "remembered", "trusted_network", "put_off", "bypassed", "not_required")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_own", [True, False])
def test_each_event_has_words_or_is_internal(kind: str, is_own: bool) -> None:
    entries = activity_lines_from_audit_events.entries([event(kind)], is_own=is_own)

    assert bool(entries) is (kind in SAID)
    assert all(entry.title and entry.icon and entry.kind in set(Severity) for entry in entries)


def test_event_that_nobody_declares_any_more_is_left_out() -> None:
    entries = activity_lines_from_audit_events.entries([event("fax.sent"), event("session.ended")])

    assert [entry.title for entry in entries] == [audit_events.SESSION_ENDED.title_for(is_own=True)]


def test_code_that_was_misread_to_support_says_nothing_of_a_password() -> None:
    """It said that the password was correct, but a caller enters none. Seen failing."""
    [entry] = activity_lines_from_audit_events.entries(
        [event("challenge.failed", method="totp", purpose=Purpose.CALLER)]
    )

    assert entry.text == "Read to support on the phone. Method: Authenticator app."


@pytest.mark.parametrize("purpose", Purpose.values)
def test_wrong_code_is_bad_at_a_sign_in(purpose: str) -> None:
    [entry] = activity_lines_from_audit_events.entries([event("challenge.failed", method="totp", purpose=purpose)])

    assert (entry.kind == "bad") is (purpose not in {Purpose.SELF_TEST, Purpose.ENROL, Purpose.FRESH})


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"why": "required", "method": "totp"}, "Method: Authenticator app."),
        ({"why": "required", "method": "fax"}, "Method: a former method."),
        ({"why": "remembered"}, "No second step was needed, because this browser is remembered."),
        ({"why": "trusted_network"}, "No second step was needed, because this is a trusted network."),
        ({"why": "not_required"}, "No second step was needed, because two-step verification is off for this account."),
        ({"why": "alone", "method": "passkey"}, "Method: Passkey."),
        ({}, ""),
    ],
)
def test_says_why_nothing_was_asked(detail: dict[str, str], words: str) -> None:
    assert activity_lines_from_audit_events.entries([event("sign_in.completed", **detail)])[0].text == words


@pytest.mark.parametrize("kind", SAID)
def test_support_reads_about_somebody_else(kind: str) -> None:
    """Seen: staff read "You signed in" on the page of a person they were helping."""
    told = [
        e
        for why in WHYS
        for e in activity_lines_from_audit_events.entries([event(kind, why=why, method="totp")], is_own=False)
    ]

    assert told
    assert not [e for e in told if re.search(r"\b(you|your|yours)\b", f"{e.title} {e.text}", re.IGNORECASE)]


def test_own_actions_cannot_be_denied() -> None:
    kinds = ("account.securing_begun", "session.ended", "sign_in.completed", "enrolment.removed")

    deniable = [activity_lines_from_audit_events.entries([event(kind)])[0].is_mine_to_deny for kind in kinds]

    assert deniable == [False, False, True, True]


# The page ------------------------------------------------------------------------------------------------------


def at_activity(person: Person) -> Page:
    return person.sign_in(to="/sign-in/?next=/activity/")


def test_lists_a_sign_in_with_time_method_network_and_browser(ana: Person) -> None:
    ana.browser = Browser(agent="Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/150.0", network="198.51.100.9")

    page = at_activity(ana)

    for words in ("You signed in", "Method: Authenticator app.", "2 March 2026, 09:00", "Chrome on Windows"):
        assert words in page
    assert "198.51.100.9" in page


def test_lists_what_others_tried(ana: Person) -> None:
    thief = Person(ana.user, ana.phone)
    thief.give_password("guessed")
    thief.give_password()
    thief.verify("000000")

    page = at_activity(ana)

    code = verification_audit_events.CHALLENGE_FAILED
    said = code.text_for(Details({"purpose": Purpose.SIGN_IN}, method="Text message"), is_own=True)
    assert WRONG_PASSWORD in page
    assert f"{code.title_for(is_own=True)} {said}" in page
    assert page.leads_to("/activity/not-me/")


def test_lists_the_newest_first(ana: Person, clock: Clock) -> None:
    ana.give_password("guessed")
    clock.forward(minutes=1)

    words = at_activity(ana).words

    assert words.index(audit_events.SIGN_IN_COMPLETED.title_for(is_own=True)) < words.index(WRONG_PASSWORD)


def _fill(person: Person, number: int, event: audit.Event = audit_events.PASSWORD_REFUSED) -> None:
    for n in range(number):
        audit.record(event, user_id=person.user.pk, context=Context(now=timezone.now(), network=f"198.51.100.{n}"))


def test_pages(ana: Person) -> None:
    _fill(ana, 70)
    pages = [at_activity(ana)]
    while pages[-1].offers("Older"):
        pages.append(ana.browser.follow("Older"))

    seen = [line for page in pages for line in page.words.split() if line.startswith("198.51.100.")]
    assert seen == [f"198.51.100.{n}" for n in reversed(range(70))]
    assert len(pages) == 3


def test_page_of_silent_events_is_no_dead_end(ana: Person) -> None:
    """Seen: after thirty events without a description, the page was empty and said “Nothing yet”."""
    _fill(ana, 3)
    _fill(ana, 40, verification_audit_events.CHALLENGE_ISSUED)

    page = at_activity(ana)

    assert "Nothing yet" not in page
    assert page.words.count(WRONG_PASSWORD) == 3


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "1", "²", "٣", "9" * 30, "9" * 4400, "1 OR 1=1"])
def test_odd_places_break_no_page(ana: Person, before: str) -> None:
    """Seen: a number with thousands of digits broke the page."""
    ana.sign_in()

    assert ana.browser.client.get("/activity/", {"before": before}).status_code == 200


def test_others_events_are_not_listed(ana: Person, cleo: Person) -> None:
    _fill(cleo, 3)

    assert "wrong password" not in at_activity(ana).words


def test_nothing_of_a_name_is_taken_as_markup(ana: Person) -> None:
    context = Context(now=timezone.now(), agent="<script>alert(1)</script>", network="<b>")
    audit.record(app_password_events.APP_PASSWORD_MADE, user_id=ana.user.pk, context=context, name="<i>old laptop</i>")

    html = at_activity(ana).html

    assert "<i>old" not in html
    assert "<script>alert" not in html
