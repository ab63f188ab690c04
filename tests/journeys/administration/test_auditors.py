"""Tests of the reports and the audit log as auditors use them, and of a database that was changed by hand."""

import csv
import sqlite3
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections
from django.utils import timezone

from accounts import sign_in_and_password_audit_events as audit_events
from accounts.app_passwords import audit_events as app_password_events
from accounts.support import support_action_audit_events as support_events
from accounts.support.reports import list_of_reports
from tests.infrastructure import concurrency
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire
from verification import audit
from verification.audit import verification_audit_events
from verification.context import Context
from verification.models import AuditEvent

REPORTS = "/admin/accounts/user/reports/"
RECORD = "/admin/accounts/user/record/"


@pytest.fixture
def aud(db: None, clock: Clock) -> Person:
    """Return an auditor, signed in to the admin site."""
    person = hire("aud", "Auditors")
    person.sign_in(to="/admin/")
    return person


def rows(page: Page) -> list[list[str]]:
    assert page.response["Content-Type"].startswith("text/csv"), page
    return list(csv.reader(StringIO(page.html)))


@pytest.mark.parametrize("key", list_of_reports.REPORTS)
def test_each_report_is_shown_and_given_as_a_file(key: str, ana: Person, ben: Person, aud: Person) -> None:
    ana.sign_in()

    page = aud.browser.go(f"{REPORTS}{key}/")

    assert page.status == 200
    assert str(list_of_reports.REPORTS[key]) in page
    assert len(rows(aud.browser.save(f"{REPORTS}{key}/export/"))) >= 1


def test_registered_are_counted_by_group(ana: Person, ben: Person, cleo: Person, aud: Person) -> None:
    table = list_of_reports.build("registered", now=timezone.now())

    everybody = table.rows[0]
    assert everybody[1:] == (4, 3, 1, 1, 0)


def test_record_is_narrowed_and_told_in_words(ana: Person, cleo: Person, aud: Person) -> None:
    ana.sign_in()
    cleo.sign_in()

    page = aud.browser.go(f"{RECORD}?kind=sign_in&person=ana")

    assert page.words.count("sign_in.completed") == 1
    assert "Cleo" not in page.words.split("Events")[-1]


def test_record_goes_on_page_by_page(aud: Person) -> None:
    for number in range(120):
        audit.record(app_password_events.SERVICE_MADE, user_id=None, context=Context(now=timezone.now()), number=number)

    page = aud.browser.go(f"{RECORD}?kind=service")
    seen = page.words.count("service.made")
    page = aud.browser.follow("Older")
    seen += page.words.count("service.made")
    page = aud.browser.follow("Older")

    assert seen + page.words.count("service.made") == 120
    assert not page.offers("Older")


def test_record_shows_every_declared_event_and_what_nobody_declares_any_more(ana: Person, aud: Person) -> None:
    kinds = [event.kind for event in (*audit.declared(), audit.Event("fax.sent"))]
    for kind in kinds:
        audit.record(audit.Event(kind), user_id=ana.user.pk, context=Context(now=timezone.now()), method="totp")

    pages = [aud.browser.go(f"{RECORD}?person=ana")]
    while pages[-1].offers("Older"):
        pages.append(aud.browser.follow("Older"))
    seen = {word for page in pages for word in page.words.split()}

    assert set(kinds) - seen == set()
    assert [page.status for page in pages] == [200] * len(pages)


def test_every_kind_of_event_is_offered_as_a_filter(aud: Person) -> None:
    """Groups, routes, outages and scopes were missing: the list had only what people see of their own activity."""
    html = aud.browser.go(RECORD).html

    assert {event.kind for event in audit.declared() if f'<option value="{event.kind}">' not in html} == set()


def test_filters_combine_and_stay_on_the_next_page_and_in_the_file(ana: Person, aud: Person) -> None:
    for ticket in ("4711", "4712"):
        audit.record(
            support_events.SUPPORT_PERSON_UNLOCKED,
            user_id=ana.user.pk,
            actor_id=aud.user.pk,
            context=Context(now=timezone.now()),
            ticket=ticket,
        )

    page = aud.browser.go(f"{RECORD}?kind=support-desk&person=ana&actor=aud&ticket=4712")

    assert (page.words.count("Ticket 4711"), page.words.count("Ticket 4712.")) == (0, 1)
    found = rows(aud.browser.save(page.link("Export as CSV")))
    assert [row[9].partition("Ticket ")[2] for row in found[1:]] == ["4712."]


def test_filter_by_a_username_that_nobody_has_says_so(aud: Person) -> None:
    page = aud.browser.go(f"{RECORD}?person=nobody")

    assert page.outcomes == {"audit:unknown_person"}
    assert "“nobody”" in page
    assert page.n_empty_lists == 1


def test_report_on_trouble_counts_what_is_declared_as_trouble(ana: Person) -> None:
    audit.record(verification_audit_events.CHALLENGE_REPORTED, user_id=ana.user.pk, context=Context(now=timezone.now()))
    audit.record(audit_events.SESSION_ENDED, user_id=ana.user.pk, context=Context(now=timezone.now()))

    counts = {row[0]: row[1] for row in list_of_reports.build("trouble", now=timezone.now()).rows}

    assert counts[str(verification_audit_events.CHALLENGE_REPORTED.trouble)] == 1
    assert len(counts) == 13
    assert sum(n for n in counts.values() if isinstance(n, int)) == 1


def test_export_has_each_event_and_no_formula(aud: Person) -> None:
    audit.record(app_password_events.SERVICE_MADE, user_id=None, context=Context(now=timezone.now(), agent="=cmd()"))

    found = rows(aud.browser.save(f"{RECORD}export/?kind=service"))

    assert found[1][2] == "service.made"
    assert found[1][6] == "'=cmd()"


def test_auditors_change_nothing(ana: Person, aud: Person) -> None:
    page = aud.browser.go(f"/admin/accounts/user/{ana.user.pk}/change/")

    assert not [address for _label, address in page.links if "/do/" in address]
    assert aud.browser.go("/admin/verification/policy/").status == 403


def test_support_desk_sees_no_record(db: None, clock: Clock) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert dora.browser.go(RECORD).status == 403
    assert dora.browser.go(REPORTS).status == 403


def test_chain_that_holds_is_said_to_hold(aud: Person, clock: Clock) -> None:
    audit.seal(clock.now)
    aud.browser.go(RECORD)

    assert aud.browser.press("Verify integrity").outcomes == {"audit:intact"}


COLUMNS = "at, kind, actor_id, user_id, network, agent, detail, key_id, digest"
EVENTS, SEALS = "verification_auditevent", "verification_auditseal"
OTHER = "substr(ref, 2) || substr(ref, 1, 1)"  # a name that no other event has
PUT_IN = f"INSERT INTO {EVENTS} (ref, {COLUMNS}) SELECT {OTHER}, {COLUMNS} FROM {EVENTS} WHERE id = "
TAMPERINGS: dict[str, tuple[str, str]] = {
    "changed": (f"UPDATE {EVENTS} SET network = '6.6.6.6' WHERE id = {{middle}}", "the event was changed"),
    "removed": (f"DELETE FROM {EVENTS} WHERE id = {{middle}}", "the event was removed"),
    "put in": (f"{PUT_IN}{{middle}}", "added by someone without the key"),
    "seal removed": (f"DELETE FROM {SEALS} WHERE number = 2", "is missing or the chain was cut"),
    "who changed": (f"UPDATE {EVENTS} SET actor_id = 1 WHERE id = {{middle}}", "the event was changed"),
    "when changed": (f"UPDATE {EVENTS} SET at = '2020-01-01 00:00:00' WHERE id = {{middle}}", "the event was changed"),
}


@pytest.fixture
def record(transactional_db: None) -> int:
    """Write an audit log with three seals, and return the id of an event in the middle."""
    now = timezone.now()
    for _ in range(3):
        for number in range(5):
            audit.record(
                app_password_events.SERVICE_MADE,
                user_id=None,
                context=Context(now=now, network="192.0.2.1"),
                number=number,
            )
        audit.seal(now)
    return sorted(AuditEvent.objects.values_list("id", flat=True))[7]


@pytest.mark.parametrize("how", TAMPERINGS)
def test_copied_database_shows_what_was_done_by_hand(how: str, record: int, tmp_path: Path) -> None:
    statement, words = TAMPERINGS[how]
    tamper = _with_a_copied_file if connection.vendor == "sqlite" else _with_a_copied_database

    assert words in tamper(statement.format(middle=record), tmp_path)


def _with_a_copied_file(statement: str, folder: Path) -> str:
    copy = folder / "copy.sqlite3"
    with sqlite3.connect(copy) as target:
        connection.connection.backup(target)
    with sqlite3.connect(copy) as hand:
        for table in (EVENTS, SEALS):
            for verb in ("update", "delete"):
                hand.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        hand.execute(statement)
    return _verified({"NAME": str(copy)})


def _with_a_copied_database(statement: str, _folder: Path) -> str:
    name = connection.settings_dict["NAME"]
    copy = f"{name}_copy"
    concurrency.end_threads()  # nobody may be connected to what is copied
    connection.close()
    server, hand = connections["default"].copy(), connections["default"].copy()
    server.settings_dict["NAME"], hand.settings_dict["NAME"] = "postgres", copy
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    try:
        with hand.cursor() as cursor:
            for table in (EVENTS, SEALS):
                for verb in ("change", "update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}")
            cursor.execute(statement)
        hand.close()
        return _verified({"NAME": copy})
    finally:
        hand.close()
        with server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        server.close()


def _verified(change: dict[str, str]) -> str:
    """Run the command against the copy, and return its output."""
    former = dict(connection.settings_dict)
    connection.close()
    said = StringIO()
    connection.settings_dict.update(change)
    try:
        with pytest.raises((CommandError, SystemExit)):
            call_command("verify_audit", stdout=said, stderr=said)
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(former)
    return said.getvalue()
