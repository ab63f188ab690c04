"""Tests with a real OpenLDAP of binds that are refused for other reasons than a wrong password."""

from collections.abc import Callable

import pytest

from accounts.ldap_directories import connection_test, server_availability
from accounts.ldap_directories.ldap_binds_and_searches import Away, Connection
from accounts.ldap_directories.password_result_codes import NotChecked, PasswordResult, of_refused_bind
from accounts.models import Directory, User
from tests.real_programs.slapd import PASSWORD, Slapd
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.directory_sign_ins import refusal, refusals, tried
from tests.simulated.http_browser import Browser
from tests.simulated.people import Clock
from verification.models import Counter

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd")]

BUSY, UNAVAILABLE, UNWILLING, NEEDS_TLS, LOCKED_HERE, INVALID, OTHER = 51, 52, 53, 13, 19, 49, 80
WINDOWS = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {data}, v4563"


def tries(name: str, n: int, password: str = PASSWORD) -> list[Browser]:
    """Sign in from several networks, so that only the count of the directory matters."""
    return [tried(name, password, Browser(network=f"198.51.100.{number + 1}")) for number in range(n)]


@pytest.mark.parametrize("code", [BUSY, UNAVAILABLE, UNWILLING, NEEDS_TLS])
def test_a_server_that_checks_no_password_counts_none(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, code: int
) -> None:
    """Seen failing: each was an incorrect password, so that the person had to wait half an hour afterwards."""
    directory(max_failures=3)
    with slapd.answering("emil", code):
        refused = tries("emil", 12)

    assert {refusal(browser) for browser in refused} == {"directory_away"}
    assert set(refusals()) == {"away"}
    assert tried("emil", PASSWORD).shown.path == "/sign-in/register/"


def test_a_refusal_of_one_account_does_not_count_as_a_server_that_is_down(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    """Otherwise everybody would have to wait half a minute after each attempt at that account."""
    made = directory()
    with slapd.answering("emil", UNWILLING):
        tried("emil", PASSWORD)

    assert server_availability.is_up(f"ldaps://{made.servers[0]}")
    assert tried("dora", PASSWORD).shown.path == "/sign-in/register/"


def test_a_refusal_that_says_nothing_of_the_password_is_told_and_counts(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    """The server may have compared the password. Without a count, guesses would be unlimited."""
    directory(max_failures=3)
    with slapd.answering("emil", OTHER):
        first, *_others, last = tries("emil", 4)

    assert (refusal(first), refusal(last)) == ("directory_away", "directory_later")


def test_a_guess_counts_once_however_many_servers_are_asked(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    """Seen failing: the second server counted it again, so that one sign-in took two guesses."""
    directory(servers=[f"127.0.0.1:{slapd.tls}", f"localhost:{slapd.tls}"], max_failures=3)
    with slapd.answering("emil", OTHER):
        tries("emil", 4)

    assert refusals() == ["away", "away", "later", "later"]


@pytest.mark.parametrize("lost", [NotChecked("other", is_certain=False), Away("It didn’t answer in time.")])
@pytest.mark.parametrize("code", [INVALID, UNWILLING])
def test_a_guess_that_one_server_may_have_counted_stays_counted(
    directory: Callable[..., Directory],
    slapd: Slapd,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    lost: Exception,
    code: int,
) -> None:
    """Seen failing: it counted twice if the next server refused it too."""
    directory(servers=[f"127.0.0.1:{slapd.tls}", f"localhost:{slapd.tls}"], max_failures=3)
    real, first = Connection.bind, [lost]

    def bind(self: Connection, dn: str, password: str) -> PasswordResult:
        if first:
            raise first.pop()
        return real(self, dn, password)

    monkeypatch.setattr(Connection, "bind", bind)
    with slapd.answering("emil", code):
        tries("emil", 1)

    assert not first
    assert Counter.objects.get(scope="directory.password").count == 1


def test_a_lock_that_has_a_result_code_of_its_own_is_told_to_support_only(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    """389 Directory Server and FreeIPA give this answer for any password."""
    directory(max_failures=3)
    with slapd.answering("emil", LOCKED_HERE):
        first, *_others, last = tries("emil", 4)

    assert (refusal(first), refusal(last)) == ("password_wrong", "directory_later")
    assert refusals() == ["locked", "locked", "later", "later"]


@pytest.mark.parametrize("data", ["52f", "568", "569"])
def test_a_correct_password_of_a_restricted_account_is_no_incorrect_one(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, data: str
) -> None:
    """Seen failing: after ten sign-ins with the correct password the person had to wait, and read that it was wrong."""
    directory(max_failures=3)
    with slapd.answering("emil", 49, WINDOWS.format(data=data)):
        refused = [tried("emil", PASSWORD) for _turn in range(12)]

    assert {refusal(browser) for browser in refused} == {"directory_restricted"}
    assert set(refusals()) == {"restricted"}


def test_wrong_passwords_between_correct_ones_that_are_refused_still_count(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory(max_failures=3)
    for data in ("52e", "532", "52e", "532"):
        with slapd.answering("emil", 49, WINDOWS.format(data=data)):
            tried("emil", "some password")

    assert refusals() == ["expired", "later"]


def test_the_next_server_is_asked_if_one_is_unwilling(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    directory(servers=[f"127.0.0.1:{slapd.tls}", f"127.0.0.1:{slapd.tls}"], max_failures=2)
    with slapd.answering("emil", UNWILLING):
        browser = tried("emil", PASSWORD)

    assert refusal(browser) == "directory_away"


def test_a_service_counts_no_attempt_that_nobody_checked(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock, files: AppPasswordService
) -> None:
    directory(max_failures=3)
    tried("emil", PASSWORD)
    User.objects.update(second_step="disabled")
    with slapd.answering("emil", UNWILLING):
        for number in range(12):
            files.seen_from(f"198.51.100.{number + 1}").knock("emil", PASSWORD, protocol="http")

    assert tried("emil", PASSWORD).shown.path != "/sign-in/"


def test_the_test_of_a_directory_names_the_reason(
    directory: Callable[..., Directory], slapd: Slapd, clock: Clock
) -> None:
    made = directory()
    reason = "The server is in maintenance."
    with slapd.answering("emil", UNWILLING, reason):
        (report,) = connection_test.run(made, username="emil", password=PASSWORD)

    assert not report.steps[-1].is_done
    assert reason in report.steps[-1].text


def test_answers_are_read_from_active_directorys_codes() -> None:
    answers = {
        "52e": PasswordResult.WRONG,
        "525": PasswordResult.WRONG,
        "52f": PasswordResult.RESTRICTED,
        "530": PasswordResult.OUTSIDE_HOURS,
        "531": PasswordResult.OTHER_MACHINE,
        "532": PasswordResult.EXPIRED,
        "533": PasswordResult.DISABLED,
        "568": PasswordResult.RESTRICTED,
        "569": PasswordResult.RESTRICTED,
        "701": PasswordResult.ACCOUNT_EXPIRED,
        "773": PasswordResult.MUST_CHANGE,
        "775": PasswordResult.LOCKED,
        "999": PasswordResult.WRONG,
    }
    assert {data: of_refused_bind(49, WINDOWS.format(data=data)) for data in answers} == answers


def test_a_domain_that_finds_no_controller_has_checked_nothing() -> None:
    with pytest.raises(NotChecked) as refused:
        of_refused_bind(49, WINDOWS.format(data="51f"))

    assert refused.value.is_certain
