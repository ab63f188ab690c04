"""Tests that an app that keeps failing is shown to its person, and that nothing is locked."""

from accounts import app_passwords
from accounts.models import SecondStep, StaleClient
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import Clock, Person, update_user
from verification.models import Message

WRONG = "wrong-lamp-on-friday"


def _without_second_step(person: Person) -> Person:
    update_user(person, second_step=SecondStep.DISABLED)
    return person


def _told(kind: str) -> list[Message]:
    return list(Message.objects.filter(template__contains=kind))


def _fail(door: AppPasswordService, times: int, clock: Clock, password: str = "a" * 24) -> None:
    for _ in range(times):
        door.knock("ana", password)
        clock.forward(minutes=5)


def test_names_a_failing_program(ana: Person, strict: AppPasswordService, clock: Clock) -> None:
    _fail(strict, 3, clock)

    (row,) = app_passwords.stale_of(ana.user, now=clock.now)
    assert (row.service, row.network, row.n_failures) == (strict.service, app_password_services.HOME, 3)


def test_tells_its_person_once_at_the_tenth(ana: Person, strict: AppPasswordService, clock: Clock) -> None:
    _fail(strict, 9, clock)
    assert not _told("app_password_failing")

    _fail(strict, 1, clock)
    told = len(_told("app_password_failing"))
    _fail(strict, 20, clock)

    assert told == len(_told("app_password_failing")) == 1


def test_never_locks_the_account(ana: Person, mail: AppPasswordService, clock: Clock) -> None:
    _fail(mail, 60, clock)

    assert mail.opens("ana", app_password_services.make(ana.user))
    assert ana.give_password().path == "/sign-in/verify/"


def test_never_locks_the_account_of_anyone_who_needs_no_second_step(
    ana: Person, mail: AppPasswordService, clock: Clock
) -> None:
    _without_second_step(ana)
    for _ in range(60):
        mail.knock("ana", WRONG)

    assert ana.give_password().path == "/"


def test_tells_three_times_a_day_however_many_places_a_stranger_fails_from(
    ana: Person, strict: AppPasswordService, clock: Clock
) -> None:
    for place in range(30):
        clock.forward(seconds=1)
        for _ in range(11):
            strict.seen_from(f"198.51.100.{place}").knock("ana", WRONG)

    assert len(_told("app_password_failing")) == 3
    assert StaleClient.objects.filter(user=ana.user).count() <= 20


def test_counts_from_zero_after_a_day_without_failures(ana: Person, strict: AppPasswordService, clock: Clock) -> None:
    _fail(strict, 9, clock)
    clock.forward(days=1)

    _fail(strict, 1, clock)

    assert StaleClient.objects.get().n_failures == 1
    assert not app_passwords.stale_of(ana.user, now=clock.now)


def test_counts_nothing_for_a_name_that_nobody_has(strict: AppPasswordService, clock: Clock) -> None:
    for _ in range(12):
        strict.knock("nobody", WRONG)

    assert not StaleClient.objects.exists()
