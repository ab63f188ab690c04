"""Tests that the password step reveals no usernames to a stranger: by text, headers, cookies or queries."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import ldap_directories
from accounts.models import Directory, User
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import PASSWORD, Clock, Person, join
from verification.models import AuditEvent, Counter

UNKNOWN = "nobody"
WAITS = 'data-outcome="sign_in:password_waits"'


@dataclass(frozen=True)
class Seen:
    """What a stranger can see of a response."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]
    n_statements: int


def try_wrong_password(name: str, password: str = "wrong password", browser: Browser | None = None) -> Seen:
    """Try a username with an incorrect password. Leaves out the username itself and random values."""
    browser = browser or Browser()
    browser.go("/sign-in/")
    token = browser.client.cookies["mfa_csrf"].value
    fields = {"username": name, "password": password, "csrfmiddlewaretoken": token}
    with CaptureQueriesContext(connection) as captured:
        answer: Any = browser.client.post("/sign-in/", fields)
    body = answer.content.decode().replace(name, "NAME")
    body = re.sub(r'value="[A-Za-z0-9]{64}"', "TOKEN", body)
    cookies = tuple(sorted((key, str(morsel["max-age"])) for key, morsel in answer.cookies.items()))
    own = {"Content-Length", "X-Request-ID"}
    headers = tuple(sorted((key, value) for key, value in answer.items() if key not in own))
    return Seen(answer.status_code, body, headers, cookies, len(captured))


@pytest.fixture
def people(ana: Person, ben: Person, clock: Clock) -> dict[str, str]:
    """Return a username for each kind of account."""
    join("unusable")
    User.objects.filter(username="unusable").update(password="!unusable")
    join("blocked", blocked_until=clock.now.replace(year=2030))
    join("locked", second_step_locked_at=clock.now)
    join("inactive", is_active=False)
    join("spared-of-it", second_step="disabled")
    join("of-the-desk", is_staff=True)
    former = Directory.objects.create(name="Former", is_active=False)
    ldap_directories.forget()
    join("of-what-is-off", password="!", directory=former, directory_key="1")
    names = ["ana", "ben", "unusable", "blocked", "locked", "inactive", "spared-of-it", "of-the-desk", "of-what-is-off"]
    return dict.fromkeys(names, "")


def test_wrong_password_looks_the_same_for_everybody(people: dict[str, str]) -> None:
    """R24. Seen failing with the audit row left out for unknown names."""
    unknown = try_wrong_password(UNKNOWN)

    assert {name: try_wrong_password(name) == unknown for name in people} == dict.fromkeys(people, True)


def test_locked_name_looks_the_same_for_everybody(people: dict[str, str]) -> None:
    for name in (UNKNOWN, "ana", "ben", "inactive"):
        for _ in range(10):
            Browser().client.get("/sign-in/")
            try_wrong_password(name)
    unknown = try_wrong_password(UNKNOWN)

    assert WAITS in unknown.body
    assert [try_wrong_password(name) == unknown for name in ("ana", "ben", "inactive")] == [True] * 3


def test_locked_name_does_not_tell_whether_the_password_is_right(ana: Person) -> None:
    for _ in range(10):
        try_wrong_password("ana")

    assert try_wrong_password("ana", PASSWORD) == try_wrong_password("ana")


def test_a_hash_is_computed_for_everybody(people: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Response time depends mostly on the password hash.

    Seen failing for people of a directory that is switched off, which nobody asks.
    """
    hasher = type(get_hasher())
    computed: list[str] = []
    encode, verify = hasher.encode, hasher.verify

    def counted_encode(self: BasePasswordHasher, *args: Any) -> str:
        computed.append("encode")
        return str(encode(self, *args))

    def counted_verify(self: BasePasswordHasher, *args: Any) -> bool:
        computed.append("verify")
        return bool(verify(self, *args))

    monkeypatch.setattr(hasher, "encode", counted_encode)
    monkeypatch.setattr(hasher, "verify", counted_verify)
    counts = {}
    for name in [UNKNOWN, *people]:
        computed.clear()
        try_wrong_password(name)
        counts[name] = len(computed)

    assert set(counts.values()) == {1}


def test_no_spelling_of_a_name_escapes_the_count(ana: Person) -> None:
    """R06: CVE-2026-47203 and its like."""
    for spelling in ["ana", "ANA", "Ana ", " ana", "ａｎａ", "aNa", "anA", "AnA", "ana\t", "ＡＮＡ"]:
        try_wrong_password(spelling)

    assert WAITS in try_wrong_password("ana").body
    assert Counter.objects.filter(scope="password.name").count() == 1


def test_failed_attempt_is_recorded_without_what_was_typed(ana: Person) -> None:
    typed = "typed by mistake"
    try_wrong_password("ana", typed)
    try_wrong_password("my-password-in-the-wrong-field")

    rows = str(list(AuditEvent.objects.filter(kind="password.refused").values()))
    assert typed not in rows
    assert "wrong-field" not in rows
    assert AuditEvent.objects.filter(kind="password.refused", user_id=ana.user.pk).count() == 1


@pytest.mark.parametrize("missing", ["username", "password"])
def test_what_is_missing_is_said_beside_its_field(stranger: Browser, missing: str) -> None:
    fields = {"username": "ana", "password": PASSWORD} | {missing: ""}
    stranger.go("/sign-in/")

    assert f"Enter your {'username' if missing == 'username' else 'password'}." in stranger.press("Sign in", **fields)


def test_password_is_never_given_back(ana: Person) -> None:
    typed = "a wrong one that must not come back"
    page = ana.give_password(typed)

    assert typed not in page.html


@pytest.mark.parametrize(("name", "status"), [("\x00", 400), ("a" * 151, 200), ("ana\x00", 400)])
def test_names_that_cannot_be_are_refused_in_words(stranger: Browser, name: str, status: int) -> None:
    stranger.go("/sign-in/")

    page = stranger.send("/sign-in/", username=name, password=PASSWORD)

    assert page.status == status
    assert page.refused_fields == ({"username"} if status == 200 else set())


def test_second_step_cannot_be_locked_without_the_password(ana: Person) -> None:
    """R12: the two counts are separate."""
    for _ in range(40):
        try_wrong_password("ana")

    assert not ana.user.failures.exists()


def test_asks_for_the_token_of_its_own_page(ana: Person) -> None:
    """A sign-in cannot be planted from another site."""
    answer = ana.browser.client.post("/sign-in/", {"username": "ana", "password": PASSWORD})

    assert answer.status_code == 403


# Strangers and known browsers ----------------------------------------------------------------------------------


def test_strangers_failures_refuse_no_browser_that_is_known(ana: Person) -> None:
    """Before the fix, from the tenth incorrect password the owner was refused too, even in their everyday browser."""
    ana.sign_in()
    ana.browser.press("Sign out")
    for _ in range(15):
        try_wrong_password("ana")
    assert WAITS in try_wrong_password("ana").body

    assert ana.give_password().path == "/sign-in/verify/"


def test_strangers_failures_refuse_no_other_network(ana: Person) -> None:
    for _ in range(15):
        try_wrong_password("ana")

    ana.browser = Browser(network="198.51.100.7")

    assert ana.give_password().path == "/sign-in/verify/"


def test_known_browser_tells_nothing_of_a_name(ana: Person) -> None:
    """Someone who signed in here before learns no more about other names than a stranger."""
    join("ben")
    ana.sign_in()
    ana.browser.press("Sign out")

    assert try_wrong_password("ben", browser=ana.browser) == try_wrong_password(UNKNOWN, browser=ana.browser)


def test_browser_keeps_the_mark_of_its_people_to_itself(ana: Person) -> None:
    ana.sign_in()

    cookie = ana.browser.client.cookies["mfa_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 86_400)
    assert "ana" not in cookie.value


def focused(page: Page) -> list[str]:
    """Return the names of the fields that have the cursor when the page opens."""
    return re.findall(r'<input[^>]*name="(\w+)"[^>]*\bautofocus\b', page.html)


def test_cursor_is_in_the_username(stranger: Browser) -> None:
    assert focused(stranger.go("/sign-in/")) == ["username"]


def test_cursor_is_in_the_password_after_an_incorrect_one(stranger: Browser, ana: Person) -> None:
    stranger.go("/sign-in/")

    page = stranger.press("Sign in", username="ana", password="wrong")

    assert focused(page) == ["password"]


def test_password_can_be_shown(stranger: Browser) -> None:
    """Seen failing while the widget's type had a name of its own: the button was missing."""
    assert 'data-reveal="id_password"' in stranger.go("/sign-in/").html
