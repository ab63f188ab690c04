"""Contract tests for every installed method. A new method is included by its settings line."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.contracts.conftest import JUNK, METHODS, asks, every, fields
from verification import challenges, enrolments, method_registry, policies
from verification.context import Context
from verification.method_base import Draft
from verification.method_capabilities import (
    Delivered,
    HandedOut,
    KeyedOnPhone,
    PublicKey,
    SingleUse,
)
from verification.models import Challenge, Channel, Enrolment, Failure, Message, Purpose
from verification.outcomes import Outcome, Verdict

# Source: RFC 8176, 2.
AMR = {"fpt", "geo", "hwk", "iris", "kba", "otp", "pin", "pop", "rba", "sms", "swk", "tel", "vbm", "wia"}


@every
def test_is_named_as_its_folder(name: str) -> None:
    packages = {package.rpartition(".")[2] for package in settings.VERIFICATION_METHODS}

    assert name in packages
    assert re.fullmatch(r"[a-z][a-z_]*", name)


@every
def test_has_words_and_a_picture(name: str) -> None:
    method = method_registry.method(name)
    pictures = Path(settings.BASE_DIR, "mfasite/static/mfasite/icons.svg").read_text()

    assert str(method.label)
    assert str(method.explain).endswith(".")
    assert f'id="{method.icon}"' in pictures


@every
def test_amr_is_known_to_other_systems(name: str) -> None:
    assert method_registry.method(name).amr in AMR


@every
def test_every_field_has_a_label(name: str) -> None:
    form_class = method_registry.method(name).form_class

    assert all(field.label for field in form_class.base_fields.values()) if form_class else True


@every
def test_every_mode_has_words(name: str) -> None:
    modes = method_registry.method(name).modes

    assert all(mode.key and str(mode.label) for mode in modes)
    assert len({mode.key for mode in modes}) == len(modes)


@every
def test_has_its_own_test(name: str) -> None:
    assert Path(settings.BASE_DIR, f"tests/verification/methods/test_{name}.py").exists()


@every
def test_verbs_ask_the_database_nothing(name: str, db: None) -> None:
    method = method_registry.method(name)

    with CaptureQueriesContext(connection) as captured:
        for ask in asks(method):
            method.issue(ask)
            method.check(ask, method.read("000000"))
            if isinstance(method, KeyedOnPhone):
                method.check_keys(ask, "47#")
            if isinstance(method, PublicKey):
                method.names(method.read("000000"))

    assert captured.captured_queries == []


@every
def test_hint_hides_the_address(name: str) -> None:
    method = method_registry.method(name)
    plan = method.enrol(fields(method), account="ana")

    assert not plan.address or plan.address not in plan.hint
    assert not plan.address or plan.address not in str(plan.data)


@every
def test_draft_holds_no_secret_where_it_is_not_sealed(name: str) -> None:
    method = method_registry.method(name)
    plan = method.enrol(fields(method), account="ana")
    open_to_see = f"{plan.hint} {plan.name} {plan.data}"

    assert not plan.secret or plan.secret.hex() not in open_to_see
    assert not [whole for _, whole in plan.single_use_codes if whole in open_to_see]


@every
@pytest.mark.parametrize("junk", JUNK)
def test_junk_proves_nothing_and_is_no_error(name: str, junk: str) -> None:
    method = method_registry.method(name)

    for ask in asks(method):
        assert method.check(ask, method.read(junk)).verdict is not Verdict.PROVEN


@every
@pytest.mark.parametrize("typed", ["١٢٣٤٥٦", "۱۲۳ ۴۵۶", "१२३४५६", "১২৩৪৫৬", "๑๒๓๔๕๖", "௧௨௩௪௫௬", "１２３４５６"])
def test_digits_of_any_script_are_read(name: str, typed: str) -> None:
    method = method_registry.method(name)

    has_own_form = any(method.issue(ask).is_own_form for ask in asks(method))
    assert has_own_form or method.read(typed) == "123456"


@every
@effort(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(text=st.text(max_size=60))
def test_nothing_typed_at_random_is_an_error(name: str, text: str) -> None:
    method = method_registry.method(name)

    for ask in asks(method):
        method.check(ask, method.read(text))


@every
def test_page_shows_the_secret_only_before_the_proof(name: str) -> None:
    method = method_registry.method(name)

    for ask in asks(method):
        if not ask.is_enrolment:
            assert ask.secret.hex() not in str(method.issue(ask).show)
            assert ask.code not in str(method.issue(ask).show)


@every
def test_templates_are_there(name: str) -> None:
    method = method_registry.method(name)

    for ask in asks(method):
        issue = method.issue(ask)
        assert bool(issue.kind) == bool(issue.template) == isinstance(method, Delivered)
        assert not issue.kind or issue.kind in Channel.values
        for template in filter(None, (issue.page, issue.template)):
            get_template(template)


# In the engine -------------------------------------------------------------------------------------------------


class Enrolled:
    """One person with one confirmed enrolment of a method."""

    def __init__(self, name: str) -> None:
        self.method = method_registry.method(name)
        self.user = get_user_model().objects.create(username="ana", email="ana@example.org")
        self.context = Context(now=timezone.now(), network="192.0.2.7")
        self.rules = policies.rules_for(self.user.pk)
        self.enrolment = self._set_up()

    def _set_up(self) -> Enrolment:
        if isinstance(self.method, SingleUse):
            enrolments.issue_recovery_codes(self.user, self.context, method_name=self.method.name)
            made: Enrolment = Enrolment.objects.get(user=self.user, method=self.method.name)
            return made
        plan = self.method.enrol(fields(self.method), account="ana")
        if isinstance(self.method, HandedOut):
            enrolments.assign(self.user, self.method.name, Draft(address=plan.address, secret=b"s" * 20), self.context)
        draft = enrolments.draft(self.user, self.method, fields(self.method))
        missing = Draft(address="QUFBQQ", secret=b"s" * 20) if not (draft.address or draft.secret) else None
        enrolments.confirm(draft, now=self.context.now, draft=missing)
        return draft

    def start(self) -> Outcome:
        Message.objects.all().delete()
        return challenges.start(
            self.enrolment,
            user=self.user,
            purpose=Purpose.SIGN_IN,
            binding="a session",
            context=self.context,
            rules=self.rules,
        )

    def answer(self, issued: Outcome, text: str) -> Outcome:
        return challenges.answer(issued.handle, text, binding="a session", context=self.context)


@every
def test_challenge_sends_what_the_method_says_and_nothing_else(name: str, db: None) -> None:
    enrolled = Enrolled(name)

    assert enrolled.start().issued
    assert Message.objects.count() == int(isinstance(enrolled.method, Delivered))


@every
def test_wrong_answer_takes_a_try_and_counts_under_the_method(name: str, db: None) -> None:
    enrolled = Enrolled(name)
    issued = enrolled.start()

    fits = method_registry.method(name).fits

    outcome = enrolled.answer(issued, next(wrong for wrong in ("000000", "A" * 8, "A" * 16) if fits(wrong)))

    assert (outcome.verdict, outcome.tries_left) == (Verdict.WRONG, 4)
    counted = {row.method.partition(".")[0] for row in Failure.objects.filter(consecutive=1)} - {"prompt"}
    expected = {name, "day"} if enrolled.method.is_counted else {name}
    assert counted == (set() if isinstance(enrolled.method, PublicKey) else expected)
    assert Challenge.objects.get().tries_left == 4


@every
def test_answer_of_another_shape_takes_no_try(name: str, db: None) -> None:
    enrolled = Enrolled(name)
    issued = enrolled.start()
    unfit = [text for text in ("12345", "lamp", "A" * 49) if not method_registry.method(name).fits(text)]

    assert [enrolled.answer(issued, text).verdict for text in unfit] == [Verdict.MISREAD] * len(unfit)
    assert Challenge.objects.get().tries_left == 5
    assert not Failure.objects.exclude(method__startswith="prompt").exists()  # which counts messages, not answers


@every
def test_page_of_a_challenge_shows_no_secret(name: str, db: None) -> None:
    enrolled = Enrolled(name)
    issued = enrolled.start()
    enrolled.enrolment.refresh_from_db()

    shown = str(challenges.show(issued.handle, binding="a session", now=enrolled.context.now))

    assert not enrolled.enrolment.secret or enrolled.enrolment.secret.hex() not in shown
    assert (
        not enrolled.enrolment.address
        or isinstance(enrolled.method, PublicKey)
        or enrolled.enrolment.address not in shown
    )


@every
def test_option_and_offer_have_words(name: str, db: None) -> None:
    enrolled = Enrolled(name)

    options = enrolments.options(enrolments.confirmed(enrolled.user.pk), METHODS, now=enrolled.context.now)
    option = next(option for option in options if option.method == name)
    offers = {offer.name: offer for offer in enrolments.offers(METHODS, user_id=enrolled.user.pk)}

    assert option.label.startswith(str(enrolled.method.label))
    assert name in offers or isinstance(enrolled.method, HandedOut)


@every
def test_switched_off_method_asks_nothing(name: str, db: None) -> None:
    enrolled = Enrolled(name)
    Failure.objects.create(user=enrolled.user, method=name, consecutive=30, locked_at=enrolled.context.now)

    assert enrolled.start().verdict is Verdict.OFF
    assert not Message.objects.exists()
