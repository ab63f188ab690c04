"""Tests that the words of a text, call or email are written when it is sent, and contain the code only then."""

import re

import pytest
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification import notices
from verification.delivery import rendering
from verification.delivery.provider_interface import Outgoing
from verification.models import Channel, Message
from verification.outcomes import Verdict

SPEECH = "verification/methods/call/spoken_replies_to_key_presses.txt"


def composed() -> Outgoing:
    message = Message.objects.select_related("challenge").get()
    message.provider = "virtual"
    return rendering.compose(message)


def test_text_carries_code_tag_and_organisation(ana: EngineUser) -> None:
    issued = ana.start("text")

    text = composed()

    assert ana.code(issued) in text.words
    assert f"reference {text.request_reference}" in text.words
    assert "Example Organisation" in text.words


def test_text_ends_with_the_line_that_binds_the_code_to_our_site(ana: EngineUser) -> None:
    """So that phones fill it in there alone. Source: WICG, origin-bound one-time codes."""
    issued = ana.start("text")

    assert composed().words.splitlines()[-1] == f"@testserver #{ana.code(issued)}"


def test_text_says_how_long_the_code_lives(ana: EngineUser) -> None:
    ana.start("text")

    assert "for 5 minutes" in composed().words


@pytest.mark.parametrize("mode", ["approve", "code"])
def test_call_says_no_code_before_a_key(ana: EngineUser, mode: str) -> None:
    issued = ana.start("call", mode=mode)
    code = ana.code(issued)

    said = composed().words

    assert code not in re.sub(r"\D", "", said)
    assert mode == "code" or ana.match(issued) not in re.findall(r"\d+", said)


def test_addresses_are_ours_and_carry_the_message(ana: EngineUser) -> None:
    ana.start("text")

    text = composed()

    assert text.receipt_url == f"http://testserver/callbacks/virtual/receipt/{text.id}/"
    assert text.keys_url == f"http://testserver/callbacks/virtual/keys/{text.id}/"


def test_only_mail_has_a_subject(ana: EngineUser) -> None:
    ana.start("text")
    assert composed().subject == ""
    Message.objects.all().delete()
    issued = ana.start("totp")
    for _ in range(5):
        ana.answer(issued, "000000")

    mail = composed()

    assert mail.kind == Channel.MAIL
    assert Message.objects.get().template.endswith("/several_incorrect_codes.txt")
    assert mail.subject.startswith("Example Organisation: ")
    assert mail.subject not in mail.words


@pytest.mark.parametrize("mode", ["approve", "press", "code"])
@pytest.mark.parametrize("verdict", Verdict)
def test_call_has_words_for_every_verdict(ana: EngineUser, verdict: Verdict, mode: str) -> None:
    ana.start("call")
    message = Message.objects.select_related("challenge").get()
    assert message.challenge is not None
    message.challenge.mode = mode

    assert rendering.speech(message, SPEECH, verdict).words.endswith(".")


def test_organisation_may_have_any_name(ana: EngineUser, settings: object) -> None:
    settings.ORGANISATION_NAME = "Müller & <Söhne>"  # type: ignore[attr-defined]  # the fixture's
    ana.start("text")

    assert "Müller & <Söhne>" in composed().words


@pytest.mark.parametrize("end", ["\r\n", "\x0b", "\x0c", "\x1c"])
def test_a_subject_is_one_line_whatever_is_named_in_it(ana: EngineUser, end: str) -> None:
    """Else an email has other headers than ours, or can't be written at all."""
    notices.forward_unverified("desk@example.org", "Help.", name=f"Ana{end}X : y", contact="-", now=timezone.now())

    subject = composed().subject
    assert subject.splitlines() == [subject]
    assert "Ana X : y" in subject
