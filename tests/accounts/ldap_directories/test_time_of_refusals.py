"""Tests with a real OpenLDAP that the time of a refused sign-in doesn't tell whether an account exists, or where."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, nullcontext

import pytest
from django.contrib.auth.hashers import get_hasher

from accounts import conf, ldap_directories
from accounts import local_or_directory_password_check as password_check
from accounts.ldap_directories import requests_at_once
from accounts.ldap_directories.ldap_binds_and_searches import Connection
from accounts.models import Directory, User
from tests.real_programs.slapd import PASSWORD, Slapd
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.directory_sign_ins import tried
from tests.simulated.people import PASSWORD as LOCAL_PASSWORD
from tests.simulated.people import Clock, join
from verification.context import Context

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("slapd")]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what takes time: hashes, and what is asked of servers."""
    found = Counter[str]()

    def counted(owner: type, name: str, what: str) -> None:
        real = getattr(owner, name)

        def call(self: object, *arguments: object, **named: object) -> object:
            found[what] += 1
            return real(self, *arguments, **named)

        monkeypatch.setattr(owner, name, call)

    for name in ("encode", "verify"):
        counted(type(get_hasher()), name, "hash")
    counted(Connection, "bind_account", "connection")
    counted(Connection, "bind", "bind")
    counted(Connection, "_only", "search")
    return found


@pytest.fixture
def people(directory: Callable[..., Directory], clock: Clock) -> dict[str, User | None]:
    """One of each kind, in two directories of which one adds nobody."""
    off = directory(name="Former", person_filter="(&(uid={username})(uid=karl))")
    directory(person_filter="(&(uid={username})(!(uid=gerd)))")
    directory(name="Guests", person_filter="(&(uid={username})(uid=gerd))")
    for name in ("karl", "dora", "gerd"):
        tried(name, PASSWORD)
    Directory.objects.filter(pk=off.pk).update(is_active=False)
    Directory.objects.filter(name="Guests").update(adds_people=False)
    ldap_directories.forget()
    join("local")
    return {each.username: each for each in User.objects.all()} | {"emil": None, "nobody": None}


def test_an_incorrect_password_takes_as_much_work_for_every_username(
    people: dict[str, User | None], work: Counter[str], clock: Clock
) -> None:
    """R24. Seen failing: an unknown name took 163 ms, a person with a password here 107, one of a directory 79."""
    took = {}
    for name, user in people.items():
        work.clear()
        context = Context(now=clock.now, network="192.0.2.7", agent="")
        assert password_check.check(user, name, "wrong", context).answer is ldap_directories.PasswordResult.WRONG
        took[name] = {what: work[what] for what in ("connection", "search", "bind", "hash")}

    assert set(took) == {"karl", "dora", "gerd", "local", "emil", "nobody"}
    assert {str(each) for each in took.values()} == {"{'connection': 2, 'search': 2, 'bind': 2, 'hash': 1}"}


def test_a_correct_password_takes_only_the_work_it_needs(
    people: dict[str, User | None], work: Counter[str], clock: Clock
) -> None:
    took = {}
    for name, password in (("local", LOCAL_PASSWORD), ("dora", PASSWORD)):
        work.clear()
        password_check.check(people[name], name, password, Context(now=clock.now, network="192.0.2.7", agent=""))
        took[name] = dict(work)

    assert took == {"local": {"hash": 1}, "dora": {"connection": 1, "search": 1, "bind": 1}}


@pytest.mark.parametrize(("code", "why"), [(None, ""), (49, "data 532"), (52, "unavailable")])
def test_a_service_takes_as_much_work_for_a_correct_password_that_is_not_enough(
    people: dict[str, User | None],
    work: Counter[str],
    slapd: Slapd,
    clock: Clock,
    files: AppPasswordService,
    code: int | None,
    why: str,
) -> None:
    """Seen failing: it took one question or none, so that the time told which password of a person was correct."""
    took = {}
    with slapd.answering("dora", code, why) if code else nullcontext():
        for name, password in (("local", LOCAL_PASSWORD), ("local", "wrong"), ("dora", PASSWORD), ("dora", "wrong")):
            work.clear()
            assert not files.opens(name, password)
            took[name, password] = {what: work[what] for what in ("connection", "search", "bind", "hash")}

    assert {str(each) for each in took.values()} == {"{'connection': 2, 'search': 2, 'bind': 2, 'hash': 1}"}


def test_neither_a_name_nor_a_password_reaches_a_directory_that_has_nothing_to_do_with_it(
    people: dict[str, User | None], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    seen = list[str]()
    real = Connection.bind

    def bind(self: Connection, dn: str, password: str) -> ldap_directories.PasswordResult:
        seen.append(f"{dn} {password}")
        return real(self, dn, password)

    monkeypatch.setattr(Connection, "bind", bind)

    password_check.check(
        people["local"], "local", "their secret", Context(now=clock.now, network="192.0.2.7", agent="")
    )

    assert len(seen) == 2
    assert not [each for each in seen if "local" in each or "their secret" in each]


@pytest.mark.parametrize("n_left", [0, 1])
def test_a_made_up_question_takes_no_directorys_last_place(
    directory: Callable[..., Directory],
    work: Counter[str],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    n_left: int,
) -> None:
    """Seen failing: wrong passwords took or waited for all places, and people with a correct one were turned away."""
    made = directory()
    join("local")
    context = Context(now=clock.now, network="192.0.2.7", agent="")
    waits = list[float]()
    with ExitStack() as stack, monkeypatch.context() as patched:
        for _place in range(conf.directory_requests() - n_left):
            stack.enter_context(requests_at_once.place(made.pk, until=ldap_directories.deadline()))
        patched.setattr(requests_at_once._places, "wait", waits.append)
        wrong = password_check.check(User.objects.get(), "local", "wrong", context)
        nobody = password_check.check_nobody("wrong")
        asked_about_nobody = work["connection"]
        answer = (
            password_check.check(None, "dora", PASSWORD, context).answer
            if n_left
            else ldap_directories.PasswordResult.RIGHT
        )

    assert wrong == nobody == password_check.WRONG
    assert (asked_about_nobody, waits) == (0, [])
    assert answer is ldap_directories.PasswordResult.RIGHT


def test_all_questions_of_a_sign_in_share_one_deadline(
    people: dict[str, User | None], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Seen failing: the questions about nobody had as much time again, so that a sign-in could take 11 seconds."""
    real, seen = Connection.__init__, set[float]()

    def opened(self: Connection, directory: Directory, server: str, *, until: float) -> None:
        seen.add(until)
        real(self, directory, server, until=until)

    monkeypatch.setattr(Connection, "__init__", opened)

    n_deadlines = {}
    for name, user in people.items():
        seen.clear()
        password_check.check(user, name, "wrong", Context(now=clock.now, network="192.0.2.7", agent=""))
        n_deadlines[name] = len(seen)

    assert n_deadlines == dict.fromkeys(people, 1)
