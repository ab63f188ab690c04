"""What a person reads of the record: every kind in words, page by page, with the way out when it was not them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.utils import timezone

from accounts import activity
from accounts.admin_changes import ChangesAdmin
from mfasite import urls
from tests.pages import Browser, Page
from tests.people import Clock, Person
from verification import audit
from verification.context import Context
from verification.models import AuditEvent
from verification.outcomes import Verdict

# Recorded for whoever looks into the record, and nothing that a person would miss.
SILENT = {
    "policy.changed",
    "policy.deleted",
    "guard.changed",
    "guard.deleted",
    "range.paused",
    "range.warned",
    "range.lifted",
    "spend.alarmed",
    "number.stopped",
    "number.started",
    "outage.set",
    "outage.ended",
    "route.changed",
    "route.deleted",
    "people.import_begun",
    "people.import_cancelled",
    "people.imported",
    "challenge.issued",
    "challenge.resent",
    "challenge.proven",
    "challenge.approved",
    "challenge.replaced",
    "challenge.used",
    "service.key_renewed",
    "service.made",
    "token.taken_back",
    "token.retired",
    "token.restored",
    "article.restored",
    "export.made",
    "group.made",
    "group.changed",
    "group.deleted",
    "group.refused",
    "group.requested",
    "group.request_agreed",
    "group.request_refused",
}
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")
# What stands in place of a name that is only known when it is recorded.
OPEN_ENDS = {
    "password.": {"password.changed", "password.reset"},
    "challenge.": {f"challenge.{verdict}" for verdict in (Verdict.USED, Verdict.REPLACED)},
}


def _said(node: ast.AST) -> Iterator[str]:
    """Give the kinds that stand in an expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            yield from OPEN_ENDS[str(getattr(part.values[0], "value", ""))]
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and _KIND.fullmatch(part.value):
            yield part.value


def _assigned(name: str, function: ast.AST) -> Iterator[str]:
    """Give the kinds that a name of a function can stand for."""
    for part in ast.walk(function):
        if isinstance(part, ast.Assign):
            targets = {getattr(target, "id", "") for top in part.targets for target in ast.walk(top)}
            if name in targets:
                yield from _said(part.value)


def _recorded_in(function: ast.AST) -> Iterator[str]:
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        owner = getattr(getattr(call.func, "value", None), "id", "")
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if (owner, name) == ("self", "record"):  # of a table in the admin, after the request
            yield from _said(call.args[1])
        elif name.strip("_") == "record" and call.args:
            kind = call.args[0]
            yield from _assigned(kind.id, function) if isinstance(kind, ast.Name) else _said(kind)


def recorded_kinds() -> set[str]:
    """Find every kind that is recorded anywhere in the code."""
    home = Path(settings.BASE_DIR)
    files = [
        file for app in ("accounts", "verification", "mfasite", "helpcenter") for file in (home / app).rglob("*.py")
    ]
    parts = [part for file in files for part in ast.walk(ast.parse(file.read_text()))]
    return {kind for part in parts if isinstance(part, ast.FunctionDef) for kind in _recorded_in(part)} | of_tables()


def of_tables() -> set[str]:
    """Give the kinds that the tables of the admin record, by the mechanism that they share."""
    assert urls.urlpatterns  # whose import fills the registry
    keepers = [each for each in admin.site._registry.values() if isinstance(each, ChangesAdmin)]
    return {kind for each in keepers for kind in each.kinds}


def event(kind: str, **detail: Any) -> AuditEvent:
    return AuditEvent(pk=1, kind=kind, at=timezone.now(), detail=detail, agent="", network="192.0.2.7")


KINDS = sorted(recorded_kinds())


def test_finds_what_is_recorded() -> None:
    assert len(KINDS) >= 25
    assert {"sign_in.completed", "password.reset", "challenge.approved", "app_password.new_place"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_words_or_is_silent(kind: str) -> None:
    entries = activity.entries([event(kind)])

    assert bool(entries) is (kind not in SILENT | of_tables())
    assert all(entry.title for entry in entries)


def test_no_word_is_kept_for_what_is_never_recorded() -> None:
    assert (SILENT | set(activity.kinds())) - set(KINDS) == set()


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"why": "required", "method": "totp"}, "Verified by Authenticator app."),
        ({"why": "required", "method": "fax"}, "Verified by a former method."),
        ({"why": "remembered"}, "Nothing more was asked: this browser is remembered."),
        ({"why": "trusted_network"}, "Nothing more was asked: this is a trusted network."),
        ({"why": "not_required"}, "Nothing more was asked: two-step verification is off for this account."),
        ({"why": "alone", "method": "passkey"}, "Verified by Passkey."),
        ({}, ""),
    ],
)
def test_says_why_nothing_was_asked(detail: dict[str, str], words: str) -> None:
    assert activity.entries([event("sign_in.completed", **detail)])[0].text == words


@pytest.mark.parametrize("kind", activity.kinds())
def test_support_reads_about_somebody_else(kind: str) -> None:
    """Staff read "You signed in" on the page of a person whom they helped (seen)."""
    whys = ("", "remembered", "trusted_network", "put_off", "bypassed", "not_required")
    told = [e for why in whys for e in activity.entries([event(kind, why=why, method="totp")], is_own=False)]

    assert told
    assert not [e for e in told if re.search(r"\b(you|your|yours)\b", f"{e.title} {e.text}", re.IGNORECASE)]


def test_own_actions_cannot_be_denied() -> None:
    kinds = ("account.securing_begun", "session.ended", "sign_in.completed", "enrolment.removed")

    deniable = [activity.entries([event(kind)])[0].is_mine_to_deny for kind in kinds]

    assert deniable == [False, False, True, True]


# The page ------------------------------------------------------------------------------------------------------


def at_activity(person: Person) -> Page:
    return person.sign_in(to="/sign-in/?next=/activity/")


def test_lists_a_sign_in_with_time_method_network_and_browser(ana: Person) -> None:
    ana.browser = Browser(agent="Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/150.0", network="198.51.100.9")

    page = at_activity(ana)

    for words in ("You signed in", "Verified by Authenticator app.", "2 March 2026, 09:00", "Chrome on Windows"):
        assert words in page
    assert "198.51.100.9" in page


def test_lists_what_others_tried(ana: Person) -> None:
    thief = Person(ana.user, ana.phone)
    thief.give_password("guessed")
    thief.give_password()
    thief.verify("000000")

    page = at_activity(ana)

    assert "A wrong password was typed" in page
    assert "A wrong code was typed By Text. The password was right." in page
    assert page.link("This wasn’t me").startswith("/activity/not-me/?about=")


def test_lists_the_newest_first(ana: Person, clock: Clock) -> None:
    ana.give_password("guessed")
    clock.forward(minutes=1)

    words = at_activity(ana).words

    assert words.index("You signed in") < words.index("A wrong password was typed")


def _fill(person: Person, number: int, kind: str = "password.refused") -> None:
    for n in range(number):
        audit.record(kind, user_id=person.user.pk, context=Context(now=timezone.now(), network=f"198.51.100.{n}"))


def test_pages(ana: Person) -> None:
    _fill(ana, 70)
    pages = [at_activity(ana)]
    while pages[-1].offers("Older"):
        pages.append(ana.browser.follow("Older"))

    seen = [line for page in pages for line in page.words.split() if line.startswith("198.51.100.")]
    assert seen == [f"198.51.100.{n}" for n in reversed(range(70))]
    assert len(pages) == 3


def test_page_of_silent_events_is_no_dead_end(ana: Person) -> None:
    """Thirty events without words gave an empty page that said “Nothing yet” (seen)."""
    _fill(ana, 3)
    _fill(ana, 40, "challenge.issued")

    page = at_activity(ana)

    assert "Nothing yet" not in page
    assert page.words.count("A wrong password was typed Nobody") == 3


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "1", "²", "٣", "9" * 30, "9" * 4400, "1 OR 1=1"])
def test_odd_places_break_no_page(ana: Person, before: str) -> None:
    """A number of some thousand digits made the page fail (seen)."""
    ana.sign_in()

    assert ana.browser.client.get("/activity/", {"before": before}).status_code == 200


def test_others_events_are_not_listed(ana: Person, cleo: Person) -> None:
    _fill(cleo, 3)

    assert "wrong password" not in at_activity(ana).words


def test_nothing_of_a_name_is_taken_as_markup(ana: Person) -> None:
    context = Context(now=timezone.now(), agent="<script>alert(1)</script>", network="<b>")
    audit.record("app_password.made", user_id=ana.user.pk, context=context, name="<i>old laptop</i>")

    html = at_activity(ana).html

    assert "<i>old" not in html
    assert "<script>alert" not in html
