"""Tests of what the support desk sees of incorrect codes over weeks, and when the count can restart."""

from datetime import timedelta

import pytest
from django_otp.oath import totp

from accounts.models import User
from accounts.support import case
from accounts.support.actions import (
    Actor,
    Unneeded,
    action_preview,
    blocks_and_bypasses,
    method_resets,
    temporary_access_passes,
)
from tests.simulated.people import Clock, Person
from verification import challenges, enrolments, limits, policies
from verification.context import Context
from verification.models import AuditEvent, Enrolment, Message, Purpose
from verification.outcomes import Verdict


def guess(person: Person, n: int, clock: Clock, *, method: str = "totp") -> list[Verdict]:
    context = Context(now=clock.now)
    binding = f"guess {clock.now}"
    issued = challenges.start(
        person.enrolment(method),
        user=person.user,
        purpose=Purpose.SIGN_IN,
        binding=binding,
        context=context,
        rules=policies.rules_for(person.user.pk),
    )
    return [challenges.answer(issued.handle, "000000", binding=binding, context=context).verdict for _ in range(n)]


def actor(staff: Person, clock: Clock) -> Actor:
    return Actor(staff=staff.user, context=Context(now=clock.now), reason="asked", ticket="1")


def locks(person: Person, staff: Person, clock: Clock) -> str:
    return " ".join(case.of(person.user, staff.user, Context(now=clock.now)).locks)


def test_case_page_tells_of_wrong_codes(ana: Person, dora: Person, clock: Clock) -> None:
    assert action_preview.wrong_codes(limits.wrong_codes(ana.user.pk, now=clock.now)) == []

    guess(ana, 4, clock)

    [line] = action_preview.wrong_codes(limits.wrong_codes(ana.user.pk, now=clock.now))
    assert line.startswith("4 ")
    assert line in locks(ana, dora, clock)


def test_count_begins_again_after_the_methods_were_set_up_again(ana: Person, dora: Person, clock: Clock) -> None:
    guess(ana, 4, clock)
    with pytest.raises(Unneeded):
        blocks_and_bypasses.reset_wrong_codes(ana.user, actor(dora, clock))
    assert limits.wrong_codes(ana.user.pk, now=clock.now).n == 4

    clock.forward(hours=1)
    for enrolment in ana.user.enrolments.all():
        enrolment.delete()
    ana.set_up("totp")
    blocks_and_bypasses.reset_wrong_codes(ana.user, actor(dora, clock))

    assert limits.wrong_codes(ana.user.pk, now=clock.now).n == 0
    assert AuditEvent.objects.filter(kind="support.wrong_codes_reset", actor_id=dora.user.pk).exists()
    assert Message.objects.filter(context__event="support.wrong_codes_reset").exists()
    with pytest.raises(Unneeded):
        blocks_and_bypasses.reset_wrong_codes(ana.user, actor(dora, clock))


def test_count_begins_again_when_nothing_is_left_to_guess(ana: Person, dora: Person, clock: Clock) -> None:
    """Support was told to remove methods that were gone already. Seen failing."""
    guess(ana, 4, clock)
    ana.user.enrolments.all().delete()
    Enrolment.objects.create(user=ana.user, method="passkey", confirmed=True)

    blocks_and_bypasses.reset_wrong_codes(ana.user, actor(dora, clock))

    assert limits.wrong_codes(ana.user.pk, now=clock.now).n == 0


def test_unlocking_cannot_end_the_stop(
    ana: Person, dora: Person, clock: Clock, settings: pytest.FixtureRequest
) -> None:
    """Seen failing with an unlock that said to everybody that the methods work again, which they didn't."""
    settings.WRONG_CODES_PER_MONTH = 3  # type: ignore[attr-defined]  # the test's settings take any name
    guess(ana, 3, clock)

    with pytest.raises(Unneeded):
        blocks_and_bypasses.unlock(ana.user, actor(dora, clock))

    assert not Message.objects.filter(context__event="support.person_unlocked").exists()
    stopped = limits.wrong_codes(ana.user.pk, now=clock.now)
    assert stopped.stopped_at is not None
    assert action_preview.wrong_codes(stopped)[0] in locks(ana, dora, clock)
    found = case.of(ana.user, dora.user, Context(now=clock.now))
    assert "unlock" not in {button.action.name for button in found.offers.buttons}
    assert found.suggestion is not None
    assert found.suggestion.button is not None
    assert found.suggestion.button.action.name == "clear_settings"


def test_mail_about_unlocking_says_that_the_stop_lasts(
    ana: Person, dora: Person, clock: Clock, settings: pytest.FixtureRequest
) -> None:
    """It said that the methods work again. Seen failing."""
    settings.WRONG_CODES_PER_MONTH = 3  # type: ignore[attr-defined]  # the test's settings take any name
    guess(ana, 3, clock)
    User.objects.filter(pk=ana.user.pk).update(second_step_locked_at=clock.now)
    ana.user.refresh_from_db()

    blocks_and_bypasses.unlock(ana.user, actor(dora, clock))

    assert Message.objects.get(context__event__startswith="support.").context["event"] == "support.waits_removed"
    assert AuditEvent.objects.get(kind__startswith="support.").kind == "support.waits_removed"


def test_clearing_the_settings_ends_the_stop(
    ana: Person, dora: Person, clock: Clock, settings: pytest.FixtureRequest
) -> None:
    settings.WRONG_CODES_PER_MONTH = 3  # type: ignore[attr-defined]  # the test's settings take any name
    guess(ana, 3, clock)

    method_resets.clear_settings(ana.user, actor(dora, clock))

    assert limits.wrong_codes(ana.user.pk, now=clock.now) == limits.WrongCodes()
    ana.give_password()
    assert ana.page.path == "/sign-in/register/"


def test_pass_leads_to_a_new_method_after_the_stop(
    ana: Person, dora: Person, clock: Clock, settings: pytest.FixtureRequest
) -> None:
    """All methods are locked: the pass works, and the method set up with it replaces them."""
    settings.WRONG_CODES_PER_MONTH = 3  # type: ignore[attr-defined]  # the test's settings take any name
    guess(ana, 3, clock)
    settings.WRONG_CODES_PER_MONTH = 100  # type: ignore[attr-defined]  # the test's settings take any name
    new = enrolments.new_pass(ana.user, {"once": True})
    done = temporary_access_passes.issue_pass(ana.user, actor(dora, clock), new=new, life=timedelta(hours=1))

    ana.give_password()
    page = ana.verify(done.secret)

    assert page.path == "/sign-in/register/"
    ana.browser.press("Authenticator app")
    draft = Enrolment.objects.get(user=ana.user, confirmed=False)
    ana.verify(f"{totp(draft.secret):06d}")
    assert list(Enrolment.objects.filter(user=ana.user).exclude(method="access_pass")) == [draft]
    assert limits.wrong_codes(ana.user.pk, now=clock.now).n == 0
