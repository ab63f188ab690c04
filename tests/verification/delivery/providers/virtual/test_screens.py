"""Tests of the screen of the virtual phone: what it shows, and when."""

import pytest
from pytest_django import Settings

from tests.verification.delivery.providers.virtual.conftest import NUMBER, behave, outgoing, ring, soon
from verification.delivery.providers.virtual import carrier_behaviour, screens
from verification.delivery.providers.virtual.models import Behaviour
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel, FailureReason

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("Your code is 482917.", ["482917"]),
        ("Your code is 482 917.", ["482917"]),
        ("Call 079 555 01 23 or 1234567.", []),
        ("Acme: 482917 is your code.\n\n@example.org #482917", ["482917"]),
    ],
)
def test_sets_codes_apart_and_nothing_else(words: str, codes: list[str]) -> None:
    assert [part.digits for part in screens.split(words) if part.is_code] == codes


def test_keeps_a_link_in_one_piece() -> None:
    """Seen failing: six digits in a link were shown as a code."""
    link = "http://localhost:8000/invitation/a482917b/1_9-Q/"

    parts = screens.split(f"Open this link: {link}.\n\nIt works until Monday.")

    assert [part.words for part in parts if part.is_link] == [link]
    assert not any(part.is_code for part in parts)


def test_sets_the_line_for_programs_apart() -> None:
    last = screens.split("482917 is your code.\n\n@example.org #482917")[-1]

    assert (last.words, last.is_for_programs) == ("@example.org #482917", True)


def test_shows_texts_the_newest_first() -> None:
    provider.send(outgoing(words="first"))
    provider.send(outgoing(id="f" * 32, words="second"))

    cards = screens.screen(NUMBER, now=soon()).cards

    assert [card.parts[0].words for card in cards] == ["second", "first"]


def test_marks_the_later_one_of_a_double() -> None:
    provider.send(outgoing())
    provider.send(outgoing())

    assert [card.is_double for card in screens.screen(NUMBER, now=soon()).cards] == [True, False]


def test_shows_a_delayed_text_only_after_the_delay() -> None:
    behave(delay_ms=10_000)
    provider.send(outgoing())

    assert not screens.screen(NUMBER, now=soon()).cards
    assert screens.screen(NUMBER, now=soon(seconds=11)).cards


def test_does_not_show_what_failed() -> None:
    behave(outcome=FailureReason.UNREACHABLE)
    provider.send(outgoing())

    assert not screens.screen(NUMBER, now=soon()).cards
    assert not list(screens.latest(to="", now=soon()))


def test_phone_rings_then_shows_the_call_then_nothing() -> None:
    faces = []
    call = ring()
    for action in (None, carrier_behaviour.answer, carrier_behaviour.hang_up):
        if action:
            action(call.pk, now=soon())
        faces.append(screens.screen(NUMBER, now=soon()).face)

    assert faces == ["ringing", "call", "rest"]


def test_keeps_an_ended_call_in_sight_until_it_is_dismissed() -> None:
    call = ring()
    carrier_behaviour.answer(call.pk, now=soon())
    carrier_behaviour.say(call.pk, "Your code is 4, 8, 2.", more=False, now=soon())
    shown = screens.screen(NUMBER, now=soon()).call
    assert shown
    assert shown.is_over

    carrier_behaviour.dismiss(call.pk, now=soon())

    assert screens.screen(NUMBER, now=soon()).face == "rest"


def test_rings_although_it_is_in_a_call() -> None:
    carrier_behaviour.answer(ring().pk, now=soon())
    ring(id="f" * 32)

    assert screens.screen(NUMBER, now=soon()).face == "ringing"


def test_lists_a_missed_call_among_the_messages() -> None:
    ring()

    notes = screens.screen(NUMBER, now=soon(seconds=31)).notes

    assert [note.is_missed for note in notes] == [True]


def test_changes_its_version_with_what_is_on_it() -> None:
    call = ring()
    versions = [screens.screen(NUMBER, now=soon()).version]
    carrier_behaviour.answer(call.pk, now=soon())
    versions.append(screens.screen(NUMBER, now=soon()).version)
    carrier_behaviour.press(call.pk, keys="4", now=soon())
    versions.append(screens.screen(NUMBER, now=soon()).version)

    assert len(set(versions)) == 3
    assert screens.screen(NUMBER, now=soon()).version == versions[-1]


def test_lists_the_demo_users_first_and_adds_every_number_reached(settings: Settings) -> None:
    settings.PHONES = (("+41785550145", "Ben Roth"),)
    provider.send(outgoing())
    provider.send(outgoing(kind=Channel.MAIL, to="ana@example.org"))

    assert [(phone.number, phone.name) for phone in screens.phones()] == [("+41785550145", "Ben Roth"), (NUMBER, "")]


def test_keeps_mail_in_the_mailbox() -> None:
    provider.send(outgoing(kind=Channel.MAIL, to="ana@example.org", subject="Was that you?"))

    assert [(card.to, card.subject) for card in screens.mailbox(now=soon()).cards] == [
        ("ana@example.org", "Was that you?")
    ]


def test_shows_behaviour_for_all_where_a_number_has_none() -> None:
    Behaviour.objects.create(number="", delay_ms=2000)

    assert carrier_behaviour.of_number(NUMBER).delay_ms == 2000
