"""A notice goes by mail, and by text to the proven numbers where the policy in force for the person says so."""

import pytest
from django.contrib.auth.models import Group
from pytest_django.fixtures import Settings

from tests.verification.conftest import Desk
from verification import notices
from verification.delivery import words
from verification.models import Kind, Message, Policy


def tell(desk: Desk, *, link: str = "") -> list[Message]:
    Message.objects.all().delete()
    context = {"link": link} if link else {}
    notices.tell(desk.user, "method_added", now=desk.facts.now, until=None, label="Passkey", **context)
    return list(Message.objects.order_by("pk"))


def test_goes_by_mail_alone_unless_policy_says_more(ana: Desk) -> None:
    assert [message.kind for message in tell(ana)] == [Kind.MAIL]


def test_goes_by_text_as_well_where_policy_says_so(ana: Desk) -> None:
    Policy.objects.create(text_notices=True)

    mail, text = tell(ana)

    assert (mail.kind, text.kind) == (Kind.MAIL, Kind.TEXT)
    assert (text.address, text.hint) == ("+41795551234", "+41 XX XXX XX 34")


def test_text_says_what_happened_and_how_to_object(ana: Desk) -> None:
    Policy.objects.create(text_notices=True)
    text = tell(ana)[-1]
    text.provider = "virtual"

    said = words.compose(text).words

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
