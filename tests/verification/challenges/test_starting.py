"""Starting a challenge: what runs already is shown again, what must not start is refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.verification.challenges.conftest import Between, n_counted
from tests.verification.conftest import BINDING, EngineUser, app_code
from verification import challenges, enrolments
from verification.challenges import starting
from verification.models import (
    Challenge,
    ChallengeState,
    Enrolment,
    Failure,
    Message,
    MessageState,
)
from verification.models.challenges import MAX_NUMBER
from verification.outcomes import Outcome, Verdict


def test_same_option_again_sends_nothing_within_half_a_minute(ana: EngineUser) -> None:
    issued = ana.start("text")
    later = ana.later(seconds=29)

    again = later.start("text", replaces=issued.handle)

    assert (again.verdict, again.handle) == (Verdict.ISSUED, issued.handle)
    assert again.retry_at == ana.context.now + timedelta(seconds=30)
    assert Message.objects.count() == 1
    assert later.answer(again, later.code(issued)).proven


def test_same_option_again_sends_a_new_text_after_half_a_minute(ana: EngineUser) -> None:
    issued = ana.start("text")
    later = ana.later(seconds=31)

    again = later.start("text", replaces=issued.handle)

    assert again.handle != issued.handle
    assert Message.objects.count() == 2


def test_going_back_to_an_option_within_half_a_minute_sends_nothing(ana: EngineUser) -> None:
    issued = ana.start("text")
    app = ana.start("totp", replaces=issued.handle)

    again = ana.start("text", replaces=app.handle)

    assert again.handle == issued.handle
    assert Message.objects.count() == 1
    assert ana.answer(app, "123456").verdict is Verdict.REPLACED
    assert ana.answer(again, ana.code(issued)).proven


def test_does_not_go_back_to_a_request_whose_code_was_tested(ana: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: it was opened again, and anyone who had tested its code could enter it."""
    text = ana.start("text")
    app, newer = ana.start("totp", replaces=text.handle), ana.start("text", binding="newer")
    find = starting._running

    def found(*arguments: Any, **named: Any) -> Challenge | None:
        running = find(*arguments, **named)
        assert ana.answer(newer, ana.code(text), binding="newer").verdict is Verdict.REPLACED
        return running

    monkeypatch.setattr(starting, "_running", found)

    assert ana.start("text", replaces=app.handle).handle == app.handle
    assert Challenge.objects.get(handle=text.handle).state == ChallengeState.SUPERSEDED
    assert Challenge.objects.get(handle=app.handle).state == ChallengeState.OPEN


def test_last_request_that_a_session_can_count_is_followed_by_none(ana: EngineUser) -> None:
    """Seen failing on PostgreSQL: the number of the next one didn't fit, which was an error 500."""
    app = ana.start("totp")
    Challenge.objects.filter(handle=app.handle).update(number=MAX_NUMBER)

    assert ana.start("text", replaces=app.handle).handle == app.handle
    assert ana.later(minutes=6).start("text", replaces=app.handle).handle == app.handle
    assert ana.start("text", binding="another").issued


def test_going_back_gives_no_tries_back(ana: EngineUser) -> None:
    issued = ana.start("text")
    ana.answer(issued, "000000")
    app = ana.start("totp", replaces=issued.handle)
    ana.start("text", replaces=app.handle)

    assert ana.answer(issued, "000000").tries_left == 3


def test_same_option_sends_again_when_its_text_failed(ana: EngineUser) -> None:
    issued = ana.start("text")
    Message.objects.update(state=MessageState.FAILED)

    assert ana.start("text", replaces=issued.handle).handle != issued.handle


def test_counts_nothing_if_another_request_was_first(ana: EngineUser, between: Between) -> None:
    """Two of ten texts an hour were counted after a double click, and one was sent."""
    between(lambda: ana.start("call"))

    outcome = ana.start("text")

    assert (outcome.verdict, outcome.method) == (Verdict.ISSUED, "call")
    assert (Message.objects.count(), n_counted(ana)) == (1, {"person": 1, "unanswered": 1})


def test_another_mode_of_the_same_option_is_asked_at_once(ana: EngineUser) -> None:
    issued = ana.start("call")

    assert ana.start("call", mode="code", replaces=issued.handle).handle != issued.handle


def test_same_number_again_is_sent_again_in_the_same_enrolment(ana: EngineUser) -> None:
    number = {"country": "CH", "number": "079 555 12 99"}
    begun = enrol(ana, number)
    again = enrol(ana.later(seconds=5), number, replaces=begun.handle)
    assert (again.verdict, again.handle) == (Verdict.ISSUED, begun.handle)
    assert Message.objects.count() == 1
    first = ana.code(begun)
    later = ana.later(seconds=40)

    assert enrol(later, number, replaces=begun.handle).handle == begun.handle
    assert Message.objects.count() == 2
    assert later.answer(begun, first).verdict is Verdict.REPLACED
    assert later.answer(begun, later.code(begun)).proven


def test_another_number_begins_a_new_enrolment(ana: EngineUser) -> None:
    begun = enrol(ana, {"country": "CH", "number": "079 555 12 99"})

    again = enrol(ana, {"country": "CH", "number": "079 555 12 98"}, replaces=begun.handle)

    assert again.issued
    assert again.handle != begun.handle


def test_number_that_gets_no_message_now_leaves_the_one_before_as_it_is(ana: EngineUser, settings: Any) -> None:
    """Seen failing: the code that had just arrived for the first number no longer worked."""
    begun = enrol(ana, {"country": "CH", "number": "079 555 12 99"})
    settings.SENDS_PER_PERSON_HOUR = 1

    refused = enrol(ana, {"country": "CH", "number": "079 555 12 98"}, replaces=begun.handle)

    assert refused.verdict is Verdict.LIMITED
    assert Enrolment.objects.filter(user=ana.user, confirmed=False).count() == 1
    assert ana.answer(begun, ana.code(begun)).proven


def enrol(engine_user: EngineUser, fields: dict[str, str], *, replaces: str = "") -> Outcome:
    return challenges.enrol(
        engine_user.user,
        "text",
        fields,
        binding=BINDING,
        context=engine_user.context,
        rules=engine_user.rules,
        replaces=replaces,
    )


def test_new_app_takes_the_place_of_one_that_is_off(ana: EngineUser) -> None:
    Failure.objects.create(user=ana.user, method="totp", consecutive=30, locked_at=ana.context.now)

    issued = challenges.enrol(ana.user, "totp", {}, binding="new", context=ana.context, rules=ana.rules)
    draft = Enrolment.objects.get(user=ana.user, method="totp", confirmed=False)
    assert ana.answer(issued, app_code(draft, ana.context.now), binding="new").proven

    assert list(Enrolment.objects.filter(user=ana.user, method="totp")) == [draft]
    assert Enrolment.objects.filter(user=ana.user, method="text").exists()
    assert ana.start("totp").issued


def test_new_recovery_codes_kill_the_old_ones(engine_user: EngineUser) -> None:
    old = enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")
    enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")

    assert engine_user.answer(engine_user.start("recovery"), old[0]).verdict is Verdict.WRONG


def test_second_start_of_a_session_without_replacing_gives_the_first(ana: EngineUser) -> None:
    first = ana.start("text")
    again = ana.start("text")

    assert again.handle == first.handle
    assert Message.objects.count() == 1


def test_enrolment_proves_nothing_until_it_is_confirmed(engine_user: EngineUser) -> None:
    fields = {"country": "CH", "number": "079 555 12 34"}
    issued = challenges.enrol(
        engine_user.user, "text", fields, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )

    assert enrolments.confirmed(engine_user.user.pk) == []
    assert engine_user.answer(issued, engine_user.code(issued)).proven
    assert [e.enrolment.method for e in enrolments.confirmed(engine_user.user.pk)] == ["text", "call"]


def test_office_phone_with_extension_can_only_be_called(engine_user: EngineUser) -> None:
    fields = {"country": "CH", "number": "044 555 01 02", "extension": "123"}
    issued = challenges.enrol(
        engine_user.user, "call", fields, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )
    call = engine_user.deliver()[-1]
    challenges.keyed(call.message_id, f"{engine_user.match(issued)}#", now=engine_user.context.now)

    assert engine_user.collect(issued).proven
    assert [e.enrolment.method for e in enrolments.confirmed(engine_user.user.pk)] == ["call"]
    assert call.extension == "123"


def test_refuses_an_impossible_number_with_words(engine_user: EngineUser) -> None:
    fields = {"country": "CH", "number": "12"}

    outcome = challenges.enrol(
        engine_user.user, "text", fields, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )

    assert outcome.verdict is Verdict.REFUSED
    assert "too short" in outcome.problems["number"][0]
    assert not Enrolment.objects.exists()
