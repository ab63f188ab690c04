"""Tests in which Ana sets up and verifies a new phone, after which the old one no longer works."""

from io import StringIO

import pytest
from django.core.management import call_command
from django_otp.oath import totp
from lxml import html

from tests.simulated.http_browser import Page
from tests.simulated.people import ANAS, BENS, Clock, Person
from verification.models import Enrolment, Message, Policy

FIRST_STEP = 'id="step-one"'


@pytest.fixture
def ana(ana: Person, clock: Clock) -> Person:
    """Return Ana, with methods that she set up before the move."""
    clock.forward(minutes=5)
    return ana


def begin_move(person: Person) -> Page:
    person.sign_in(to="/sign-in/?next=/methods/")
    person.browser.follow("Move to a new phone")
    return person.browser.press("Start")


def set_up_number(person: Person) -> Page:
    """Set up and verify a new number on the new phone."""
    person.browser.press("Text message")
    person.phone.number = BENS
    person.browser.press("Continue", country="CH", number=BENS)
    return person.verify(person.read_text())


def refs(person: Person, address: str) -> dict[str, str]:
    rows = Enrolment.objects.filter(user=person.user, confirmed=True)
    return {row.method: row.ref for row in rows if row.address == address}


def finish(person: Person, *gone: str) -> Page:
    """Tick the methods to remove, and press the button."""
    form, (_, name, value) = person.page.form("Finish")
    assert "remove" in form.choices | set(form.fields) or not gone
    sent = form.fields | {name: value, "remove": list(gone)}
    person.browser.page = Page(person.browser.client.post("/methods/new-phone/", sent, follow=True))
    return person.page


def test_moves_to_a_new_number(ana: Person, clock: Clock) -> None:
    begin_move(ana)
    assert FIRST_STEP in ana.page.html
    assert not ana.page.offers("Finish")

    page = set_up_number(ana)
    assert page.path == "/methods/new-phone/"
    assert page.offers("Finish")
    assert "Text message ••• •• 45" in page
    old = refs(ana, ANAS)
    page = finish(ana, old["text"], old["call"])

    assert "portal:phone_moved" in page.outcomes
    assert refs(ana, ANAS) == {}
    assert set(refs(ana, BENS)) == {"text", "call"}
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1


def test_boxes_are_a_group_with_a_name(ana: Person) -> None:
    """Seen failing: a screen reader said the name of a method, and not what ticking it does."""
    begin_move(ana)
    set_up_number(ana)

    boxes = html.document_fromstring(ana.page.html).xpath('//*[@role="group"][.//input[@name="remove"]]')

    (name,) = html.document_fromstring(ana.page.html).xpath(f'//*[@id="{boxes[0].get("aria-labelledby")}"]')
    assert name.tag == "h2"
    assert name.text_content().strip()


def test_new_phone_signs_in_and_the_old_one_is_not_asked(ana: Person, clock: Clock) -> None:
    begin_move(ana)
    set_up_number(ana)
    finish(ana, *refs(ana, ANAS).values())
    ana.browser.go("/")
    ana.browser.press("Sign out")
    clock.forward(minutes=1)

    ana.give_password()
    if "••• •• 45" not in ana.page:
        ana.choose("Text message ••• •• 45")

    assert ana.verify(ana.read_text()).path == "/"


def test_hardware_token_is_on_no_phone(ana: Person) -> None:
    """Seen failing: a token was offered as a method of the new phone, and listed with those on the old one."""
    call_command(
        "assign_token", "ana", "TK-0042", stdin=StringIO("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), stdout=StringIO()
    )

    assert not begin_move(ana).offers("Hardware token")

    Enrolment.objects.filter(user=ana.user, method="token").update(confirmed=True, confirmed_at=ana.user.date_joined)
    assert "Hardware token" not in set_up_number(ana)


def test_moves_the_authenticator_app(ana: Person, clock: Clock) -> None:
    begin_move(ana)
    ana.browser.press("Authenticator app")
    fresh = Enrolment.objects.get(confirmed=False)
    ana.verify(f"{totp(fresh.secret):06d}")
    old = Enrolment.objects.filter(method="totp").exclude(pk=fresh.pk).get()

    finish(ana, old.ref)

    assert list(Enrolment.objects.filter(method="totp")) == [fresh]


def test_old_one_may_stay(ana: Person) -> None:
    begin_move(ana)
    set_up_number(ana)

    page = finish(ana)

    assert "portal:phone_moved" in page.outcomes
    assert set(refs(ana, ANAS)) == {"text", "call"}


def test_owner_is_told_of_each(ana: Person) -> None:
    begin_move(ana)
    set_up_number(ana)
    finish(ana, refs(ana, ANAS)["call"])

    told = Message.objects.filter(kind="mail").order_by("pk").values_list("template", flat=True)
    assert [template.rpartition("/")[2] for template in told] == ["method_added.txt", "method_removed.txt"]


def test_nothing_goes_before_the_new_phone_is_proven(ana: Person) -> None:
    """Seen: a form posted by hand in the first step removed the existing methods."""
    begin_move(ana)
    ana.browser.send("/methods/new-phone/", finish="1", remove=ana.enrolment("call").ref)

    assert set(refs(ana, ANAS)) == {"text", "call"}
    assert FIRST_STEP in ana.page.html


def test_only_what_is_old_can_go(ana: Person) -> None:
    begin_move(ana)
    set_up_number(ana)

    finish(ana, refs(ana, BENS)["text"])

    assert set(refs(ana, BENS)) == {"text", "call"}


def test_interrupted_move_goes_on_where_it_was(ana: Person) -> None:
    begin_move(ana)
    set_up_number(ana)
    ana.browser.go("/")

    page = ana.browser.go("/methods/new-phone/")

    assert page.offers("Finish")
    assert "Text message ••• •• 45" in page


def test_given_up_move_does_not_catch_what_is_added_later(ana: Person, clock: Clock) -> None:
    """Seen: adding a method much later led back into the move."""
    begin_move(ana)
    ana.browser.go("/methods/")
    clock.forward(hours=2)
    ana.browser.go("/methods/add/")
    ana.browser.press("Authenticator app")
    ana.verify(ana.read_app())
    assert ana.page.path == "/methods/add/"
    ana.browser.press("Authenticator app")
    ana.verify(f"{totp(Enrolment.objects.get(confirmed=False).secret):06d}")

    assert ana.page.path == "/methods/"


@pytest.mark.parametrize("ref", ["", "0" * 32, "nonsense"])
def test_odd_ticks_do_nothing(ana: Person, ref: str) -> None:
    begin_move(ana)
    set_up_number(ana)

    assert "portal:phone_moved" in finish(ana, ref).outcomes
    assert set(refs(ana, ANAS)) == {"text", "call"}


def test_last_old_one_stays_if_the_new_one_is_not_allowed(ana: Person) -> None:
    begin_move(ana)
    set_up_number(ana)
    Policy.objects.create(methods=["totp"])
    ana.browser.reload()
    ana.browser.send("/methods/new-phone/", finish="1", remove=ana.enrolment("totp").ref)

    assert Enrolment.objects.filter(method="totp").exists()
