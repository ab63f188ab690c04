"""Tests of every staff page in a real browser, with axe, in both colour schemes, on a phone and a desktop.

The registry and the URL table of the admin are walked, so a page that is added later is looked at as well.
"""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize
from pytest_django.live_server_helper import LiveServer

from accounts.admin_changes import ReadOnlyAdmin
from accounts.admin_site import urls
from accounts.integrations.oidc import client_registration
from accounts.models import Application, User
from tests.browser.page_actions import carry_in
from tests.browser.screen_sizes_and_accessibility import AXE, COLOURS, SIZES, Barrier, barriers, picture
from tests.every_page.admin_rows import SAMPLES
from tests.real_programs.chromium import REFUSED, opened
from tests.simulated.people import Clock, Person, join
from verification import hardware_token_stock
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.models import Circuit, Message
from verification.otp.hardware_token_codes import Scheme

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

assert urls.urlpatterns  # imported because it fills the registry

# Own pages without a row that this test makes, and why they are looked at elsewhere.
ELSEWHERE = {
    "import": "needs a file, see the journey of imports",
    "import-apply": "needs a file",
    "import-cancel": "needs a file",
    "import-faults": "is a download",
    "audit-log-export": "asks for a reason, as people-export does",
    "report-export": "asks for a reason, as people-export does",
    "support-caller": "needs a caller who is asked, see the desk",
    "support-request-decide": "needs two members of staff, see the journeys",
    "support-request-do": "needs two members of staff, see the journeys",
    "support-request-withdraw": "is a button, and leads back to the requests",
    "group-request-agree": "needs two members of staff, see the journeys",
    "group-request-refuse": "needs two members of staff, see the journeys",
    "group-request-withdraw": "is a button, and leads back to the groups",
    "support-many": "takes a form from the list of people, see the desk",
    "application-delete": "needs one that is switched off, see its pages",
    "token-restore": "needs a retired token, see the tokens",
    "directory-sync-preview": "is a button, and leads back to its page",
}


# How much of the widest table a desktop doesn't show.
_MAGNIFIED: ViewportSize = {"width": 320, "height": 800}  # as 1280 pixels at 400 %. Source: WCAG 2.2, 1.4.10
_CUT_OFF = "Math.max(0, ...[...document.querySelectorAll('.scroll')].map(it => it.scrollWidth - it.clientWidth))"


@pytest.fixture
def staff(chromium: Browser, live_server: LiveServer, root: Person, clock: Clock) -> Iterator[Page]:
    """Open a page on which they are signed in, freshly verified."""
    with opened(chromium, live_server.url, viewport=SIZES["desktop"], forgives=REFUSED) as page:
        carry_in(page, root, clock, live_server)
        yield page


def found_on(page: Page, address: str) -> list[Barrier]:
    """Look at one page on a desktop in both schemes, on a phone, and magnified."""
    page.set_viewport_size(SIZES["desktop"])
    page.goto(address)
    found = [] if page.url.endswith(address) else [(address, "leads elsewhere", page.url)]
    if page.locator("header.bar .brand").count() != 1 or page.locator("#staff-menu").count() != 1:
        found.append((address, "is not in the layout of the staff", page.title()))
    if page.locator("main img[src*='admin/img']").count():
        found.append((address, "shows a picture of Django's", ""))
    if wide := page.evaluate(_CUT_OFF):
        found.append((address, "cuts off a table", f"{wide} pixels"))
    name = address.strip("/").replace("/", "-")
    for size, scheme, rules in (("desktop", "light", AXE), ("desktop", "dark", COLOURS), ("phone", "light", AXE)):
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found += barriers(page, f"{address} {size} {scheme}", rules)
        picture(page, f"staff-{name}-{size}-{scheme}")
    page.set_viewport_size(_MAGNIFIED)
    if wide := page.evaluate("document.documentElement.scrollWidth - innerWidth"):
        found.append((address, "scrolls sideways when magnified", f"{wide} pixels"))
    return found


# The tables -----------------------------------------------------------------------------------------------------------

TABLES = [model for model in admin.site._registry if model not in {User, Group, Application}]


def _row(model: type[Model]) -> Model:
    if model is Circuit:
        return Circuit.objects.create(provider="virtual", kind="text", state="open", failures=5, why="unreachable")
    assert model in SAMPLES, (
        f"give {model.__name__} a sample in tests/every_page/admin_rows.py, so that its pages are looked at"
    )
    model.objects.all().delete()  # type: ignore[attr-defined]  # each has one
    made: Model = model.objects.create(**SAMPLES[model].row())  # type: ignore[attr-defined]  # each has one
    return made


def _addresses(model: type[Model], row: Model, staff: User) -> list[str]:
    keeper: ModelAdmin[Model] = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = staff
    verbs = ["changelist", "change", "history"]
    verbs += ["add"] if keeper.has_add_permission(request) else []
    verbs += ["delete"] if keeper.has_delete_permission(request, row) else []
    about = model._meta
    found = [
        reverse(
            f"admin:{about.app_label}_{about.model_name}_{verb}",
            args=[] if verb in {"changelist", "add"} else [row.pk],
        )
        for verb in verbs
    ]
    # The page that adds one may ask for something first.
    asked = SAMPLES[model].asked if model in SAMPLES else ""
    return found + [f"{each}?{asked}" for each in found if asked and each.endswith("/add/")]


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_nobody_is_kept_out_of_a_table(model: type[Model], staff: Page, root: Person) -> None:
    with transaction.atomic():
        row = _row(model)
    addresses = _addresses(model, row, User.objects.get(pk=root.user.pk))

    found = [barrier for address in addresses for barrier in found_on(staff, address)]

    assert found == []


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_nobody_is_kept_out_of_an_empty_table(model: type[Model], staff: Page) -> None:
    model.objects.all().delete()  # type: ignore[attr-defined]  # each has one
    about = model._meta

    assert found_on(staff, reverse(f"admin:{about.app_label}_{about.model_name}_changelist")) == []


def test_each_table_has_its_own_words() -> None:
    """A list without a lead or an empty state that says what to do would have only what Django makes up."""
    lists = [each for each in admin.site._registry.values() if each.model in TABLES and each.model.__name__ != "Policy"]

    assert [type(each).__name__ for each in lists if not each.words.lead or not each.words.empty_text] == []  # type: ignore[attr-defined]  # of Ruled
    assert any(isinstance(each, ReadOnlyAdmin) for each in lists)


# Our own pages --------------------------------------------------------------------------------------------------------


def _own(table: list[URLPattern | URLResolver] | None = None) -> Iterator[URLPattern]:
    for entry in table or admin.site.urls[0]:
        if isinstance(entry, URLResolver):
            yield from _own(entry.url_patterns)
        elif getattr(entry.callback, "rule", "") in {"reads", "acts"}:
            yield entry


def _path(page: URLPattern, person: Person, values: dict[str, str]) -> str:
    group = str(Group.objects.get(name="Operators").pk)
    pk = group if "group" in str(page.name) else str(person.user.pk)
    known = values | {"pk": pk, "name": "end_sessions", "key": "methods"}
    return reverse(f"admin:{page.name}", kwargs={name: known[name] for name in page.pattern.converters})


def test_nobody_is_kept_out_of_our_own_pages(staff: Page, ana: Person) -> None:
    now = timezone.now()
    with transaction.atomic():
        seed = Seed(
            serial="230816000001", secret=b"12345678901234567890", scheme=Scheme(), manufacturer="Acme", model="A"
        )
        token = hardware_token_stock.bring_in(seed, None, Context(now=now), actor_id=None)[1]
        assert token
        message = Message.objects.create(
            user=ana.user,
            kind="mail",
            provider="virtual",
            state="failed",
            created_at=now,
            useful_until=now,
        )
        board = Application.objects.create(slug="board", name="Board", kind=Application.Kind.OIDC)
        client_registration.make(board, redirect_uris="https://board.example.org/back", now=now)
    values = {"ref": token.ref, "handle": message.handle, "slug": board.slug, "kind": "oidc"}
    pages = [page for page in _own() if page.name not in ELSEWHERE and page.name != "delivery-again"]

    found = [barrier for page in pages for barrier in found_on(staff, _path(page, ana, values))]

    assert found == []


def test_nobody_is_kept_out_of_pages_that_refuse(staff: Page) -> None:
    assert found_on(staff, "/admin/there-is-nothing-here/") == []


def test_no_choice_looks_selected_before_one_is(staff: Page, ana: Person) -> None:
    """Before the fix, every radio button of a group without a selection was filled: browsers call it indeterminate."""
    staff.goto(f"/admin/accounts/user/{ana.user.pk}/do/try_message/")
    radios = staff.locator("input[type=radio]")
    colour = "it => getComputedStyle(it).backgroundColor"

    before = {radios.nth(place).evaluate(colour) for place in range(radios.count())}
    radios.first.check()

    assert radios.count() > 1
    assert radios.first.evaluate(colour) not in before


def test_long_names_and_addresses_fit_a_phone(staff: Page) -> None:
    name = "wolfeschlegelsteinhausenbergerdorff.anneliese"
    person = join(name)
    User.objects.filter(pk=person.user.pk).update(
        name="Anneliese Maria Theresia Konstanze Wolfeschlegelsteinhausenbergerdorff",
        email=f"{name}@a-very-long-name-of-some-organisation.example.org",
    )
    staff.set_viewport_size(SIZES["phone"])
    wider = {}
    for address in ("/admin/accounts/user/", f"/admin/accounts/user/{person.user.pk}/change/"):
        staff.goto(address)
        wider[address] = staff.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert set(wider.values()) == {0}


def test_audit_log_needs_no_sideways_scrolling_when_magnified(staff: Page) -> None:
    staff.set_viewport_size(_MAGNIFIED)
    staff.goto("/admin/accounts/user/record/")

    assert staff.locator(".log-line").count() > 0
    assert staff.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
