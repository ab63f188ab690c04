"""Notices: emails, and texts to verified numbers where policy says so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_django.fixtures import Settings

import verification
from tests.verification.conftest import EngineUser
from verification import audit, models, notices, policies
from verification.context import Context
from verification.delivery import rendering
from verification.limits import opt_outs
from verification.models import Channel, Country, Message, Policy, SpendingLimit
from verification.notices import to_person

NOTICES = Path(str(verification.__file__)).parent / "templates/verification/notices"


def notify_method_added(engine_user: EngineUser, *, link: str = "") -> list[Message]:
    Message.objects.all().delete()
    values: dict[str, Any] = {"link": link} if link else {}
    notices.notify(engine_user.user, "method_added", now=engine_user.context.now, until=None, label="Passkey", **values)
    return list(Message.objects.order_by("pk"))


def test_goes_by_mail_alone_unless_policy_says_more(ana: EngineUser) -> None:
    assert [message.kind for message in notify_method_added(ana)] == [Channel.MAIL]


@pytest.mark.parametrize("default", [True, False])
def test_reads_the_default_of_the_rule_where_no_policy_says_so(
    ana: EngineUser, default: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with notices that had a default of their own."""
    monkeypatch.setattr(to_person, "TEXT_NOTICES", default)

    assert (Channel.TEXT in [message.kind for message in notify_method_added(ana)]) is default
    assert models.policies.TEXT_NOTICES is policies.default("text_notices")


def test_goes_by_text_as_well_where_policy_says_so(ana: EngineUser) -> None:
    Policy.objects.create(text_notices=True)

    mail, text = notify_method_added(ana)

    assert (mail.kind, text.kind) == (Channel.MAIL, Channel.TEXT)
    assert (text.address, text.hint) == ("+41795551234", "•••\xa0••\xa034")


def test_text_says_what_happened_and_how_to_object(ana: EngineUser) -> None:
    Policy.objects.create(text_notices=True)
    text = notify_method_added(ana)[-1]
    text.provider = "virtual"

    said = rendering.compose(text).words

    assert said.startswith("Example Organisation: a verification method was added\nNot you?")
    assert "This wasn't me" in said


NOT_TEXTED = {"as_text_message", "declared_by_audit_event", "password_change_in_directory", "password_reset"}
OF_PEOPLE = sorted(path.stem for path in (NOTICES / "to_person").glob("*.txt") if path.stem not in NOT_TEXTED)
EVENTS = {event.kind: event for event in audit.user_events() if event.notice is not None}
VALUES: dict[str, Any] = {
    "label": "Passkey",
    "left": "3",
    "staff": "Dev",
    "ticket": "T-1",
    "state": "enforced",
    "roles": "Auditors",
}


@pytest.mark.parametrize("kind", [*OF_PEOPLE, *EVENTS])
def test_text_fits_one_segment(ana: EngineUser, kind: str) -> None:
    """160 characters of GSM 03.38, to which curly quotes and ellipses don't belong: with them there is room for 70."""
    Policy.objects.create(text_notices=True)
    Message.objects.all().delete()
    if event := EVENTS.get(kind):
        notices.notify_of_event(ana.user, event, now=ana.context.now, **VALUES)
    else:
        notices.notify(ana.user, kind, now=ana.context.now, **VALUES)
    text = Message.objects.get(kind=Channel.TEXT)
    text.provider = "virtual"

    said = rendering.compose(text).words

    assert said.isascii()
    assert len(said) <= 160


@pytest.mark.parametrize(("rank", "is_texted"), [(10, True), (300, False)])
def test_group_of_lowest_rank_decides(ana: EngineUser, rank: int, is_texted: bool) -> None:
    Policy.objects.create(text_notices=False)
    for name, at, value in (("Finance", 200, False), ("Board", rank, True)):
        group = Group.objects.create(name=name)
        ana.user.groups.add(group)
        Policy.objects.create(group=group, rank=at, text_notices=value)

    assert (len(notify_method_added(ana)) == 2) is is_texted


def test_reaches_nobody_by_text_who_has_no_proven_number(engine_user: EngineUser) -> None:
    Policy.objects.create(text_notices=True)

    assert [message.kind for message in notify_method_added(engine_user)] == [Channel.MAIL]


def test_link_goes_by_mail_alone(ana: EngineUser) -> None:
    """Anyone who holds the phone must not get the key to the password as well."""
    Policy.objects.create(text_notices=True)

    assert [message.kind for message in notify_method_added(ana, link="a" * 32)] == [Channel.MAIL]


def test_number_is_texted_so_often_a_day_and_mailed_always(ana: EngineUser, settings: Settings) -> None:
    Policy.objects.create(text_notices=True)
    settings.NOTICES_PER_NUMBER_DAY = 3

    kinds = [message.kind for _ in range(5) for message in notify_method_added(ana)]

    assert (kinds.count(Channel.TEXT), kinds.count(Channel.MAIL)) == (3, 5)


def test_number_that_opted_out_gets_no_notice(ana: EngineUser) -> None:
    """Seen failing: each notice was sent to it, although its owner had replied STOP."""
    Policy.objects.create(text_notices=True)
    opt_outs.stop("+41795551234", provider="virtual", now=ana.context.now)

    assert [message.kind for message in notify_method_added(ana)] == [Channel.MAIL]


def test_country_that_is_not_allowed_gets_no_notice(ana: EngineUser) -> None:
    """Seen failing: only codes were refused."""
    Policy.objects.create(text_notices=True)
    Country.objects.create(code="CH", texts=False)

    assert [message.kind for message in notify_method_added(ana)] == [Channel.MAIL]


def test_no_notice_is_texted_once_spending_is_stopped(ana: EngineUser) -> None:
    """Seen failing: a limit on all texts stopped only codes."""
    Policy.objects.create(text_notices=True)
    SpendingLimit.objects.update_or_create(span="day", defaults={"alarm_at": None, "stop_at": 0})

    assert [message.kind for message in notify_method_added(ana)] == [Channel.MAIL]


FACTS = Context(
    now=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    network="203.0.113.9",
    agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
OWN = (
    "app_password_created",
    "remembered_browser_copied",
    "recovery_codes_renewed",
    "recovery_code_used",
    "fraud_reported_in_call",
    "account_secured",
    "method_added",
    "method_locked",
    "method_removed",
    "password_changed",
    "password_change_in_directory",
    "password_reset",
    "several_incorrect_codes",
)


def compose_mail(engine_user: EngineUser, kind: str, context: Context, **values: Any) -> str:
    if event := EVENTS.get(kind):
        notices.notify_of_event(engine_user.user, event, now=context.now, context=context, **values)
    else:
        notices.notify(engine_user.user, kind, now=context.now, context=context, **values)
    message = Message.objects.get(kind=Channel.MAIL)
    message.provider = "virtual"
    return rendering.compose(message).words


@pytest.mark.parametrize("kind", OWN)
def test_mail_says_when_and_from_where(engine_user: EngineUser, settings: Settings, kind: str) -> None:
    settings.TIME_ZONE = "Europe/Zurich"

    mail = compose_mail(engine_user, kind, FACTS, label="Passkey", left="3")

    assert "2 March 2026, 09:00 CET" in mail.splitlines()[0]
    assert "Browser: Firefox on Linux" in mail
    assert "Network address: 203.0.113.9" in mail


@pytest.mark.parametrize("kind", EVENTS)
def test_mail_of_support_says_who_and_when_and_nothing_of_the_staffs_place(engine_user: EngineUser, kind: str) -> None:
    mail = compose_mail(engine_user, kind, Context(now=FACTS.now), **VALUES)

    assert mail.startswith("Dev ")
    assert "2 March 2026" in mail.splitlines()[0]
    assert "Ticket: T-1" in mail
    assert "Network" not in mail
    assert "Browser:" not in mail


@pytest.mark.parametrize("kind", EVENTS)
def test_mail_without_a_ticket_leaves_no_gap(engine_user: EngineUser, kind: str) -> None:
    mail = compose_mail(engine_user, kind, Context(now=FACTS.now), **VALUES | {"ticket": ""})

    assert "Ticket" not in mail
    assert "\n\n\n" not in mail


@pytest.mark.parametrize("kind", ["support.person_blocked", "support.person_unblocked", "support.phone_lost"])
def test_nobody_is_said_to_have_asked_for_it(engine_user: EngineUser, kind: str) -> None:
    """Nobody asks to be blocked, nor for a phone to be lost."""
    mail = compose_mail(engine_user, kind, Context(now=FACTS.now), **VALUES)

    assert "ask" not in mail
    assert "expecting" not in mail


def test_mail_names_the_support_desk_and_how_to_reach_it(engine_user: EngineUser, settings: Settings) -> None:
    settings.SUPPORT_NAME, settings.SUPPORT_PHONE = "Help Point", "+41 44 555 01 01"

    mail = compose_mail(engine_user, "method_added", FACTS, label="Passkey")

    assert "contact Help Point" in mail
    assert "Help Point: +41 44 555 01 01" in mail
