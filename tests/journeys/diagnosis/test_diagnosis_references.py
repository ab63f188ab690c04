"""Tests of the reference of a diagnosis, which a caller reads out and support opens."""

import re

import pytest

from accounts.models import User
from helpcenter import diagnosis
from tests.journeys.diagnosis.diagnosis_pages import open_diagnosis, refuse
from tests.simulated.http_browser import Page
from tests.simulated.people import Person, hire
from verification.models import FailureReason


def reference_on(page: Page) -> str:
    """Return the reference that the page asks people to read to support."""
    return page.html.split('class="reference-code">')[1].split("<")[0]


def test_reference_opens_the_same_view_for_support_and_nobody_else(ana: Person, cleo: Person) -> None:
    refuse(FailureReason.LANDLINE)(ana)
    reference = reference_on(open_diagnosis(ana, "no-message"))
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    page = dora.browser.go(f"/help/diagnose/{reference}/")
    assert f"message-{FailureReason.LANDLINE}" in page.findings
    assert page.leads_to(f"/admin/accounts/user/{ana.user.pk}/change/")

    cleo.sign_in()
    assert cleo.browser.go(f"/help/diagnose/{reference}/").status == 404


def test_reference_is_easy_to_read_out(ana: Person) -> None:
    """Seen as `1-no-message-2gx9wd`: twenty characters, among them one that looks like another."""
    ana.sign_in()

    seen = {about: reference_on(open_diagnosis(ana, about)) for about in diagnosis.SITUATIONS}

    # Eight characters while there are fewer than 5,000 people, then nine and more.
    assert all(re.fullmatch(r"([ACEFHKMPRTWX34679]{4}-)+[ACEFHKMPRTWX34679]{1,4}", each) for each in seen.values())
    assert {about: diagnosis.read(f" {each.lower().replace('-', ' ')} ") for about, each in seen.items()} == {
        about: (ana.user.pk, situation) for about, situation in diagnosis.SITUATIONS.items()
    }


@pytest.mark.parametrize("user_id", [1, 27, 99_999, 5_000_000])
def test_reference_with_a_misheard_character_opens_nothing(user_id: int) -> None:
    right = diagnosis.reference(User(pk=user_id), diagnosis.SITUATIONS["strange"])
    assert diagnosis.read(right) == (user_id, diagnosis.SITUATIONS["strange"])
    misheard = [
        right[:at] + other + right[at + 1 :]
        for at, sign in enumerate(right)
        if sign != "-"
        for other in "ACEFHKMPRTWX34679"
        if other != sign
    ]

    # The check has four of seventeen characters: about one reference in 83,000 is right by chance.
    assert [each for each in misheard if diagnosis.read(each) is not None] == []


@pytest.mark.parametrize("text", ["", "1-strange-000000", "K7", "ÄÄÄÄ-ÄÄÄÄ", "A" * 500, "٣٣٣٣-٣٣٣٣"])
def test_what_is_no_reference_opens_nothing(text: str) -> None:
    assert diagnosis.read(text) is None


def test_support_types_the_reference_that_a_caller_reads_out(ana: Person) -> None:
    ana.sign_in()
    reference = reference_on(open_diagnosis(ana, "lost-phone"))
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    typed = reference.lower().replace("-", " ")

    dora.browser.go("/help/diagnose/")
    page = dora.browser.press("Show what they see", reference=typed)
    assert page.path == f"/help/diagnose/{reference}/"
    assert page.leads_to(f"/admin/accounts/user/{ana.user.pk}/change/")

    dora.browser.go("/help/diagnose/")
    page = dora.browser.press("Show what they see", reference="K7MP")
    assert page.path.startswith("/help/diagnose/")
    assert 'id="reference-error"' in page.html


def test_field_for_references_is_for_support_only(ana: Person) -> None:
    ana.sign_in()
    reference = reference_on(open_diagnosis(ana, "lost-phone"))

    assert 'name="reference"' not in ana.browser.go("/help/diagnose/").html
    assert ana.browser.go(f"/help/diagnose/?reference={reference}").path == "/help/diagnose/"
