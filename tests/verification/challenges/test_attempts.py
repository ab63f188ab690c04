"""What an incorrect answer costs: tries, waits, methods switched off, and notices to their owner."""

from typing import Any

import pytest

from tests.verification.conftest import Desk, app_code, equip
from verification import challenges, limits
from verification.models import (
    AuditEvent,
    Challenge,
    Enrolment,
    Failure,
    Message,
    Purpose,
)
from verification.outcomes import Verdict


def test_ends_after_five_wrong_answers(ana: Desk) -> None:
    issued = ana.start("text")
    code = ana.code(issued)

    verdicts = [ana.answer(issued, "000000").verdict for _ in range(5)]

    assert verdicts == [Verdict.WRONG] * 4 + [Verdict.ENDED]
    assert ana.answer(issued, code).verdict is Verdict.ENDED


def test_waits_across_sessions_after_five_failures(ana: Desk) -> None:
    for session in range(5):
        ana.answer(ana.start("totp", binding=f"s{session}"), "000000", binding=f"s{session}")

    waiting = ana.start("totp", binding="s6")

    assert waiting.verdict is Verdict.WAIT
    assert waiting.retry_at == ana.later(minutes=1).context.now


def test_does_not_look_at_an_answer_while_waiting(ana: Desk) -> None:
    early = ana.start("totp", binding="early")
    for session in range(5):
        ana.answer(ana.start("totp", binding=f"s{session}"), "000000", binding=f"s{session}")

    right = app_code(ana.enrolment("totp"), ana.context.now)

    assert ana.answer(early, right, binding="early").verdict is Verdict.WAIT


def test_keeps_the_taken_try_when_the_method_breaks(ana: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the commit before the look, a crash in the comparison gave the try back (seen)."""
    issued = ana.start("totp")

    def breaks(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("verification.methods.totp.method.Totp.check", breaks)
    with pytest.raises(RuntimeError):
        ana.answer(issued, "000000")

    assert Challenge.objects.get(handle=issued.handle).tries_left == 4


def test_tells_the_owner_of_the_first_burst_once(ana: Desk) -> None:
    issued = ana.start("totp")
    for _ in range(5):
        ana.answer(issued, "000000")

    notices = Message.objects.filter(kind="mail")

    assert [notice.template for notice in notices] == ["verification/notices/wrong_codes.txt"]


def test_switches_a_method_off_at_thirty_failures(ana: Desk) -> None:
    desk = ana
    for turn in range(30):
        desk = desk.later(hours=2)
        issued = desk.start("totp", binding=f"t{turn}")
        desk.answer(issued, "000000", binding=f"t{turn}")

    assert desk.later(days=3).start("totp").verdict is Verdict.OFF


def wrong(desk: Desk, n: int, *, binding: str, method: str = "totp") -> list[Verdict]:
    issued = desk.start(method, binding=binding)
    return [desk.answer(issued, "000000", binding=binding).verdict for _ in range(n)]


def mails(*, to: str = "") -> list[str]:
    rows = Message.objects.filter(kind="mail").order_by("pk")
    return [row.template.rsplit("/", 1)[1][:-4] for row in rows if not to or row.address == to]


def besides(desk: Desk, rounds: int) -> list[Verdict]:
    """Guess four codes, then let the owner sign in by text, once an hour; gives what happened to the guesses."""
    found = []
    for hour in range(rounds):
        now = desk.later(hours=hour)
        found += wrong(now, 4, binding=f"guess {hour}") if now.start("totp", binding=f"guess {hour}").issued else []
        owner = now.start("text", binding=f"owner {hour}")
        if not owner.issued or not now.answer(owner, now.code(owner), binding=f"owner {hour}").proven:
            break
        issued = now.start("totp", binding=f"app {hour}")
        if issued.issued:
            now.answer(issued, app_code(now.enrolment("totp"), now.context.now), binding=f"app {hour}")
    return found


def test_guesses_beside_a_busy_owner_are_bounded(ana: Desk, settings: Any) -> None:
    """104 guesses of 26 rounds were looked at, each round followed by the owner's own sign-in, and nobody was told."""
    settings.SUPPORT_EMAIL = "support@example.org"

    found = besides(ana, 30)

    assert found.count(Verdict.WRONG) == 100
    assert ana.later(days=1).start("totp", binding="x").verdict is Verdict.OFF
    assert ana.later(days=1).start("text", binding="y").verdict is Verdict.OFF
    assert mails(to="support@example.org") == ["second_step_off_alert"]
    assert mails(to="ana@example.org")[0] == "wrong_codes"
    assert mails(to="ana@example.org").count("second_step_off") == 1


def test_the_owner_hears_of_a_burst_although_they_signed_in_after_it(ana: Desk) -> None:
    besides(ana, 1)

    assert mails() == ["wrong_codes"]


def test_the_owner_hears_of_two_guesses_a_day(ana: Desk) -> None:
    for day in range(9):
        wrong(ana.later(days=day), 2, binding=f"day {day}")

    assert mails() == ["wrong_codes"]


def test_wrong_codes_count_for_thirty_days(ana: Desk, settings: Any) -> None:
    settings.WRONG_CODES_PER_MONTH = 4
    for day in (0, 10, 20):
        wrong(ana.later(days=day), 1, binding=f"day {day}")
    assert limits.wrong_codes(ana.user.pk, now=ana.later(days=20).context.now).n == 3

    assert limits.wrong_codes(ana.user.pk, now=ana.later(days=31).context.now).n == 2
    assert wrong(ana.later(days=31), 1, binding="next") == [Verdict.WRONG]
    assert ana.later(days=31).start("totp", binding="open").issued


def test_trials_and_setting_up_count_for_no_month(ana: Desk) -> None:
    for purpose in (Purpose.SELF_TEST, Purpose.CALLER):
        issued = ana.start("totp", binding=purpose, purpose=purpose)
        ana.answer(issued, "000000", binding=purpose)

    assert limits.wrong_codes(ana.user.pk, now=ana.context.now).n == 0


@pytest.fixture
def stopped(ana: Desk, settings: Any) -> Desk:
    """Return someone whose second step is off after the incorrect codes of a month, which are three here."""
    settings.WRONG_CODES_PER_MONTH = 3
    wrong(ana, 3, binding="guess")
    Message.objects.all().delete()
    settings.WRONG_CODES_PER_MONTH = 100
    return ana.later(hours=1)


def test_stop_ends_when_a_method_is_set_up_again(stopped: Desk) -> None:
    """What was guessed at goes with it, and what is new works: the app, and the number that was not set up again."""
    former = stopped.enrolment("totp")

    issued = challenges.enrol(stopped.user, "totp", {}, binding="new", context=stopped.context, rules=stopped.rules)
    draft = Enrolment.objects.get(user=stopped.user, method="totp", confirmed=False)
    assert stopped.answer(issued, app_code(draft, stopped.context.now), binding="new").proven

    assert list(Enrolment.objects.filter(user=stopped.user)) == [draft]
    assert former.pk != draft.pk
    assert stopped.start("totp", binding="b").issued
    assert limits.wrong_codes(stopped.user.pk, now=stopped.context.now) == limits.WrongCodes()
    assert "enrolment.rebound" in AuditEvent.objects.values_list("kind", flat=True)


def test_stop_outlives_time_and_unlocking(stopped: Desk) -> None:
    limits.unlock(stopped.user.pk)

    assert stopped.later(days=40).start("totp", binding="b").verdict is Verdict.OFF


def test_answer_to_a_challenge_of_before_the_stop_is_not_looked_at(ana: Desk, settings: Any) -> None:
    settings.WRONG_CODES_PER_MONTH = 3
    before = ana.start("text", binding="before")
    wrong(ana, 3, binding="guess")

    assert ana.answer(before, ana.code(before), binding="before").verdict is Verdict.OFF
    settings.WRONG_CODES_PER_MONTH = 100
    assert ana.answer(before, ana.code(before), binding="before").verdict is Verdict.OFF


@pytest.mark.parametrize("purpose", [Purpose.SELF_TEST, Purpose.CALLER])
def test_wrong_codes_of_trials_and_callers_switch_off_no_way_in(ana: Desk, purpose: Purpose) -> None:
    """The owner and support were mailed that the app is off, which it was not."""
    Message.objects.all().delete()
    for hour in range(0, 70, 2):
        now, binding = ana.later(hours=hour), f"hour {hour}"
        now.answer(now.start("totp", binding=binding, purpose=purpose), "000000", binding=binding)

    later = ana.later(hours=90)
    assert mails() == []
    assert "method.switched_off" not in AuditEvent.objects.values_list("kind", flat=True)
    assert later.start("totp", binding="a sign-in").issued
    outcome = later.answer(later.start("totp", purpose=purpose), app_code(ana.enrolment("totp"), later.context.now))
    assert outcome.verdict is (Verdict.PROVEN if purpose == Purpose.SELF_TEST else Verdict.OFF)


def test_method_that_is_set_up_again_proves_a_caller_again(ana: Desk) -> None:
    Failure.objects.create(user=ana.user, method="caller.totp", consecutive=30, locked_at=ana.context.now)

    Enrolment.objects.all().delete()
    equip(ana.later(hours=1))

    assert Failure.objects.get(method="caller.totp").locked_at is None


def test_wrong_codes_close_no_registration(desk: Desk) -> None:
    """After thirty, whenever they were typed, only support could let a person set the method up."""
    for hour in range(0, 70, 2):
        now = desk.later(hours=hour)
        issued = challenges.enrol(desk.user, "totp", {}, binding=f"{hour}", context=now.context, rules=now.rules)
        assert now.answer(issued, "000000", binding=f"{hour}").verdict is Verdict.WRONG

    later = desk.later(hours=90)
    issued = challenges.enrol(desk.user, "totp", {}, binding="next", context=later.context, rules=later.rules)
    draft = Enrolment.objects.filter(user=desk.user).latest("pk")

    assert later.answer(issued, app_code(draft, later.context.now), binding="next").proven
    assert mails() == ["method_added"]


def test_support_is_told_when_a_method_is_switched_off(ana: Desk, settings: Any) -> None:
    settings.SUPPORT_EMAIL = "support@example.org"

    test_switches_a_method_off_at_thirty_failures(ana)

    assert mails(to="support@example.org") == ["method_off_alert"]


def test_trial_switches_nothing_on_that_is_off(ana: Desk) -> None:
    """A passed trial with the same seed was enough. Source: NIST SP 800-63B-4, 3.2.2."""
    issued = ana.start("totp", binding="trial", purpose=Purpose.SELF_TEST)
    Failure.objects.create(user=ana.user, method="totp", consecutive=30, locked_at=ana.context.now)

    now = ana.later(seconds=40)
    assert now.answer(issued, app_code(ana.enrolment("totp"), now.context.now), binding="trial").proven

    assert now.start("totp").verdict is Verdict.OFF
    assert now.start("totp", binding="again", purpose=Purpose.SELF_TEST).verdict is Verdict.OFF


def test_a_right_answer_forgets_the_failures(ana: Desk) -> None:
    issued = ana.start("text")
    for _ in range(4):
        ana.answer(issued, "000000")
    ana.answer(issued, ana.code(issued))
    issued = ana.start("text", binding="next")

    outcome = ana.answer(issued, "000000", binding="next")

    assert outcome.verdict is Verdict.WRONG
    assert ana.start("text", binding="third").issued
