"""Tests of what directories' entries change of people: plans, links, ends, guards, and what the audit log says."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import provisioning
from accounts.models import Directory, Invitation, Session, SuggestedNumber, User
from accounts.models.directories import Kind, LinkBy
from accounts.provisioning import (
    PersonEntry,
    PhoneEntry,
    Refusal,
    Source,
    Verdict,
    Way,
    matching_people,
    suggested_numbers,
)
from tests.people import Clock, Person, join
from verification import audit, phone_numbers
from verification.models import AuditEvent, Message

SCIM, SYNC = Source(way=Way.SCIM, network="192.0.2.9"), Source(way=Way.SYNC)
PHONE = "+41791234523"


@pytest.fixture
def directory(db: None) -> Directory:
    return Directory.objects.create(name="Entra", kind=Kind.SCIM)


def entry(key: str = "k1", username: str = "Eva", **more: Any) -> PersonEntry:
    return PersonEntry(key=key, username=username, **more)


def apply(
    directory: Directory, *entries: PersonEntry, clock: Clock, by: Source = SYNC
) -> list[provisioning.PersonChange]:
    changes = provisioning.plan_people(directory, entries, now=clock.now)
    return list(provisioning.apply_people(directory, changes, by, clock.now))


def verdicts(directory: Directory, *entries: PersonEntry, clock: Clock, by: Source = SYNC) -> list[Verdict]:
    return [change.verdict for change in apply(directory, *entries, clock=clock, by=by)]


def events() -> list[str]:
    return list(AuditEvent.objects.filter(kind__startswith="directory.").order_by("pk").values_list("kind", flat=True))


# What an entry changes ------------------------------------------------------------------------------------------


def test_adds_a_person_without_a_password(directory: Directory, clock: Clock) -> None:
    found = entry(name="Eva Muster", email="eva@Example.org", language="de-CH")

    assert verdicts(directory, found, clock=clock) == [Verdict.ADDED]

    eva = User.objects.get()
    assert (eva.username, eva.name, eva.email) == ("eva", "Eva Muster", "eva@example.org")
    assert (eva.directory, eva.directory_key, eva.directory_since) == (directory, "k1", clock.now)
    assert not eva.has_usable_password()
    assert events() == ["directory.person_added"]


def test_a_second_time_changes_nothing(directory: Directory, clock: Clock) -> None:
    found = entry(name="Eva", email="eva@example.org", phones=(PhoneEntry(kind="mobile", number=PHONE),))
    apply(directory, found, clock=clock)
    clock.forward(minutes=1)

    assert verdicts(directory, found, clock=clock) == [Verdict.UNCHANGED]

    assert User.objects.get().directory_seen_at == clock.now
    assert events() == ["directory.person_added"]


def test_follows_a_rename_by_the_permanent_key(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(name="Eva Huber"), clock=clock)

    (change,) = apply(directory, entry(username="eva.muster", name="Eva Muster"), clock=clock)

    assert change.verdict is Verdict.CHANGED
    assert change.fields == {"username": ("eva", "eva.muster"), "name": ("Eva Huber", "Eva Muster")}
    assert User.objects.get().username == "eva.muster"


@pytest.mark.parametrize("username", ["", "  ", "a\u200bb", "a" * 151, "a\0b"])
def test_refuses_a_username_that_nobody_can_have(directory: Directory, clock: Clock, username: str) -> None:
    (change,) = apply(directory, entry(username=username), clock=clock)

    assert (change.verdict, change.reason) == (Verdict.REFUSED, Refusal.INVALID_USERNAME)
    assert not User.objects.exists()


def test_an_invalid_address_is_left_out_and_named(directory: Directory, clock: Clock) -> None:
    (change,) = apply(directory, entry(email="none"), clock=clock)

    assert (change.verdict, dict(change.refusals)) == (Verdict.ADDED, {"email": Refusal.INVALID_EMAIL})
    assert User.objects.get().email == ""


def test_the_same_username_twice_is_refused_once(directory: Directory, clock: Clock) -> None:
    found = verdicts(directory, entry("k1"), entry("k2", "EVA"), clock=clock)

    assert found == [Verdict.ADDED, Verdict.REFUSED]


def test_the_same_key_twice_is_one_person(directory: Directory, clock: Clock) -> None:
    apply(directory, entry("k1", "eva"), entry("k1", "eve"), clock=clock)

    assert User.objects.get().username == "eve"


def test_leaving_is_not_refused_because_of_another_field(directory: Directory, clock: Clock) -> None:
    join("ana")
    apply(directory, entry(), clock=clock)

    (change,) = apply(directory, entry(username="ana", email="none", is_active=False), clock=clock)

    assert change.verdict is Verdict.SWITCHED_OFF
    assert change.refusals == {"username": Refusal.USERNAME_TAKEN, "email": Refusal.INVALID_EMAIL}
    assert not User.objects.get(directory_key="k1").is_active


# Who it links ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [(LinkBy.NOTHING, Verdict.REFUSED), (LinkBy.USERNAME, Verdict.LINKED), (LinkBy.EMAIL, Verdict.REFUSED)],
)
def test_links_by_username_only_if_the_rule_says_so(
    directory: Directory, clock: Clock, ana: Person, rule: LinkBy, verdict: Verdict
) -> None:
    directory.link_by = rule

    assert verdicts(directory, entry(username="ANA", email="other@example.org"), clock=clock) == [verdict]


def test_links_by_email_whatever_its_case(directory: Directory, clock: Clock, ana: Person) -> None:
    User.objects.filter(pk=ana.user.pk).update(email="Ana@Example.org")
    directory.link_by = LinkBy.EMAIL

    (change,) = apply(directory, entry(username="a.muster", email="ana@example.org"), clock=clock)

    assert (change.verdict, change.user_id) == (Verdict.LINKED, ana.user.pk)


def test_links_nobody_if_two_people_share_the_address(
    directory: Directory, clock: Clock, ana: Person, ben: Person
) -> None:
    User.objects.update(email="both@example.org")
    directory.link_by = LinkBy.EMAIL

    assert verdicts(directory, entry(email="both@example.org"), clock=clock) == [Verdict.ADDED]


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_never_links_staff(directory: Directory, clock: Clock, role: str) -> None:
    root = join("root")
    User.objects.filter(pk=root.user.pk).update(**{role: True})
    directory.link_by = LinkBy.USERNAME

    (change,) = apply(directory, entry(username="root"), clock=clock)

    assert change.reason is Refusal.STAFF
    assert User.objects.get().directory_id is None


def test_never_takes_a_person_of_another_directory(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(), clock=clock)
    other = Directory.objects.create(name="Other", kind=Kind.SCIM, link_by=LinkBy.USERNAME)

    (change,) = apply(other, entry("k2"), clock=clock)

    assert change.reason is Refusal.USERNAME_TAKEN


def test_a_password_here_ends_where_the_directory_checks_passwords(clock: Clock, ana: Person, ben: Person) -> None:
    ldap = Directory.objects.create(name="LDAP", kind=Kind.OPENLDAP, link_by=LinkBy.USERNAME)
    scim = Directory.objects.create(name="SCIM", kind=Kind.SCIM, link_by=LinkBy.USERNAME)

    apply(ldap, entry("a", "ana"), clock=clock)
    apply(scim, entry("b", "ben"), clock=clock)

    assert [user.has_usable_password() for user in User.objects.order_by("username")] == [False, True]


def test_nobody_must_change_a_password_that_only_the_directory_can(clock: Clock, ana: Person) -> None:
    """Seen failing: each page led to the one that says where to change it, for ever."""
    User.objects.filter(pk=ana.user.pk).update(must_change_password=True, breached_password_at=clock.now)
    ldap = Directory.objects.create(name="LDAP", kind=Kind.OPENLDAP, link_by=LinkBy.USERNAME)

    apply(ldap, entry("a", "ana"), clock=clock)

    ana.user.refresh_from_db()
    assert (ana.user.must_change_password, ana.user.breached_password_at) == (False, None)


# Who leaves -----------------------------------------------------------------------------------------------------


def test_who_is_switched_off_loses_everything_and_can_come_back(
    directory: Directory, clock: Clock, ana: Person
) -> None:
    directory.link_by = LinkBy.USERNAME
    apply(directory, entry(username="ana"), clock=clock)
    before = User.objects.get().epoch
    Session.objects.create(session_key="s", session_data="", expire_date=clock.now, user=ana.user, ref="r" * 32)

    off = verdicts(directory, entry(username="ana", is_active=False), clock=clock)
    left = User.objects.get()
    on = verdicts(directory, entry(username="ana"), clock=clock)

    assert (off, on) == ([Verdict.SWITCHED_OFF], [Verdict.SWITCHED_ON])
    assert (left.is_active, left.directory_off_at, left.epoch) == (False, clock.now, before + 1)
    assert not Session.objects.exists()
    assert events()[1:] == ["directory.person_switched_off", "directory.person_switched_on"]
    assert AuditEvent.objects.get(kind="directory.person_switched_off").detail["n_sessions"] == 1
    assert (User.objects.get().is_active, User.objects.get().directory_off_at) == (True, None)


def test_switches_on_nobody_whom_someone_here_switched_off(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(), clock=clock)
    User.objects.update(is_active=False)

    assert verdicts(directory, entry(), clock=clock) == [Verdict.UNCHANGED]
    assert not User.objects.get().is_active


def test_the_last_administrator_who_can_sign_in_stays(directory: Directory, clock: Clock) -> None:
    apply(directory, entry("a", "ada"), entry("b", "bob"), clock=clock)
    User.objects.update(is_superuser=True, is_staff=True)

    (first, last) = apply(
        directory, entry("a", "ada", is_active=False), entry("b", "bob", is_active=False), clock=clock
    )

    assert (first.verdict, last.reason) == (Verdict.SWITCHED_OFF, Refusal.LAST_ADMINISTRATOR)
    assert User.objects.get(username="bob").is_active
    assert events()[-1] == "directory.administrator_kept"


def test_a_blocked_administrator_cannot_sign_in_and_does_not_count(directory: Directory, clock: Clock) -> None:
    apply(directory, entry("a", "ada"), clock=clock)
    User.objects.update(is_superuser=True, is_staff=True)
    join("root", is_superuser=True, is_staff=True, blocked_until=clock.now + timedelta(days=1))

    assert verdicts(directory, entry("a", "ada", is_active=False), clock=clock) == [Verdict.REFUSED]


def test_apply_person_raises_what_is_refused(directory: Directory, clock: Clock, ana: Person) -> None:
    (change,) = provisioning.plan_people(directory, [entry(username="eva")])
    User.objects.filter(pk=ana.user.pk).update(username="eva")

    with pytest.raises(provisioning.Refused) as refused:
        provisioning.apply_person(directory, change, SCIM, clock.now)

    assert refused.value.change.reason is Refusal.USERNAME_TAKEN


# When many leave ------------------------------------------------------------------------------------------------


def crowd(directory: Directory, n: int, clock: Clock, *, left: int = 0, by: Source = SYNC) -> None:
    found = [entry(f"k{i}", f"person{i}", is_active=i >= left) for i in range(n)]
    apply(directory, *found, clock=clock, by=by)


@pytest.mark.parametrize(("n_people", "n_leaving", "are_many"), [(20, 4, False), (20, 5, True), (100, 5, False)])
def test_many_are_at_least_five_and_over_five_percent(
    directory: Directory, clock: Clock, n_people: int, n_leaving: int, are_many: bool
) -> None:
    crowd(directory, n_people, clock)

    assert provisioning.count(directory, clock.now, planned=n_leaving).are_many is are_many


def test_scim_raises_one_alarm_an_hour(directory: Directory, clock: Clock) -> None:
    join("root", is_staff=True, is_superuser=True)
    crowd(directory, 20, clock)

    for left in (4, 5, 6):
        crowd(directory, 20, clock, left=left, by=SCIM)

    (alarm,) = AuditEvent.objects.filter(kind="directory.many_left")
    assert (alarm.detail["n"], alarm.detail["of"]) == (5, 20)
    assert Message.objects.filter(template__contains="many_left").count() == 1


def test_people_who_are_taken_over_and_switched_off_count_too(directory: Directory, clock: Clock) -> None:
    """Seen failing: a directory could switch off everyone who was here already, and nobody heard of it."""
    join("root", is_staff=True, is_superuser=True)
    directory.link_by = LinkBy.USERNAME
    for n in range(5):
        join(f"person{n}")

    apply(directory, *(entry(f"k{n}", f"person{n}", is_active=False) for n in range(5)), clock=clock, by=SCIM)

    alarm = AuditEvent.objects.get(kind="directory.many_left")
    assert (alarm.detail["n"], alarm.detail["of"]) == (5, 5)


# Phone numbers --------------------------------------------------------------------------------------------------


def test_numbers_are_suggestions_stored_encrypted(directory: Directory, clock: Clock) -> None:
    phones = (PhoneEntry(kind="mobile", number="079 123 45 23"), PhoneEntry(kind="office", number="no number"))

    (change,) = apply(directory, entry(phones=phones), clock=clock)

    eva = User.objects.get()
    assert suggested_numbers.of_person(eva) == {"mobile": PHONE}
    assert PHONE not in SuggestedNumber.objects.get().sealed
    assert PHONE not in str(change.shown())
    assert not eva.enrolments.exists()
    assert not any("1234" in str(row.detail) for row in AuditEvent.objects.all())


def test_a_number_that_the_directory_drops_is_no_suggestion_any_more(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(phones=(PhoneEntry(kind="mobile", number=PHONE),)), clock=clock)

    (change,) = apply(directory, entry(), clock=clock)

    assert change.fields == {"mobile": (PHONE, "")}
    assert not SuggestedNumber.objects.exists()


def test_reads_no_number_again_that_is_the_former_one(
    directory: Directory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read one takes most of the time of a run that changes nothing."""
    phones = (PhoneEntry(kind="mobile", number="+41 79 123 45 23"), PhoneEntry(kind="office", number="044 555 01 67"))
    apply(directory, entry(phones=phones), clock=clock)
    true, texts = phone_numbers.read, list[str]()

    def read(text: str) -> str:
        texts.append(text)
        return true(text)

    monkeypatch.setattr(phone_numbers, "read", read)

    (change,) = provisioning.plan_people(directory, [entry(phones=phones)])

    assert change.verdict is Verdict.UNCHANGED
    assert texts == ["044 555 01 67"]


# Many people ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["added", "changed", "switched off"])
def test_statements_do_not_grow_with_the_people(directory: Directory, clock: Clock, step: str) -> None:
    def counted(n: int, prefix: str) -> int:
        found = [entry(f"{prefix}{i}", f"{prefix}{i}") for i in range(n)]
        if step != "added":
            apply(directory, *found, clock=clock)
            more = {"name": "Robin Huber"} if step == "changed" else {"is_active": False}
            found = [replace(each, **more) for each in found]
        with CaptureQueriesContext(connection) as seen:
            apply(directory, *found, clock=clock)
        return len(seen)

    assert counted(75, "a") <= counted(5, "b") + 2  # SQLite takes fewer rows in one statement


def test_the_events_of_many_people_are_whole_and_in_order(directory: Directory, clock: Clock) -> None:
    found = [entry(f"k{i}", f"person{i:03}") for i in range(200)]

    apply(directory, *found, clock=clock, by=SCIM)

    audit.seal(clock.now)
    rows = AuditEvent.objects.filter(kind="directory.person_added").order_by("pk")
    names = dict(User.objects.values_list("pk", "username"))
    assert [names[row.user_id or 0] for row in rows] == [each.username for each in found]
    assert {(row.at, row.network, row.said["way"]) for row in rows} == {(clock.now, SCIM.network, "scim")}
    assert list(audit.verify()) == []


# Invitations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def inviting(directory: Directory) -> Directory:
    directory.invites_people = True
    directory.save()
    return directory


def invited() -> list[str]:
    """Return who is invited by email, and check that the audit log says so of each."""
    people = list(Invitation.objects.order_by("user__username").values_list("user__username", flat=True))
    events = AuditEvent.objects.filter(kind="invitation.sent").values_list("user_id", flat=True)
    mails = Message.objects.filter(template__contains="invitation").values_list("user_id", flat=True)
    assert Counter(events) == Counter(mails) == Counter(Invitation.objects.values_list("user_id", flat=True))
    return people


@pytest.mark.parametrize("by", [SCIM, SYNC])
def test_invites_whom_it_adds(inviting: Directory, clock: Clock, by: Source) -> None:
    off = entry("k3", "off", email="off@example.org", is_active=False)

    apply(inviting, entry(email="eva@example.org"), entry("k2", "silent"), off, clock=clock, by=by)

    assert invited() == ["eva"]


def test_invites_nobody_unless_it_is_switched_on(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(email="eva@example.org"), clock=clock)

    assert invited() == []


def test_invites_nobody_who_signs_in_right_then(inviting: Directory, clock: Clock) -> None:
    apply(inviting, entry(email="eva@example.org"), clock=clock, by=Source(way=Way.SIGN_IN))

    assert invited() == []


def test_invites_someone_who_was_prepared_on_the_day_they_are_switched_on(inviting: Directory, clock: Clock) -> None:
    apply(inviting, entry(email="eva@example.org", is_active=False), clock=clock, by=SCIM)
    assert invited() == []

    apply(inviting, entry(email="eva@example.org"), clock=clock, by=SCIM)

    assert invited() == ["eva"]


def test_invites_nobody_who_returns_or_is_blocked(inviting: Directory, clock: Clock) -> None:
    names = {"k1": "eva", "k2": "returns", "k3": "blocked"}
    entries = [entry(key, name, email=f"{name}@example.org") for key, name in names.items()]
    apply(inviting, *(replace(each, is_active=False) for each in entries), clock=clock)
    User.objects.filter(username="returns").update(last_login=clock.now)
    User.objects.filter(username="blocked").update(blocked_until=clock.now + timedelta(days=1))

    apply(inviting, *entries, clock=clock)

    assert invited() == ["eva"]


def test_someone_switched_off_and_on_gets_a_link_that_works(inviting: Directory, clock: Clock) -> None:
    """The former link ended when they were switched off."""
    eva = entry(email="eva@example.org")

    for is_active in (True, False, True):
        apply(inviting, replace(eva, is_active=is_active), clock=clock)

    invitation = Invitation.objects.select_related("user").get()
    assert invitation.epoch == invitation.user.epoch
    assert Message.objects.filter(template__contains="invitation").count() == 2


@pytest.mark.parametrize(("email", "n_links"), [("eva.huber@example.org", 2), ("", 1)])
def test_a_link_ends_with_the_address_that_it_was_sent_to(
    inviting: Directory, clock: Clock, email: str, n_links: int
) -> None:
    """Seen failing: someone else's mailbox kept a link that sets the password."""
    apply(inviting, entry(email="evi@example.org"), clock=clock, by=SCIM)
    former = Invitation.objects.get().handle

    apply(inviting, entry(email=email), clock=clock, by=SCIM)

    assert not Invitation.objects.filter(handle=former, ends_at__gt=clock.now).exists()
    assert Message.objects.filter(template__contains="invitation").count() == n_links


def test_a_person_who_is_refused_is_not_invited(inviting: Directory, ana: Person, clock: Clock) -> None:
    assert verdicts(inviting, entry(username="ana", email="a@example.org"), clock=clock) == [Verdict.REFUSED]

    assert invited() == []


def test_no_invitation_remains_of_a_change_that_was_taken_back(inviting: Directory, clock: Clock) -> None:
    with transaction.atomic():
        apply(inviting, entry(email="eva@example.org"), clock=clock)
        assert invited() == ["eva"]
        transaction.set_rollback(True)

    assert invited() == []
    assert not Message.objects.exists()


# Usernames that go from one person to another -------------------------------------------------------------------


def usernames() -> dict[str, str]:
    return dict(User.objects.values_list("directory_key", "username"))


@pytest.mark.parametrize(
    "wanted",
    [
        {"k1": "b", "k2": "a", "k3": "c"},
        {"k1": "b", "k2": "c", "k3": "a"},
        {"k1": "b", "k2": "c", "k3": "d"},
        {"k1": "d", "k2": "a", "k3": "b", "k4": "c"},
    ],
    ids=["two swap", "three in a circle", "each gets the next", "someone new gets one"],
)
def test_usernames_go_from_one_to_another_at_once(directory: Directory, clock: Clock, wanted: dict[str, str]) -> None:
    """Both were refused, in each run. Seen failing."""
    apply(directory, entry("k1", "a"), entry("k2", "b"), entry("k3", "c"), clock=clock)

    found = apply(directory, *(entry(key, name, name=name.upper()) for key, name in wanted.items()), clock=clock)

    assert [dict(change.refusals) for change in found] == [{}] * len(wanted)
    assert usernames() == wanted
    assert {user.username.upper() for user in User.objects.all()} == {user.name for user in User.objects.all()}


def test_username_of_someone_who_keeps_it_stops_all_who_wait_for_it(directory: Directory, clock: Clock) -> None:
    join("local")
    apply(directory, entry("k1", "a"), entry("k2", "b"), clock=clock)

    found = apply(directory, entry("k1", "b"), entry("k2", "local"), clock=clock)

    assert [change.reason for change in found] == [Refusal.USERNAME_TAKEN] * 2
    assert {key: name for key, name in usernames().items() if key} == {"k1": "a", "k2": "b"}


def test_two_who_want_the_same_free_username_do_not_both_get_it(directory: Directory, clock: Clock) -> None:
    apply(directory, entry("k1", "a"), entry("k2", "b"), entry("k3", "c"), clock=clock)

    found = apply(directory, entry("k1", "z"), entry("k2", "a"), entry("k3", "a"), clock=clock)

    assert [change.reason for change in found] == [None, None, Refusal.USERNAME_TAKEN]
    assert usernames() == {"k1": "z", "k2": "a", "k3": "c"}


def test_long_chain_of_usernames_that_ends_at_one_who_keeps_theirs_is_planned_twice(
    directory: Directory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("local")
    apply(directory, *(entry(f"k{n}", f"u{n}") for n in range(40)), clock=clock)
    passes, plan = Counter[str](), matching_people._plan_once

    def counted(*given: Any) -> list[provisioning.PersonChange]:
        passes["n"] += 1
        return plan(*given)

    monkeypatch.setattr(matching_people, "_plan_once", counted)

    chain = [entry(f"k{n}", f"u{n + 1}" if n < 39 else "local") for n in range(40)]
    found = provisioning.plan_people(directory, chain, now=clock.now)

    assert {change.reason for change in found} == {Refusal.USERNAME_TAKEN}
    assert passes["n"] == 2
