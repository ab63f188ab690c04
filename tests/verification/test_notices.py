"""A notice goes by mail, and by text to the proven numbers where the policy in force for the person says so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_django.fixtures import Settings

import verification
from tests.verification.conftest import Desk
from verification import models, notices, policies
from verification.context import Context
from verification.delivery import rendering
from verification.models import Kind, Message, Policy


def tell(desk: Desk, *, link: str = "") -> list[Message]:
    Message.objects.all().delete()
    values: dict[str, Any] = {"link": link} if link else {}
    notices.tell(desk.user, "method_added", now=desk.context.now, until=None, label="Passkey", **values)
    return list(Message.objects.order_by("pk"))


def test_goes_by_mail_alone_unless_policy_says_more(ana: Desk) -> None:
    assert [message.kind for message in tell(ana)] == [Kind.MAIL]


@pytest.mark.parametrize("default", [True, False])
def test_reads_the_default_of_the_rule_where_no_policy_says_so(
    ana: Desk, default: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with notices that had a default of their own."""
    monkeypatch.setattr(notices, "TEXT_NOTICES", default)

    assert (Kind.TEXT in [message.kind for message in tell(ana)]) is default
    assert models.policies.TEXT_NOTICES is policies.default("text_notices")


def test_goes_by_text_as_well_where_policy_says_so(ana: Desk) -> None:
    Policy.objects.create(text_notices=True)

    mail, text = tell(ana)

    assert (mail.kind, text.kind) == (Kind.MAIL, Kind.TEXT)
    assert (text.address, text.hint) == ("+41795551234", "••• •• 34")


def test_text_says_what_happened_and_how_to_object(ana: Desk) -> None:
    Policy.objects.create(text_notices=True)
    text = tell(ana)[-1]
    text.provider = "virtual"

    said = rendering.compose(text).words

    assert said.startswith("Example Organisation: a verification method was added\nNot you?")
    assert "This wasn’t me" in said


@pytest.mark.parametrize(("rank", "is_texted"), [(10, True), (300, False)])
def test_group_of_lowest_rank_decides(ana: Desk, rank: int, is_texted: bool) -> None:
    Policy.objects.create(text_notices=False)
    for name, at, value in (("Finance", 200, False), ("Board", rank, True)):
        group = Group.objects.create(name=name)
        ana.user.groups.add(group)
        Policy.objects.create(group=group, rank=at, text_notices=value)

    assert (len(tell(ana)) == 2) is is_texted


def test_reaches_nobody_by_text_who_has_no_proven_number(desk: Desk) -> None:
    Policy.objects.create(text_notices=True)

    assert [message.kind for message in tell(desk)] == [Kind.MAIL]


def test_link_goes_by_mail_alone(ana: Desk) -> None:
    """Whoever holds the phone must not get the key to the password as well."""
    Policy.objects.create(text_notices=True)

    assert [message.kind for message in tell(ana, link="a" * 32)] == [Kind.MAIL]


def test_number_is_texted_so_often_a_day_and_mailed_always(ana: Desk, settings: Settings) -> None:
    Policy.objects.create(text_notices=True)
    settings.NOTICES_PER_NUMBER_DAY = 3

    kinds = [message.kind for _ in range(5) for message in tell(ana)]

    assert (kinds.count(Kind.TEXT), kinds.count(Kind.MAIL)) == (3, 5)


FACTS = Context(
    now=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    network="203.0.113.9",
    agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
NOTICES = Path(str(verification.__file__)).parent / "templates" / "verification" / "notices"
OWN = (
    "app_password_made",
    "browser_copied",
    "codes_renewed",
    "codes_used",
    "fraud",
    "locked_down",
    "method_added",
    "method_off",
    "method_removed",
    "password_changed",
    "password_reset",
    "wrong_codes",
)


def said(desk: Desk, kind: str, context: Context, **values: Any) -> str:
    notices.tell(desk.user, kind, now=context.now, context=context, **values)
    message = Message.objects.get(kind=Kind.MAIL, template__endswith=f"/{kind}.txt")
    message.provider = "virtual"
    return rendering.compose(message).words


@pytest.mark.parametrize("kind", OWN)
def test_mail_says_when_and_from_where(desk: Desk, settings: Settings, kind: str) -> None:
    settings.TIME_ZONE = "Europe/Zurich"

    mail = said(desk, kind, FACTS, label="Passkey", left="3")

    assert "When: 2 March 2026, 09:00" in mail
    assert "Browser: Firefox on Linux" in mail
    assert "Network address: 203.0.113.9" in mail


@pytest.mark.parametrize(
    "kind",
    sorted(
        path.stem for path in (Path(verification.__file__).parent / "templates/verification/notices").glob("support_*")
    ),
)
def test_mail_of_support_says_when_and_nothing_of_the_staffs_place(desk: Desk, kind: str) -> None:
    mail = said(desk, kind, Context(now=FACTS.now), staff="Dev", ticket="T-1")

    assert "When: 2 March 2026" in mail
    assert "Network" not in mail
    assert "Browser:" not in mail
