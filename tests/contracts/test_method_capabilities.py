"""Contract tests for the capabilities of every installed method. New methods are found automatically."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.template.loader import get_template
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.contracts.conftest import JUNK, METHODS, asks, each, fields
from verification import method_capabilities, method_registry
from verification.method_base import ChallengeData, Method
from verification.method_capabilities import (
    AppGenerated,
    Backup,
    Delivered,
    KeyedOnPhone,
    Passwordless,
    PublicKey,
    Resynchronised,
    SharesAddress,
    SingleUse,
    Stocked,
    Temporary,
)
from verification.models import Message
from verification.outcomes import Verdict


def test_every_capability_is_tried() -> None:
    """A capability that no installed method has would not be tested."""
    mine = [
        c
        for c in vars(method_capabilities).values()
        if isinstance(c, type) and c.__module__ == method_capabilities.__name__
    ]

    assert [capability.__name__ for capability in mine if not method_registry.having(capability)] == []


@pytest.mark.parametrize("capability", method_capabilities.SLOTS)
def test_one_method_fills_each_place(capability: type[Method]) -> None:
    assert len(method_registry.having(capability)) == 1


@each(Delivered)
def test_delivered_method_sends_messages_of_one_kind(name: str) -> None:
    method = method_registry.method(name)
    columns = {field.name for field in Message._meta.get_fields()}

    for ask in asks(method):
        issue = method.issue(ask)
        assert issue.kind == method.kind
        assert set(issue.fields) <= columns


@each(Method)
def test_only_a_delivered_method_names_a_kind(name: str) -> None:
    method = method_registry.method(name)

    assert bool(method.kind) == isinstance(method, Delivered)


@each(KeyedOnPhone)
def test_keys_are_answered_with_words(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, KeyedOnPhone)

    for ask in asks(method):
        for keys in ("", "#", "0#", "47#", "1", *JUNK):
            get_template(method.check_keys(ask, keys).say)


@each(KeyedOnPhone)
@pytest.mark.parametrize("junk", [keys for keys in JUNK if keys != "#"])
def test_junk_that_is_keyed_proves_nothing(name: str, junk: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, KeyedOnPhone)

    assert not [ask for ask in asks(method) if method.check_keys(ask, junk).verdict is Verdict.PROVEN]


@each(KeyedOnPhone)
def test_every_mode_has_one_without_number_matching(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, KeyedOnPhone)

    for ask in asks(method):
        without = replace(ask, mode=method.without_number_matching(ask.mode))
        assert not method.issue(without).match_code
        assert method.issue(without).is_approval == method.issue(ask).is_approval


@each(SharesAddress)
def test_address_is_shared_by_kind(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, SharesAddress)

    assert method.address_kind
    assert method.accepts(method.enrol(fields(method), account="ana"))


@each(AppGenerated)
def test_app_is_shown_its_secret_while_it_is_set_up(name: str) -> None:
    method = method_registry.method(name)

    for ask in asks(method):
        assert bool(method.issue(ask).page) == ask.is_enrolment
    assert method.enrol({}, account="ana").secret


@each(KeyedOnPhone)
def test_call_can_give_a_caller_a_code(name: str) -> None:
    """A caller reads a code to support: approving on the phone would prove nothing to the one who asks."""
    method = method_registry.method(name)

    assert [mode for mode in method.modes if mode.gives_code]
    for ask in asks(method):
        (mode,) = (mode for mode in method.modes if mode.key == ask.mode)
        assert method.issue(ask).is_approval != mode.gives_code


@each(SingleUse)
def test_single_use_secrets_come_in_two_parts(name: str) -> None:
    single_use_codes = method_registry.method(name).enrol({}, account="ana").single_use_codes

    assert single_use_codes
    assert all(first and whole.startswith(first) and whole != first for first, whole in single_use_codes)
    assert len({first for first, _ in single_use_codes}) == len(single_use_codes)


@each(SingleUse)
def test_single_use_secret_is_its_own_answer(name: str) -> None:
    method = method_registry.method(name)
    ((_, whole), *_) = method.enrol({}, account="ana").single_use_codes

    assert method.read(whole) == whole
    assert method.fits(whole)


@each(Backup)
def test_backup_spares_no_later_proof(name: str) -> None:
    assert not method_registry.method(name).may_be_remembered


@each(Stocked)
def test_stocked_method_says_what_is_not_assigned(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, Stocked)

    assert str(method.not_assigned).endswith(".")
    assert method.form_class is not None
    assert method.address_field in method.form_class.base_fields


@pytest.mark.parametrize("name", [name for name in METHODS if method_registry.method(name).form_class is not None])
def test_address_stands_in_a_field_of_the_form(name: str) -> None:
    method = method_registry.method(name)
    plan = method.enrol(fields(method), account="ana")

    assert bool(plan.address) == bool(method.address_field)
    assert not plan.address or str(fields(method)[method.address_field]).upper() == plan.address.upper()


@each(Temporary)
def test_temporary_method_is_bound_by_its_span(name: str) -> None:
    method = method_registry.method(name)

    assert not method.may_be_remembered
    assert not method.is_counted


@each(PublicKey)
@pytest.mark.parametrize("junk", JUNK)
def test_junk_names_nobody_and_is_no_error(name: str, junk: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, PublicKey)

    assert isinstance(method.names(method.read(junk)), str)
    assert method.fits(method.read(junk))


@each(PublicKey)
@effort(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(text=st.text(max_size=60))
def test_nothing_at_random_names_anybody(name: str, text: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, PublicKey)

    assert isinstance(method.names(method.read(text)), str)


@each(PublicKey)
def test_announcement_has_its_template(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, PublicKey)
    issue = method.announce(b"p" * 32, ("QUFBQQ",))

    if issue.page:
        get_template(issue.page)


@each(Passwordless)
def test_passwordless_challenge_names_nobody(name: str) -> None:
    method = method_registry.method(name)
    ask = ChallengeData(
        reference="", mode="", now=datetime(2026, 3, 2, 8, tzinfo=UTC), code="", match_code="", random=b"r" * 32
    )

    get_template(method.issue(ask).page)


@each(Resynchronised)
def test_wrong_codes_in_a_row_set_nothing_right(name: str) -> None:
    method = method_registry.method(name)
    assert isinstance(method, Resynchronised)

    assert str(method.if_refused)
    for ask in asks(method):
        for first, second in (("000000", "000000"), ("", ""), ("x", "y")):
            assert method.resynchronise(ask, first, second).verdict is not Verdict.PROVEN
