"""What a person has set up: worth nothing before its proof, offered in order, removed without locking anybody out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import BINDING, NUMBER, Desk, equip
from verification import challenges, enrolments, registry
from verification.models import AuditEvent, Enrolment, Failure, Message, Voucher
from verification.outcomes import Outcome, Verdict

OFFICE = {"country": "CH", "number": "044 555 01 67", "extension": "12"}


def options(desk: Desk) -> tuple[enrolments.Option, ...]:
    return enrolments.options(enrolments.confirmed(desk.user.pk), desk.rules.methods, now=desk.context.now)


def default(desk: Desk) -> str:
    chosen = enrolments.default(options(desk), now=desk.context.now)
    return chosen.method if chosen else ""


def enrol(desk: Desk, method: str, binding: str = BINDING, **fields: str) -> Outcome:
    return challenges.enrol(desk.user, method, fields, binding=binding, context=desk.context, rules=desk.rules)


def prove(desk: Desk, issued: Outcome, binding: str = BINDING) -> None:
    assert desk.answer(issued, desk.code(issued), binding=binding).proven


def methods(desk: Desk) -> list[str]:
    return [enrolment.method for enrolment in enrolments.confirmed(desk.user.pk)]


def fail(desk: Desk, method: str, *, off_at: datetime | None = None, next_at: datetime | None = None) -> None:
    Failure.objects.create(user=desk.user, method=method, consecutive=9, off_at=off_at, next_at=next_at)


# Options -------------------------------------------------------------------------------------------------------


def test_options_stand_in_the_order_of_the_methods(ana: Desk) -> None:
    enrolments.issue_vouchers(ana.user, ana.context, method_name="recovery")

    assert [option.method for option in options(ana)] == ["text", "call", "totp", "recovery"]


def test_option_is_named_by_method_and_hint(ana: Desk) -> None:
    enrolments.rename(ana.enrolment("totp"), "old phone", ana.context)

    assert [option.label for option in options(ana)] == [
        "Text +41 XX XXX XX 34",
        "Call +41 XX XXX XX 34",
        "Authenticator app (old phone)",
    ]


def test_forbidden_and_uninstalled_methods_are_no_options(ana: Desk) -> None:
    Enrolment.objects.filter(method="totp").update(method="pigeon")

    found = enrolments.options(enrolments.confirmed(ana.user.pk), ["text", "pigeon"], now=ana.context.now)

    assert [option.method for option in found] == ["text"]


def test_option_says_that_it_is_off_or_waits(ana: Desk) -> None:
    later = ana.later(minutes=4).context.now
    fail(ana, "text", off_at=ana.context.now)
    fail(ana, "totp", next_at=later)

    found = {option.method: (option.is_off, option.retry_at) for option in options(ana)}

    assert found == {"text": (True, None), "call": (False, None), "totp": (False, later)}


def test_wait_that_is_over_is_not_told(ana: Desk) -> None:
    fail(ana, "totp", next_at=ana.context.now)

    assert all(option.retry_at is None for option in options(ana))


@pytest.mark.usefixtures("switches_known")
def test_reading_takes_one_statement(ana: Desk, django_assert_num_queries: Any) -> None:
    rules = ana.rules

    with django_assert_num_queries(1):
        enrolments.options(enrolments.confirmed(ana.user.pk), rules.methods, now=ana.context.now)


# What is asked first -------------------------------------------------------------------------------------------


def test_first_method_that_was_set_up_is_asked_first(ana: Desk) -> None:
    assert default(ana) == "text"


def test_person_chooses_what_is_asked_first(ana: Desk) -> None:
    enrolments.make_default(ana.enrolment("totp"), ana.context)

    assert default(ana) == "totp"
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1


def test_what_waits_is_asked_last(ana: Desk) -> None:
    fail(ana, "text", next_at=ana.later(minutes=1).context.now)

    assert default(ana) == "call"


def test_what_is_off_is_not_asked(ana: Desk) -> None:
    for name in ("text", "call", "totp"):
        fail(ana, name, off_at=ana.context.now)

    assert default(ana) == ""


def test_codes_for_bad_days_are_asked_only_when_nothing_else_can_be(ana: Desk) -> None:
    enrolments.issue_vouchers(ana.user, ana.context, method_name="recovery")
    for name in ("text", "call"):
        fail(ana, name, off_at=ana.context.now)
    assert default(ana) == "totp"

    fail(ana, "totp", off_at=ana.context.now)

    assert default(ana) == "recovery"


# Setting up ----------------------------------------------------------------------------------------------------


def test_draft_counts_for_nothing(desk: Desk) -> None:
    enrol(desk, "text", country="CH", number=NUMBER)

    assert methods(desk) == []
    assert options(desk) == ()


def test_draft_cannot_be_asked_for_at_sign_in(desk: Desk) -> None:
    """R19: what was typed and not proven opens nothing."""
    enrol(desk, "totp")

    assert enrolments.of_person(desk.user.pk, desk.enrolment("totp").ref) is None
    assert enrolments.proven(desk.user.pk, desk.enrolment("totp").pk) is None


def test_newer_draft_replaces_the_older_one(desk: Desk) -> None:
    first = enrol(desk, "text", country="CH", number=NUMBER)
    code = desk.code(first)
    enrol(desk, "text", binding="two", country="CH", number="079 555 99 99")

    assert desk.answer(first, code).verdict is Verdict.GONE
    assert Enrolment.objects.count() == 1


def test_number_that_takes_texts_can_be_called_too(desk: Desk) -> None:
    prove(desk, enrol(desk, "text", country="CH", number=NUMBER))

    assert methods(desk) == ["text", "call"]


def test_mobile_number_proven_by_a_call_takes_texts_too(desk: Desk) -> None:
    issued = enrol(desk, "call", country="CH", number=NUMBER, extension="")
    call = desk.deliver()[-1]
    challenges.keyed(call.message_id, f"{desk.match(issued)}#", now=desk.context.now)
    assert desk.collect(issued).proven

    assert sorted(methods(desk)) == ["call", "text"]


@pytest.mark.parametrize("fields", [OFFICE, OFFICE | {"extension": ""}])
def test_office_phone_is_called_only(desk: Desk, fields: dict[str, str]) -> None:
    issued = enrol(desk, "call", **fields)
    call = desk.deliver()[-1]
    challenges.keyed(call.message_id, f"{desk.match(issued)}#", now=desk.context.now)
    assert desk.collect(issued).proven

    assert methods(desk) == ["call"]


def test_number_set_up_twice_is_one_enrolment(ana: Desk) -> None:
    prove(ana, enrol(ana, "text", binding="two", country="CH", number=NUMBER), binding="two")

    assert sorted(methods(ana)) == ["call", "text", "totp"]


def test_two_people_may_share_a_number(ana: Desk) -> None:
    eve = Desk(get_user_model().objects.create(username="eve"), ana.context)

    prove(eve, enrol(eve, "text", binding="hers", country="CH", number=NUMBER), binding="hers")

    assert methods(eve) == ["text", "call"]
    assert methods(ana) == ["text", "call", "totp"]


def test_method_has_a_limit_for_each_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(registry.method("totp")), "most", 0)

    assert enrol(desk, "totp").verdict is Verdict.FULL


def test_forbidden_method_cannot_be_set_up(desk: Desk) -> None:
    rules = replace(desk.rules, methods=("totp",))
    fields = {"country": "CH", "number": NUMBER}

    outcome = challenges.enrol(desk.user, "text", fields, binding=BINDING, context=desk.context, rules=rules)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert not Enrolment.objects.exists()


def test_new_method_is_told_to_the_owner_and_recorded(desk: Desk) -> None:
    prove(desk, enrol(desk, "text", country="CH", number=NUMBER))

    assert Message.objects.filter(kind="mail", template="verification/notices/method_added.txt").count() == 1
    assert AuditEvent.objects.filter(kind="enrolment.confirmed", user_id=desk.user.pk).count() == 1


def test_number_rests_sealed(ana: Desk) -> None:
    row = Enrolment.objects.filter(method="text").values().get()

    assert "795551234" not in str(row)
    assert ana.enrolment("text").address == "+41795551234"


def test_sealed_values_cannot_be_moved_to_another_row(ana: Desk) -> None:
    """R43: a seed copied from one's own row into another's opens nothing there."""
    eve = Desk(get_user_model().objects.create(username="eve"), ana.context)
    equip(eve)
    Enrolment.objects.filter(user=ana.user, method="totp").update(sealed_secret=eve.enrolment("totp").sealed_secret)

    with pytest.raises(Exception, match="does not belong here"):
        _ = ana.enrolment("totp").secret


# Spending ------------------------------------------------------------------------------------------------------


def test_step_is_spent_once(ana: Desk) -> None:
    app = ana.enrolment("totp")

    assert [enrolments.use(app, counter=90_000_000, now=ana.context.now) for _ in range(2)] == [True, False]
    assert enrolments.use(app, counter=89_999_999, now=ana.context.now) is False
    assert enrolments.use(app, counter=90_000_001, now=ana.context.now) is True


def test_voucher_is_spent_once(desk: Desk) -> None:
    enrolments.issue_vouchers(desk.user, desk.context, method_name="recovery")
    pk = Voucher.objects.order_by("pk")[0].pk

    assert [enrolments.spend_voucher(pk, now=desk.context.now) for _ in range(2)] == [True, False]
    assert enrolments.vouchers_left(desk.user.pk) == 9


def test_pass_is_no_recovery_code(desk: Desk) -> None:
    """Seen failing with the single-use codes of every method counted."""
    ends = desk.context.now + timedelta(minutes=10)
    enrolments.hand_out(
        desk.user, "access_pass", {}, desk.context, starts_at=desk.context.now, ends_at=ends, actor_id=desk.user.pk
    )

    assert enrolments.vouchers_left(desk.user.pk) == 0


def test_new_codes_kill_the_old_set(desk: Desk) -> None:
    old = enrolments.issue_vouchers(desk.user, desk.context, method_name="recovery")
    new = enrolments.issue_vouchers(desk.user, desk.context, method_name="recovery")

    assert not set(old) & set(new)
    assert enrolments.vouchers_left(desk.user.pk) == 10
    assert Enrolment.objects.count() == 1


def test_codes_rest_as_hashes(desk: Desk) -> None:
    codes = enrolments.issue_vouchers(desk.user, desk.context, method_name="recovery")
    rows = str(list(Voucher.objects.values()))

    assert all(code not in rows and code[:8] not in rows for code in codes)
    assert "argon2" in rows


# Removing ------------------------------------------------------------------------------------------------------


def remove(desk: Desk, method: str, *, must_keep_one: bool = True) -> bool:
    enrolment = Enrolment.objects.select_related("user").get(user=desk.user, method=method)
    return enrolments.remove(enrolment, desk.context, allowed=desk.rules.methods, must_keep_one=must_keep_one)


def test_removing_ends_what_was_proven_by_it(ana: Desk) -> None:
    assert remove(ana, "totp")

    assert methods(ana) == ["text", "call"]
    ana.user.refresh_from_db()
    assert ana.user.epoch == 2
    assert Message.objects.filter(template="verification/notices/method_removed.txt").count() == 1


def test_default_moves_to_what_is_left(ana: Desk) -> None:
    remove(ana, "text")

    assert default(ana) == "call"
    assert Enrolment.objects.get(user=ana.user, is_default=True).method == "call"


def test_last_way_in_stays_where_one_is_required(ana: Desk) -> None:
    remove(ana, "text")
    remove(ana, "call")

    assert not remove(ana, "totp")
    assert methods(ana) == ["totp"]


def test_codes_for_bad_days_are_no_way_in(ana: Desk) -> None:
    enrolments.issue_vouchers(ana.user, ana.context, method_name="recovery")
    remove(ana, "text")
    remove(ana, "call")

    assert not remove(ana, "totp")
    assert remove(ana, "recovery")


def test_last_one_may_go_where_none_is_required(ana: Desk) -> None:
    for name in ("text", "call", "totp"):
        assert remove(ana, name, must_keep_one=False)

    assert methods(ana) == []


def test_nobody_finds_anothers_enrolment(ana: Desk) -> None:
    eve = get_user_model().objects.create(username="eve")

    assert enrolments.of_person(eve.pk, ana.enrolment("totp").ref) is None
    assert enrolments.proven(eve.pk, ana.enrolment("totp").pk) is None


# Offers --------------------------------------------------------------------------------------------------------


def test_strongest_allowed_method_is_recommended(desk: Desk) -> None:
    found = {o.name: o.is_recommended for o in enrolments.offers(["text", "totp", "recovery"], user_id=desk.user.pk)}

    assert found == {"text": False, "totp": True, "recovery": False}


def test_reserve_is_named_where_it_is_allowed() -> None:
    assert enrolments.reserve_method(["totp", "recovery"]) == "recovery"
    assert enrolments.reserve_method(["totp"]) == ""
