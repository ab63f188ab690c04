"""Tests of filters, order and pages: each filter finds exactly what it means, or is refused."""

import pytest

from accounts.models import Directory
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.simulated import scim_directory
from tests.simulated.people import Clock
from tests.simulated.scim_directory import ScimClient


@pytest.fixture
def three_people(db: None, clock: Clock) -> ScimClient:
    """Three people: one is switched off, and one has hardly any values."""
    return ScimClient(*SET_UPS.run("three_people", (), _three_people))


def _three_people() -> tuple[Directory, str]:
    sender = scim_directory.directory()
    home = {"value": "ana@home.example", "type": "home"}
    sender.add("Ana", externalId="A-1", displayName="Ana Lima", emails=[home], name={"familyName": "Lima"})
    sender.add(
        "ben", externalId="B-1", displayName="Ben Ång", active=False, phoneNumbers=[{"value": "1", "type": "fax"}]
    )
    sender.add("cleo", emails=[{"value": "cleo@work.example", "type": "work"}])
    scim_directory.directory("Okta").add("dev", displayName="Ana Lima")
    return sender.directory, sender.token


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('userName eq "ANA"', "ana"),
        ('userName ne "ana"', "ben cleo"),
        ('userName sw "A" or userName ew "EO"', "ana cleo"),
        ('userName co "e"', "ben cleo"),
        ('externalId eq "A-1"', "ana"),
        ('externalId eq "a-1"', ""),  # it is exact about case
        ('externalId sw "a"', ""),
        ('externalId sw "A"', "ana"),
        ("externalId pr", "ana ben"),
        ("not (externalId pr)", "cleo"),
        ("externalId eq null", "cleo"),
        ('displayName eq "ana lima"', "ana"),
        ('displayName ne "Ana Lima"', "ben cleo"),
        ('displayName co "Ång"', "ben"),
        ("displayName pr", "ana ben"),
        ("active eq true", "ana cleo"),
        ("active eq false", "ben"),
        ("active ne true", "ben"),
        ('emails eq "ANA@home.example"', "ana"),
        ('emails.value eq "cleo@work.example"', "cleo"),
        ('emails[type eq "work"]', "cleo"),
        ('emails[type eq "work"].value eq "cleo@work.example"', "cleo"),
        ('emails[type eq "work" and value eq "ana@home.example"]', ""),
        ('emails.type eq "home"', "ana"),
        ('not (emails[type eq "home"])', "ben cleo"),
        ("emails pr", "ana cleo"),
        ('name.familyName eq "lima"', "ana"),
        ("phoneNumbers pr", "ben"),
        ('phoneNumbers[type eq "fax" and value eq "1"]', "ben"),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ben"', "ben"),
        ('(userName eq "ana" or userName eq "ben") and active eq true', "ana"),
        ('userName eq "cleo" or emails[type eq "home"]', "ana cleo"),
        ('meta.created gt "2020-01-01T00:00:00Z"', "ana ben cleo"),
        ('meta.lastModified lt "2020-01-01T00:00:00Z"', ""),
        ('userName eq "a\\" or userName pr"', ""),
        ('userName eq "%"', ""),
        ('userName co "_"', ""),
        ("userName pr", "ana ben cleo"),
        ('meta.resourceType eq "User"', "ana ben cleo"),
        ('meta.resourceType eq "Group"', ""),
        # What only the compared resource says, together with metadata. Seen failing: nobody was found.
        ('displayName eq "Ana Lima" and meta.lastModified gt "2020-01-01T00:00:00Z"', "ana"),
        ('emails[type eq "home"] and meta.created gt "2020-01-01T00:00:00Z"', "ana"),
        ('meta.location ew "x" or emails[type eq "home"]', "ana"),
    ],
)
def test_finds_what_a_filter_means(three_people: ScimClient, expression: str, found: str) -> None:
    names = [each["userName"].lower() for each in three_people.find("Users", expression)]

    assert names == found.split()


@pytest.mark.parametrize(
    "expression",
    [
        "userName",
        "userName eq",
        "userName eq ana",
        'userName xx "ana"',
        'title eq "x"',
        'password eq "x"',
        'active gt "true"',
        "userName eq 5",
        'userName eq "ana" and',
        "(" * 11 + 'userName eq "ana"' + ")" * 11,
        " or ".join(['userName eq "ana"'] * 31),
        f'userName eq "{"a" * 1000}"',
        'meta.created gt "yesterday"',
        'urn:other:userName eq "ana"',
        'emails[value eq "x"',
        'meta.lastModified gt "9999-12-31T23:59:59-14:00"',
        'userName eq "\\u0000"',
        'userName eq "\\ud800"',
        'displayName ne "\\u0000"',
        'emails[value eq "\\u0000"]',
    ],
)
def test_refuses_a_filter_that_it_cannot_follow(three_people: ScimClient, expression: str) -> None:
    assert three_people.get("/Users", filter=expression).problem == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('displayName eq "STAFF"', "Staff"),
        ('displayName sw "s"', "Sales Staff"),
        ('externalId eq "g1"', "Sales"),
        ('displayName ne "Staff"', "Sales"),
        ('id eq "nobody"', ""),
        ('meta.resourceType eq "Group"', "Sales Staff"),
        ('meta.resourceType eq "User" or externalId eq "g1"', "Sales"),
    ],
)
def test_filter_finds_groups(three_people: ScimClient, expression: str, found: str) -> None:
    three_people.add_group("Sales", externalId="g1")
    three_people.add_group("Staff")

    assert [each["displayName"] for each in three_people.find("Groups", expression)] == found.split()


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('groups.value eq "{sales}"', "ana"),
        ('groups eq "{sales}"', "ana"),
        ('groups[value eq "{sales}"]', "ana"),
        ('groups.display eq "Sales"', "ana"),
        ("groups pr", "ana ben"),
        ('not (groups.value eq "{sales}")', "ben cleo"),
        ('groups.value eq "nobody"', ""),
    ],
)
def test_finds_the_people_of_a_group(three_people: ScimClient, expression: str, found: str) -> None:
    """Seen failing: nobody was found."""
    ana, ben = (three_people.find("Users", f'userName eq "{name}"')[0]["id"] for name in ("ana", "ben"))
    sales = three_people.add_group("Sales", ana).id
    three_people.add_group("Staff", ben)

    names = [each["userName"].lower() for each in three_people.find("Users", expression.format(sales=sales))]

    assert names == found.split()


def test_finds_a_value_as_it_was_sent(three_people: ScimClient) -> None:
    """We store names in one line. Seen failing with double spaces: a client would have added the person again."""
    three_people.add(" Dora  Meier", displayName="Dora  Meier ")
    three_people.add("emil", displayName="E" * 200)
    three_people.add_group("Sales  East")

    found = [
        three_people.find("Users", 'userName eq " Dora  Meier"'),
        three_people.find("Users", 'displayName eq "Dora  Meier "'),
        three_people.find("Users", f'displayName eq "{"e" * 200}"'),
        three_people.find("Groups", 'displayName eq "Sales  East"'),
    ]

    assert [len(each) for each in found] == [1, 1, 1, 1]


def test_finds_the_groups_of_a_person(three_people: ScimClient) -> None:
    (ana,) = three_people.find("Users", 'userName eq "ana"')
    three_people.add_group("Sales", ana["id"])
    three_people.add_group("Staff")

    assert [each["displayName"] for each in three_people.find("Groups", f'members eq "{ana["id"]}"')] == ["Sales"]
    assert three_people.get("/Groups", filter='members[type eq "User"]').problem == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("query", "names", "total"),
    [
        ({"startIndex": 2, "count": 1}, "ben", 3),
        ({"startIndex": 0, "count": 2}, "ana ben", 3),
        ({"startIndex": 4}, "", 3),
        ({"count": 0}, "", 3),
        ({"count": -5}, "", 3),
        ({"sortBy": "userName", "sortOrder": "descending"}, "cleo ben ana", 3),
        ({"sortBy": "emails.value", "filter": "emails pr"}, "ana cleo", 2),
        ({"startIndex": 2, "count": 5, "filter": 'not (emails[type eq "home"])'}, "cleo", 2),
    ],
)
def test_pages_and_sorts(three_people: ScimClient, query: dict[str, str], names: str, total: int) -> None:
    found = three_people.get("/Users", **query).body

    assert [each["userName"].lower() for each in found["Resources"]] == names.split()
    assert (found["totalResults"], found["itemsPerPage"]) == (total, len(names.split()))
    assert found["startIndex"] == max(1, int(query.get("startIndex", 1)))


@pytest.mark.parametrize(
    "query",
    [{"startIndex": "x"}, {"count": "1e9x"}, {"sortBy": "name"}, {"sortBy": "phoneNumbers"}, {"sortOrder": "up"}],
)
def test_refuses_a_page_or_order_that_there_is_not(three_people: ScimClient, query: dict[str, str]) -> None:
    assert three_people.get("/Users", **query).status == 400


@pytest.mark.parametrize("start", [10**6, 10**30])
def test_a_page_far_behind_the_last_is_empty(three_people: ScimClient, start: int) -> None:
    found = three_people.get("/Users", startIndex=start).body

    assert (found["totalResults"], found["itemsPerPage"]) == (3, 0)


@pytest.mark.parametrize("expression", ['members eq "{ana}" or members eq "{ben}"', "members pr"])
def test_lists_a_group_once(three_people: ScimClient, expression: str) -> None:
    ana, ben = (three_people.find("Users", f'userName eq "{name}"')[0]["id"] for name in ("ana", "ben"))
    group = three_people.add_group("Both", ana, ben).id

    found = three_people.find("Groups", expression.format(ana=ana, ben=ben))

    assert [each["id"] for each in found] == [group]


def test_an_instant_without_a_zone_is_utc(three_people: ScimClient) -> None:
    assert len(three_people.find("Users", 'meta.lastModified gt "2020-01-01T00:00:00"')) == 3


def test_searches_by_post(three_people: ScimClient) -> None:
    three_people.add_group("Ana’s group")
    sent = {"filter": 'userName eq "ana" or displayName sw "ana"', "attributes": ["userName", "displayName"]}

    everything = three_people.post("/.search", sent).body
    people = three_people.post("/Users/.search", {**sent, "count": 1}).body

    assert [each["schemas"][0].rpartition(":")[2] for each in everything["Resources"]] == ["User", "Group"]
    assert [each["userName"] for each in people["Resources"]] == ["Ana"]
    assert "emails" not in people["Resources"][0]


@pytest.mark.parametrize(
    ("query", "has", "lacks"),
    [
        ({"attributes": "userName"}, {"userName", "id"}, {"displayName", "emails", "groups"}),
        ({"attributes": "emails.value"}, {"emails"}, {"userName"}),
        ({"excludedAttributes": "emails,groups"}, {"userName"}, {"emails", "groups"}),
        ({"attributes": "urn:ietf:params:scim:schemas:core:2.0:User:userName"}, {"userName"}, {"emails"}),
        ({"attributes": "nonsense"}, {"id"}, {"userName"}),
    ],
)
def test_returns_only_what_is_wanted(
    three_people: ScimClient, query: dict[str, str], has: set[str], lacks: set[str]
) -> None:
    (ana,) = three_people.find("Users", 'userName eq "ana"')

    said = three_people.get(f"/Users/{ana['id']}", **query).body

    assert has <= set(said)
    assert not lacks & set(said)
