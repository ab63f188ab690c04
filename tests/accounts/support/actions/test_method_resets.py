"""Tests of clearing settings and removing a method, also while the person signs in or sets up a method."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import app_passwords
from accounts.models import AppPassword, Session, User
from accounts.support.actions import Actor, Unneeded, method_resets
from tests.accounts.support.actions.actions_at_once import ROUNDS, actor, at_once, equipped
from tests.simulated.people import Clock, Person
from verification import audit, browsers, challenges, enrolments, method_registry, policies
from verification.context import Context
from verification.models import AuditEvent, Challenge, Enrolment, Message, Outage, Purpose


def clear(person: Person, staff: Person) -> None:
    method_resets.clear_settings(person.user, actor(staff.user))


def confirm(draft: Enrolment) -> None:
    """Confirm a draft, as verifying it does."""
    with transaction.atomic():
        enrolments.confirm(draft, now=timezone.now())


def test_clearing_twice_at_once_clears_once_and_breaks_nothing(senior: Person) -> None:
    for n in range(ROUNDS):
        ana = equipped(f"ana{n}", "text", "totp")

        wrong = at_once(*[partial(clear, ana, senior)] * 4)

        assert wrong == []
        assert not Enrolment.objects.filter(user=ana.user).exists()
        assert User.objects.get(pk=ana.user.pk).n_methods == 0


def test_registration_beside_a_clearing_leaves_it_whole(senior: Person) -> None:
    """Whichever comes first: what is counted is what is there, and one method is asked first if there is any."""
    for n in range(ROUNDS):
        ana = equipped(f"ana{n}", "totp")
        with transaction.atomic():
            draft = enrolments.draft(ana.user, method_registry.method("text"), {"number": ana.phone.number})

        wrong = at_once(partial(confirm, draft), partial(clear, ana, senior))

        assert [type(error).__name__ for error in wrong if type(error).__name__ != "DoesNotExist"] == []
        left = Enrolment.objects.filter(user=ana.user, confirmed=True)
        things = {e.address_digest or e.ref for e in left}
        assert User.objects.get(pk=ana.user.pk).n_methods == len(things)
        assert left.filter(is_default=True).count() == (1 if things else 0)


def test_proof_beside_a_clearing_opens_nothing_afterwards(senior: Person) -> None:
    """A sign-in that is proven while the settings are cleared is of an older epoch: it ends at the next request.

    Seen failing with `clear` leaving the epoch as it is.
    """
    for n in range(ROUNDS):
        cleo = equipped(f"cleo{n}", "totp")
        context, rules = Context(now=timezone.now()), policies.rules_for(cleo.user.pk)
        issued = challenges.start(
            cleo.enrolment("totp"), user=cleo.user, purpose=Purpose.SIGN_IN, binding="b", context=context, rules=rules
        )
        code, epoch = cleo.read_app(), User.objects.get(pk=cleo.user.pk).epoch

        prove = partial(challenges.answer, issued.handle, code, binding="b", context=context)
        wrong = at_once(prove, partial(clear, cleo, senior))

        assert [type(e).__name__ for e in wrong if type(e).__name__ not in {"DoesNotExist", "IntegrityError"}] == []
        assert User.objects.get(pk=cleo.user.pk).epoch > epoch
        assert not Enrolment.objects.filter(user=cleo.user).exists()


def test_half_done_clearing_is_undone(senior: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = equipped("ana", "text", "totp")
    Session.objects.create(ref="k", session_key="k", session_data="", expire_date=timezone.now(), user_id=ana.user.pk)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        method_resets.clear_settings(ana.user, actor(senior.user), app_passwords_too=True)

    assert Enrolment.objects.filter(user=ana.user).count() == 3
    assert Session.objects.filter(user=ana.user).exists()
    assert not Message.objects.filter(user=ana.user).exists()


@pytest.fixture
def support_actor(sam: Person, context: Context) -> Actor:
    """A member of senior support who acts."""
    return Actor(staff=sam.user, context=context, reason="asked", ticket="1")


def methods(person: Person) -> set[str]:
    return set(Enrolment.objects.filter(user=person.user, confirmed=True).values_list("method", flat=True))


@pytest.mark.parametrize("too", [True, False])
def test_clearing_deletes_app_passwords_only_if_chosen(ana: Person, support_actor: Actor, *, too: bool) -> None:
    app_passwords.issue(ana.user, support_actor.context, name="Mail", program="mail")

    method_resets.clear_settings(ana.user, support_actor, app_passwords_too=too)

    assert methods(ana) == set()
    assert AppPassword.objects.filter(user=ana.user).exists() is not too
    detail = AuditEvent.objects.get(kind="support.settings_cleared").detail
    assert detail["n_app_passwords"] == int(too)


def test_nothing_to_clear_is_no_event(ben: Person, support_actor: Actor) -> None:
    for action in (method_resets.clear_settings, method_resets.phone_lost):
        with pytest.raises(Unneeded):
            action(ben.user, support_actor)

    assert not AuditEvent.objects.filter(kind__startswith="support.").exists()


def test_sessions_and_browsers_that_are_over_are_nothing_to_clear(ben: Person, support_actor: Actor) -> None:
    """An email said that the settings were cleared, and the audit log counted what had ended long ago. Seen failing."""
    over = support_actor.context.now - timedelta(hours=1)
    Session.objects.create(ref="k", session_key="k", session_data="", expire_date=over, user_id=ben.user.pk)
    browsers.remember(ben.user, replace(support_actor.context, now=over - timedelta(days=8)), days=7)

    for action in (method_resets.clear_settings, method_resets.phone_lost):
        with pytest.raises(Unneeded):
            action(ben.user, support_actor)

    assert not Message.objects.filter(user=ben.user).exists()


def test_reporting_a_lost_phone_deletes_app_passwords(ana: Person, support_actor: Actor) -> None:
    app_passwords.issue(ana.user, support_actor.context, name="Mail", program="mail")
    epoch = ana.user.epoch

    method_resets.phone_lost(ana.user, support_actor)

    assert methods(ana) == set()
    assert not AppPassword.objects.filter(user=ana.user).exists()
    assert User.objects.get(pk=ana.user.pk).epoch > epoch
    assert AuditEvent.objects.filter(kind="support.phone_lost").exists()


def test_one_number_goes_with_its_texts_and_calls(ana: Person, support_actor: Actor) -> None:
    assert {"text", "totp"} <= methods(ana)

    method_resets.reset_device(ana.user, support_actor, ref=ana.enrolment("text").ref)

    assert "totp" in methods(ana)
    assert not {"text", "call"} & methods(ana)


def test_method_that_is_gone_is_named_at_its_field(ana: Person, support_actor: Actor) -> None:
    ref = ana.enrolment("text").ref
    method_resets.reset_device(ana.user, support_actor, ref=ref)

    for action in (method_resets.reset_device, method_resets.try_message):
        with pytest.raises(Unneeded) as refused:
            action(ana.user, support_actor, ref=ref)
        assert refused.value.field == "ref"


def test_method_of_someone_else_is_out_of_reach(ana: Person, ben: Person, support_actor: Actor) -> None:
    ben.set_up("totp")

    with pytest.raises(Unneeded):
        method_resets.reset_device(ana.user, support_actor, ref=ben.enrolment("totp").ref)

    assert methods(ben) == {"totp"}


def test_test_message_signs_nobody_in(ana: Person, support_actor: Actor) -> None:
    method_resets.try_message(ana.user, support_actor, ref=ana.enrolment("text").ref)

    assert Challenge.objects.get(user=ana.user).purpose == Purpose.SELF_TEST
    assert Message.objects.filter(user=ana.user, kind="text").count() == 1
    assert AuditEvent.objects.filter(kind="support.message_tried").exists()


def test_test_message_that_is_not_sent_is_no_event(ana: Person, support_actor: Actor) -> None:
    Outage.objects.create(kind="text", starts_at=support_actor.context.now)

    with pytest.raises(Unneeded):
        method_resets.try_message(ana.user, support_actor, ref=ana.enrolment("text").ref)

    assert not AuditEvent.objects.filter(kind="support.message_tried").exists()


def test_forms_offer_what_can_be_removed_and_what_can_be_sent_to(ana: Person, clock: Clock) -> None:
    removed, sent_to = method_resets.MethodForm(), method_resets.MessageMethodForm()
    for form in (removed, sent_to):
        form.offer(ana.user, now=clock.now)

    totp, text = ana.enrolment("totp").ref, ana.enrolment("text").ref
    fields = [form.fields["ref"] for form in (removed, sent_to)]
    choices = [{ref for ref, _label in field.choices} for field in fields]  # type: ignore[attr-defined]  # of a choice
    assert {totp, text} <= choices[0]
    assert text in choices[1]
    assert totp not in choices[1]
