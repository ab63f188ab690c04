"""Tests that search finds people by any part of a name, with any punctuation, or by a full phone number or email."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.support import people_search
from accounts.support.people_search import PeopleSearch
from tests.simulated.people import hire, join
from verification.models import Enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return hire("dora", "Support desk").user


@pytest.fixture
def sean() -> User:
    person = User.objects.create(username="sean.oneil-7", name="Seán O'Neil", email="Sean@people.example")
    row = Enrolment(user=person, method="text", confirmed=True)
    row.address = "+41795551234"
    row.save()
    User.objects.create(username="other", name="Somebody Else", email="else@people.example")
    return person


def find_usernames(staff: User, text: str) -> list[str]:
    rows = people_search.find(staff, PeopleSearch(text=text), now=timezone.now()).rows
    return [row.username for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "sean.oneil-7",
        "SEAN.ONE",
        "an.one",
        "oneil",
        "o'neil",
        "Seán",
        "neil sean",
        "sean@people.example",
        "SEAN@PEOPLE.EXAMPLE",
        "sean@peop",
        "sean@people.ex",
        "+41 79 555 12 34",
    ],
)
def test_finds_somebody_by(staff: User, sean: User, text: str) -> None:
    assert find_usernames(staff, text) == ["sean.oneil-7"]


@pytest.mark.parametrize("text", ["1004711", "2024-0815"])
def test_finds_a_username_that_is_a_number(staff: User, sean: User, text: str) -> None:
    """Seen failing: a number was looked up as a phone number only."""
    User.objects.create(username=text)

    assert find_usernames(staff, text) == [text]


def test_an_export_is_not_cut(staff: User, sean: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_search, "MAX_PEOPLE_RANKED", 1)

    everybody = people_search.matching(staff, PeopleSearch(text="people.example"), now=timezone.now(), most=None)

    assert everybody.count() == 2


@pytest.mark.parametrize("text", ["nobody", "sean else", "nobody@people.example", "+41 79 555 12 35"])
def test_finds_nobody_by(staff: User, sean: User, text: str) -> None:
    assert find_usernames(staff, text) == []


@pytest.mark.parametrize("text", ["sean@people.example", "oneil", "sean@people.ex", "+41795551234"])
def test_actions_for_many_reach_those_whom_the_page_shows(staff: User, sean: User, text: str) -> None:
    assert list(people_search.matching(staff, PeopleSearch(text=text), now=timezone.now())) == [sean]


def test_counts_what_a_search_finds_up_to_one_more_than_wanted(staff: User) -> None:
    for n in range(4):
        join(f"many{n}")

    def counted(text: str, most: int) -> int:
        return people_search.find(staff, PeopleSearch(text=text), now=timezone.now(), most=most).n

    assert (counted("many", 10), counted("many", 4), counted("many", 2), counted("nobody", 2)) == (4, 4, 3, 0)


@pytest.mark.parametrize(("text", "n_statements"), [("many", 4), ("", 4), ("many0@people.example", 3)])
def test_reads_a_page_with_few_statements(
    staff: User, text: str, n_statements: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Desks, names or a count of long lists, rows with directory and invitation, methods; nothing for each row."""
    for n in range(people_search.PAGE_SIZE + 1):
        User.objects.create(username=f"many{n}", email=f"many{n}@people.example")

    with django_assert_num_queries(n_statements):
        rows = people_search.find(staff, PeopleSearch(text=text), now=timezone.now()).rows

    assert len(rows) == (1 if "@" in text else people_search.PAGE_SIZE)


@pytest.mark.parametrize("email", ["Strauß@people.example", "zoé@people.example", "SEAN@people.example"])
def test_an_exact_email_address_names_its_person(email: str) -> None:
    """Seen failing: Python and SQLite make different capitals of some letters."""
    person = User.objects.create(username="somebody", email=email)

    assert people_search.only(User.objects.all(), email) == person
