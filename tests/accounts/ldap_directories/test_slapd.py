"""Tests with a real OpenLDAP: who signs in with which password, what is told, and what happens when it is away."""

import time
from collections.abc import Callable

import pytest

from accounts import ldap_directories
from accounts.models import Directory, SuggestedNumber, User
from accounts.models.directories import Encryption
from accounts.provisioning import suggested_numbers
from tests.real_programs.ports import free_port
from tests.real_programs.slapd import BASE, PASSWORD, Slapd
from tests.simulated.directory_sign_ins import refusal, refusals, tried
from tests.simulated.http_browser import Browser
from tests.simulated.people import ANAS, Clock, join
from tests.simulated.people import PASSWORD as LOCAL_PASSWORD
from verification.models import Message

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd")]


# Signing in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encryption", [Encryption.LDAPS, Encryption.STARTTLS])
def test_the_first_sign_in_adds_the_person(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, encryption: Encryption
) -> None:
    port = slapd.tls if encryption == Encryption.LDAPS else slapd.plain
    made = directory(encryption=encryption, servers=[f"127.0.0.1:{port}"])

    browser = tried("DORA", PASSWORD)

    dora = User.objects.get(directory=made)
    assert browser.shown.path == "/sign-in/register/"
    assert (dora.username, dora.name, dora.email) == ("dora", "Dora", "dora@example.org")
    assert not dora.has_usable_password()


def test_refuses_a_wrong_an_empty_and_an_odd_password(directory: Callable[..., Directory], clock: Clock) -> None:
    directory()

    for password in ("wrong", " ", PASSWORD.upper()):
        assert tried("dora", password).shown.path == "/sign-in/"

    assert not User.objects.exists()
    assert refusals() == []


@pytest.mark.parametrize("name", ["*", "do*", "dora)(uid=*", "dora\\", "", "dora\0"])
def test_a_name_is_never_part_of_the_filter(directory: Callable[..., Directory], clock: Clock, name: str) -> None:
    directory()

    tried(name, PASSWORD)

    assert not User.objects.exists()


def test_follows_a_new_username(directory: Callable[..., Directory], slapd: Slapd, clock: Clock) -> None:
    directory()
    tried("emil", PASSWORD)
    emil = User.objects.get()

    slapd.rename("emil", "emil.huber")
    tried("emil.huber", PASSWORD)

    assert User.objects.get().pk == emil.pk
    assert User.objects.get().username == "emil.huber"


def test_a_correct_password_switches_nobody_on_again(directory: Callable[..., Directory], clock: Clock) -> None:
    """A sync switches off who left its filter, and the directory still knows their password."""
    directory()
    tried("dora", PASSWORD)
    User.objects.update(is_active=False, directory_off_at=clock.now)

    tried("dora", PASSWORD)

    assert not User.objects.get().is_active


def test_refuses_someone_who_left_the_filter(directory: Callable[..., Directory], slapd: Slapd, clock: Clock) -> None:
    """As someone who left the group that it asks for. Seen failing: only new people had to be found by it."""
    slapd.person("lena")
    directory(person_filter="(&(uid={username})(!(employeeType=left)))")
    assert tried("lena", PASSWORD).shown.path == "/sign-in/register/"

    slapd.change("lena", "replace: employeeType\nemployeeType: left")
    left = tried("lena", PASSWORD)
    slapd.change("lena", "delete: employeeType")

    assert refusal(left) == "password_wrong"
    assert tried("lena", PASSWORD).shown.path == "/sign-in/register/"


@pytest.mark.parametrize("by", ["uid:caseExactMatch:=", "uid:=", "uid~="])
def test_a_filter_that_compares_in_its_own_way_finds_people_again(
    directory: Callable[..., Directory], clock: Clock, by: str
) -> None:
    """With these, `*` is no wildcard. Seen failing: only the first sign-in of each person succeeded."""
    directory(person_filter=f"(&(objectClass=inetOrgPerson)({by}{{username}}))")

    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"
    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"


@pytest.mark.parametrize("is_known", [True, False])
def test_refuses_who_is_marked_as_disabled(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, *, is_known: bool
) -> None:
    """Nothing but the filter says so. Seen failing: someone who had left could sign in, and even got an account."""
    uid = "known" if is_known else "new"
    slapd.person(uid)
    directory(disabled_filter="(employeeType=left)")
    if is_known:
        assert tried(uid, PASSWORD).shown.path == "/sign-in/register/"

    slapd.change(uid, "replace: employeeType\nemployeeType: left")
    right, wrong = tried(uid, PASSWORD), tried(uid, "wrong")

    assert (refusal(right), refusal(wrong)) == ("directory_disabled", "password_wrong")
    assert refusals() == ["disabled"]
    assert User.objects.count() == is_known


def test_a_filter_for_disabled_people_that_is_wrong_lets_nobody_in(
    directory: Callable[..., Directory], clock: Clock
) -> None:
    directory(disabled_filter="(employeeType)")

    assert refusal(tried("dora", PASSWORD)) == "directory_away"


def test_a_sign_in_drops_no_suggested_number(directory: Callable[..., Directory], clock: Clock) -> None:
    directory()
    tried("dora", PASSWORD)
    suggested_numbers.replace({User.objects.get().pk: {"mobile": ANAS}})
    User.objects.update(name="Another name")

    tried("dora", PASSWORD)

    assert (User.objects.get().name, SuggestedNumber.objects.count()) == ("Dora", 1)


def test_never_takes_over_an_account_of_the_same_name(directory: Callable[..., Directory], clock: Clock) -> None:
    fritz = join("fritz")
    directory(person_filter="(|(uid={username})(mail={username}))")

    browser = tried("fritz@example.org", PASSWORD)

    assert browser.shown.path == "/sign-in/"
    assert User.objects.get().pk == fritz.user.pk
    assert refusals() == ["name_taken"]


def test_people_without_a_directory_have_their_own_password(directory: Callable[..., Directory], clock: Clock) -> None:
    join("dora")
    directory()

    assert tried("dora", PASSWORD).shown.path == "/sign-in/"
    assert tried("dora", LOCAL_PASSWORD).shown.path == "/sign-in/register/"


def test_asks_nobody_about_people_of_a_directory_that_is_off(directory: Callable[..., Directory], clock: Clock) -> None:
    made = directory()
    tried("dora", PASSWORD)

    Directory.objects.filter(pk=made.pk).update(is_active=False)
    ldap_directories.forget()

    assert tried("dora", PASSWORD).shown.path == "/sign-in/"


# What the directory says ---------------------------------------------------------------------------------------


def test_tells_that_the_password_must_be_changed(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory()
    slapd.change("gerd", "replace: pwdReset\npwdReset: TRUE")

    right, wrong = tried("gerd", PASSWORD), tried("gerd", "wrong")

    assert (refusal(right), refusal(wrong)) == ("directory_must_change", "password_wrong")
    assert refusals() == ["must_change"]


def test_tells_that_the_password_has_expired(directory: Callable[..., Directory], slapd: Slapd, clock: Clock) -> None:
    directory()
    policy = f"replace: pwdPolicySubentry\npwdPolicySubentry: cn=short,ou=policies,{BASE}"
    slapd.change("hanna", f"{policy}\n-\nreplace: pwdChangedTime\npwdChangedTime: 20200101000000Z")

    right, wrong = tried("hanna", PASSWORD), tried("hanna", "wrong")

    assert (refusal(right), refusal(wrong)) == ("directory_expired", "password_wrong")


def test_tells_nobody_that_the_directory_has_locked_an_account(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory()
    slapd.change("ivo", "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")

    right, wrong = tried("ivo", PASSWORD), tried("ivo", "wrong")

    assert (refusal(right), refusal(wrong)) == ("password_wrong", "password_wrong")


def test_a_stranger_cannot_make_the_directory_lock_an_account(
    directory: Callable[..., Directory], clock: Clock
) -> None:
    """The directory locks after six."""
    directory(max_failures=4)
    for number in range(9):
        tried("jana", f"wrong {number}", Browser(network=f"198.51.100.{number + 1}"))

    assert refusal(tried("jana", PASSWORD, Browser(network="198.51.100.77"))) == "directory_later"
    clock.forward(minutes=61)
    assert tried("jana", PASSWORD, Browser(network="198.51.100.78")).shown.path == "/sign-in/register/"


def test_correct_passwords_use_up_no_guesses(directory: Callable[..., Directory], clock: Clock) -> None:
    directory(max_failures=2)

    for _turn in range(4):
        assert tried("karl", PASSWORD).shown.path == "/sign-in/register/"


# Away ----------------------------------------------------------------------------------------------------------


def test_the_next_server_answers_if_one_is_down(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory(servers=[f"127.0.0.1:{free_port()}", f"127.0.0.1:{slapd.tls}"])

    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"


def test_a_hanging_server_makes_one_person_wait_and_the_next_no_more(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, black_hole: int
) -> None:
    directory(servers=[f"127.0.0.1:{black_hole}", f"127.0.0.1:{slapd.tls}"])
    first = time.perf_counter()
    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"
    second = time.perf_counter()

    assert tried("karl", PASSWORD).shown.path == "/sign-in/register/"

    assert second - first < 12
    assert time.perf_counter() - second < 3


def test_says_that_it_is_away_and_local_people_still_sign_in(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory()
    tried("dora", PASSWORD)
    join("local")
    slapd.stop()
    try:
        away, unknown, local = tried("dora", PASSWORD), tried("nobody", "x"), tried("local", LOCAL_PASSWORD)
        again = tried("dora", "wrong")
    finally:
        slapd.start()
    ldap_directories.forget()

    assert {refusal(browser) for browser in (away, unknown, again)} == {"directory_away"}
    assert local.shown.path == "/sign-in/register/"
    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"


def test_attempts_that_nobody_answered_are_no_incorrect_passwords(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    """Seen failing: after ten attempts during an outage, people had to wait although the directory was back."""
    directory()
    slapd.stop()
    try:
        for _turn in range(12):
            assert refusal(tried("dora", PASSWORD)) == "directory_away"
    finally:
        slapd.start()
    ldap_directories.forget()

    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"


def test_a_server_that_hangs_after_it_agreed_to_starttls_is_left(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, half_hole: int
) -> None:
    """libldap waits forever for the handshake."""
    servers = [f"127.0.0.1:{half_hole}", f"127.0.0.1:{slapd.plain}"]
    directory(encryption=Encryption.STARTTLS, servers=servers)
    begun = time.perf_counter()

    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"
    assert time.perf_counter() - begun < 7


def test_refuses_a_certificate_of_somebody_else(directory: Callable[..., Directory], clock: Clock) -> None:
    directory(ca="")

    assert refusal(tried("dora", PASSWORD)) == "directory_away"


# Where the password is not ours -----------------------------------------------------------------------------------


def test_a_person_of_a_directory_is_told_where_to_change_the_password(
    directory: Callable[..., Directory], clock: Clock
) -> None:
    directory(password_url="https://password.example.org/")
    tried("dora", PASSWORD)
    dora = User.objects.get()
    browser = Browser()
    browser.go("/password-reset/")

    browser.press("Email me the link", name="dora")

    rows = Message.objects.filter(user=dora)
    assert [row.template for row in rows] == ["verification/notices/to_person/password_change_in_directory.txt"]
