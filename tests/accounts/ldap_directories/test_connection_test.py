"""Tests of the test of a directory, with a real OpenLDAP: each step is named, and says what is wrong."""

from collections.abc import Callable

import pytest

from accounts import ldap_directories
from accounts.ldap_directories import connection_test
from accounts.models import Directory
from accounts.models.directories import Encryption
from tests.real_programs.slapd import PASSWORD, Slapd
from tests.simulated.people import Clock, hire

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd")]


def steps(made: Directory, username: str = "", password: str = "") -> list[tuple[str, bool]]:
    (report,) = connection_test.run(made, username=username, password=password)
    return [(step.name, step.is_done) for step in report.steps]


def test_the_test_goes_through_every_step(directory: Callable[..., Directory]) -> None:
    made = directory()

    assert steps(made, "dora", PASSWORD) == [
        ("Connection", True),
        ("Service account", True),
        ("Base", True),
        ("Person", True),
        ("Password", True),
    ]
    assert steps(made, "dora", "wrong")[-1] == ("Password", False)
    assert steps(made, "nobody")[-1] == ("Person", False)


@pytest.mark.parametrize("username", ["", "dora"])
def test_the_test_names_a_filter_for_disabled_people_that_is_wrong(
    directory: Callable[..., Directory], username: str
) -> None:
    """Seen failing: all steps succeeded, and nobody could sign in."""
    made = directory(disabled_filter="(employeeType)")

    assert steps(made, username, PASSWORD) == [
        ("Connection", True),
        ("Service account", True),
        ("Base", True),
        ("Search", False),
    ]


def test_the_test_says_that_someone_is_marked_as_disabled(directory: Callable[..., Directory]) -> None:
    """Seen failing: it said only that the password is correct."""
    made = directory(disabled_filter="(uid=dora)")

    assert steps(made, "dora", PASSWORD)[3:] == [("Person", True), ("Disabled accounts", False), ("Password", True)]
    assert steps(made, "karl", PASSWORD)[3:] == [("Person", True), ("Password", True)]


def test_a_test_that_succeeds_leads_to_people_and_groups(directory: Callable[..., Directory], clock: Clock) -> None:
    made = directory()
    fay = hire("fay", "Administrators")
    fay.sign_in(to="/admin/")
    fay.browser.go(f"/admin/accounts/directory/{made.pk}/test/")
    next_page = f"/admin/accounts/directory/{made.pk}/sync/"

    unknown = fay.browser.press("Test", username="nobody", password="")
    known = fay.browser.press("Test", username="dora", password=PASSWORD)

    assert (unknown.leads_to(next_page), known.leads_to(next_page)) == (False, True)
    assert fay.browser.go(next_page).status == 200


def test_the_test_names_the_step_that_fails(directory: Callable[..., Directory]) -> None:
    made = directory()

    made.base = "ou=nowhere,dc=example,dc=org"
    assert steps(made)[-1] == ("Search", False)
    ldap_directories.seal_password(made, "not the password")
    assert steps(made)[-1] == ("Service account", False)
    made.ca = ""
    assert steps(made) == [("Connection", False)]


def test_a_server_without_starttls_is_named(directory: Callable[..., Directory], slapd: Slapd) -> None:
    made = directory(encryption=Encryption.STARTTLS, servers=[f"127.0.0.1:{slapd.tls}"])

    (report,) = connection_test.run(made, username="", password="")

    assert [step.is_done for step in report.steps] == [False]


@pytest.mark.parametrize("encryption", [Encryption.LDAPS, Encryption.STARTTLS])
@pytest.mark.parametrize(
    ("server", "ca", "words"), [("127.0.0.1", "", "self-signed"), ("127.0.0.2", None, "not valid for '127.0.0.2'")]
)
def test_the_test_says_what_is_wrong_with_a_certificate(
    directory: Callable[..., Directory], slapd: Slapd, encryption: Encryption, server: str, ca: str | None, words: str
) -> None:
    port = slapd.tls if encryption == Encryption.LDAPS else slapd.plain
    made = directory(encryption=encryption, servers=[f"{server}:{port}"], ca=slapd.ca if ca is None else ca)

    (report,) = connection_test.run(made, username="dora", password=PASSWORD)

    (step,) = report.steps
    assert not step.is_done
    assert words in step.text, "which are OpenSSL's"
