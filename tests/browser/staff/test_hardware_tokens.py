"""Tests of the hardware token pages in a real browser, at both widths, with axe."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser import page_actions
from tests.browser.screen_sizes_and_accessibility import PageChecker
from tests.simulated.people import Person
from verification import hardware_token_stock
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.otp.hardware_token_codes import Scheme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECRET = b"12345678901234567890"


def owned(serial: str, **scheme: Any) -> Any:
    seed = Seed(serial=serial, secret=SECRET, scheme=Scheme(**scheme), manufacturer="Acme", model="One")
    return hardware_token_stock.bring_in(seed, None, Context(now=timezone.now()), actor_id=None)[1]


@pytest.mark.usefixtures("no_check")
def test_nobody_is_kept_out_of_the_tokens(desktop: Page, ana: Person, fay: Person) -> None:
    with transaction.atomic():
        tokens = [owned(f"230816000{n:04}", is_counted=bool(n % 2), digits=8) for n in range(7)]
        hardware_token_stock.assign(tokens[1], ana.user, Context(now=timezone.now()), actor_id=None)
        hardware_token_stock.retire(tokens[2], Context(now=timezone.now()), actor_id=None)
    page_actions.give_password(desktop, fay, to="/admin/accounts/user/tokens/")
    page_actions.verify(desktop, fay.read_app())
    page_actions.expect_heading(desktop, "Hardware tokens")
    page_checker, at = PageChecker(desktop), "/admin/accounts/user"

    page_checker.at("tokens-list")
    page_checker.over(f"{at}/tokens/?q=nothing", f"{at}/tokens/{tokens[0].ref}/", f"{at}/tokens/{tokens[1].ref}/")
    page_checker.over(f"{at}/tokens/{tokens[2].ref}/", f"{at}/tokens/{tokens[0].ref}/retire/", f"{at}/import/")
    page_checker.over(
        *(f"{at}/{ana.user.pk}/do/{name}/" for name in ("assign_token", "resync_token", "take_token_back"))
    )

    assert page_checker.found == []


def test_two_codes_are_typed_into_one_field(page: Page, ana: Person) -> None:
    with transaction.atomic():
        token = owned("AB-1", is_counted=True)
        enrolment = hardware_token_stock.assign(token, ana.user, Context(now=timezone.now()), actor_id=None)
        type(enrolment).objects.filter(pk=enrolment.pk).update(confirmed=True, confirmed_at=timezone.now())
    code = Scheme(is_counted=True).code
    page_actions.give_password(page, ana)
    page_actions.follow(page, "Use a different verification option")
    page_actions.press(page, "Hardware token")
    page_actions.expect_page(page, "/sign-in/verify/")

    page_checker = PageChecker(page)
    page_checker.at("token code")
    page_actions.verify(page, f"{code(SECRET, 90)} {code(SECRET, 91)}")

    page_actions.expect_in(page, ana)
    assert page_checker.found == []
