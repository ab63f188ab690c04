"""Tests of the query budgets at sign-in, with database sessions.

PostgreSQL gets the writes of a step as one statement, SQLite one after another.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Variable, VariableDoesNotExist
from django.test.utils import CaptureQueriesContext

from tests.simulated.people import PASSWORD, Clock, Person

pytestmark = pytest.mark.usefixtures("switches_known")  # as in a running process
IS_SQLITE = connection.vendor == "sqlite"
PASSWORD_STEP, CODE_STEP, REMEMBERED = (11, 11, 11) if IS_SQLITE else (5, 4, 6)
_FRAME = {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK"}


def statements(action: Callable[[], Any]) -> list[str]:
    """Return the SQL statements of an action, without those that begin or end a transaction."""
    with CaptureQueriesContext(connection) as captured:
        action()
    return [query["sql"] for query in captured if query["sql"].split()[0] not in _FRAME]


def post(person: Person, path: str, **fields: str) -> Callable[[], Any]:
    """Return one request as a function, without its redirects."""
    token = person.browser.client.cookies["mfa_csrf"].value
    return lambda: person.browser.client.post(path, fields | {"csrfmiddlewaretoken": token})


def listed(found: list[str]) -> str:
    return "\n".join(sql[:150] for sql in found)


@pytest.fixture
def used(ana: Person, clock: Clock) -> Person:
    """Return a person who has signed in before, with the sign-in page open."""
    ana.sign_in()
    ana.browser.press("Sign out")
    clock.forward(minutes=1)
    ana.browser.go("/sign-in/")
    return ana


def test_password_step_that_sends_a_text(used: Person) -> None:
    found = statements(post(used, "/sign-in/", username="ana", password=PASSWORD))

    assert len(found) <= PASSWORD_STEP, listed(found)
    assert sum("verification_message" in sql for sql in found) == 1


def test_password_step_that_asks_the_app(used: Person) -> None:
    type(used.enrolment("totp")).objects.filter(method="text").update(is_default=False)
    type(used.enrolment("totp")).objects.filter(method="totp").update(is_default=True)

    found = statements(post(used, "/sign-in/", username="ana", password=PASSWORD))

    assert len(found) <= PASSWORD_STEP, listed(found)


def test_password_step_that_is_wrong(used: Person) -> None:
    found = statements(post(used, "/sign-in/", username="ana", password="wrong"))

    assert len(found) <= PASSWORD_STEP, listed(found)


@pytest.mark.parametrize("remember", ["", "on"])
def test_code_step_of_a_text(used: Person, remember: str) -> None:
    used.give_password()
    code = used.read_text()

    found = statements(post(used, "/sign-in/verify/", code=code, remember=remember))

    assert len(found) <= CODE_STEP, listed(found)
    assert any("sign_in.completed" in sql for sql in found)


@pytest.mark.parametrize("remember", ["", "on"])
def test_code_step_of_the_app(used: Person, remember: str) -> None:
    used.give_password()
    used.choose("Authenticator app")

    found = statements(post(used, "/sign-in/verify/", code=used.read_app(), remember=remember))

    assert len(found) <= CODE_STEP, listed(found)
    assert any("sign_in.completed" in sql for sql in found)


def test_password_step_of_a_remembered_browser(used: Person, clock: Clock) -> None:
    used.sign_in(remember="on")
    used.browser.press("Sign out")
    clock.forward(minutes=1)
    used.browser.go("/sign-in/")

    found = statements(post(used, "/sign-in/", username="ana", password=PASSWORD))

    assert len(found) <= REMEMBERED, listed(found)
    assert any("sign_in.completed" in sql for sql in found)


def missing(monkeypatch: pytest.MonkeyPatch, show: Callable[[], Any]) -> set[str]:
    """Return the variables that templates look up while a page is shown, and that don't exist."""
    found: set[str] = set()
    usual = Variable._resolve_lookup  # type: ignore[attr-defined]  # what Django calls for each

    def look_up(variable: Any, context: Context) -> Any:
        try:
            return usual(variable, context)
        except VariableDoesNotExist:
            found.add(str(variable))
            raise

    show()  # parts that are the same for everybody are rendered once
    monkeypatch.setattr(Variable, "_resolve_lookup", look_up)
    show()
    return found


def test_password_page_looks_up_nothing_that_is_missing(used: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django raises and catches three errors for each. Seen failing for `hint`, `label` and `request.GET.undone`."""
    assert missing(monkeypatch, lambda: used.browser.go("/sign-in/")) == set()


@pytest.mark.parametrize("option", ["", "Authenticator app"])
def test_code_page_looks_up_nothing_that_is_missing(used: Person, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used.give_password()
    if option:
        used.choose(option)

    assert missing(monkeypatch, lambda: used.browser.go("/sign-in/verify/")) <= {"ticket"}  # only some forms name it
