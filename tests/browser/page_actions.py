"""Actions that people do on a page: by touch on a phone, or by keyboard on a desktop with the phone beside it."""

import re

from django.conf import settings
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.screen_sizes_and_accessibility import SIZES
from tests.simulated.people import DIFFERENT, PASSWORD, Clock, Person

SECONDS_TO_NEXT_APP_CODE = 31  # seconds after which an authenticator app shows another code
MINUTES_UNTIL_REAUTHENTICATION = 11  # minutes after which a proof is no longer fresh
MAX_TABS = 200  # presses of the Tab key until a control has focus
# A focus ring of the element or of its box. A key was pressed before, so the browser shows keyboard focus.
_SHOWS_FOCUS = """it => [it, it.parentElement].some(each => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
})"""


def give_password(page: Page, person: Person, *, to: str = "/sign-in/") -> None:
    """Type name and password on the sign-in page."""
    page.goto(to)
    fill(page, "Username", person.user.username)
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")


def press(page: Page, label: str) -> None:
    """Press the first button with a label that starts with this text."""
    use(page, page.get_by_role("button", name=_beginning(label)))


def follow(page: Page, label: str) -> None:
    """Follow the first link with a label that starts with this text."""
    use(page, page.get_by_role("link", name=_beginning(label)))


def unfold(page: Page, words: str = "") -> None:
    """Open the section with this title. Without a title, open the account menu."""
    folded = page.locator("summary", has_text=words) if words else page.locator("details.menu summary")
    use(page, folded)


def fill(page: Page, label: str, words: str) -> None:
    """Replace the text of the field with a label that starts with this text."""
    write(page, page.get_by_label(_beginning(label)).and_(page.locator("input, textarea")), words)


def write(page: Page, field: Locator, words: str) -> None:
    """Replace the text of a field."""
    if not _is_desk(page):
        field.first.fill(words)
        return
    tab_to(page, field)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.type(words)


def tick(page: Page, label: str) -> None:
    """Select the checkbox or radio button with this label."""
    box = page.get_by_label(label)
    if not _is_desk(page):
        box.check()
    elif box.get_attribute("type") == "radio":
        _take(page, box)
    else:
        tab_to(page, box)
        page.keyboard.press("Space")
    expect(box).to_be_checked()


def _take(page: Page, one: Locator) -> None:
    """Move through radio buttons with the arrow keys, because the tab key stops only once at the group."""
    group = page.locator(f"input[name='{one.get_attribute('name')}']")
    tab_to(page, group.and_(page.locator(":checked")) if group.and_(page.locator(":checked")).count() else group)
    for _ in range(group.count()):
        if one.is_checked():
            return
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")


def pick(page: Page, label: str, choice: str) -> None:
    """Select an entry of a list by its text."""
    choices = page.get_by_label(_beginning(label))
    if not _is_desk(page):
        choices.select_option(label=choice)
        return
    tab_to(page, choices)
    page.keyboard.type(choice)


def use(page: Page, goal: Locator) -> None:
    """Press a button or follow a link."""
    if not _is_desk(page):
        goal.first.click()
        return
    tab_to(page, goal)
    page.keyboard.press("Enter")


def _is_desk(page: Page) -> bool:
    size = page.viewport_size
    return size is not None and size["width"] >= SIZES["desktop"]["width"]


def choose(page: Page, label: str) -> None:
    """Take a different option from the list."""
    follow(page, DIFFERENT)
    expect_page(page, "/sign-in/options/")
    press(page, label)


def code_field(page: Page) -> Locator:
    """Find the field for a code."""
    return page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE))


def verify(page: Page, code: str) -> None:
    """Type a code and press the button."""
    write(page, code_field(page), code)
    press(page, "Verify")


def expect_heading(page: Page, words: str) -> None:
    """Wait for the page with this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def expect_page(page: Page, path: str) -> None:
    """Wait for the page at this path. Shape: `*` stands for a part that differs, such as the name of a row."""
    pattern = re.escape(path).replace(r"\*", "[^/]+")
    expect(page).to_have_url(re.compile(rf"^\w+://[^/]+{pattern}([?#]|$)"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def expect_said(page: Page, words: str) -> None:
    """Wait for a notice with this text."""
    expect(page.locator(".notice", has_text=words)).to_be_visible()


def expect_outcome(page: Page, outcome: str) -> None:
    """Wait for the notice that tells an outcome, such as `sign_in:password_wrong`, whatever its words are."""
    expect(page.locator(f".notice[data-outcome='{outcome}']")).to_be_visible()


def expect_in(page: Page, person: Person) -> None:
    """Wait for the first page of the portal."""
    expect_heading(page, f"Hello, {person.user.name}")


def expect_options(page: Page) -> None:
    """Wait for the list of options."""
    expect_page(page, "/sign-in/options/")


def phone_of(person: Person, page: Page) -> Page:
    """Open the person's virtual phone in a second tab."""
    phone = page.context.new_page()
    phone.goto(f"/phone/{person.phone.number}/")
    return phone


def tab_to(page: Page, goal: Locator) -> None:
    """Press the tab key until the target has visible focus. Start again if the page changes."""
    expect(goal.first).to_be_visible()
    expect(goal.first).to_be_enabled()
    for _ in range(MAX_TABS):
        if goal.first.evaluate("it => it === document.activeElement"):
            assert goal.first.evaluate(_SHOWS_FOCUS), f"the focus does not show on {goal}"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not reach {goal}")


def carry_in(page: Page, person: Person, clock: Clock, site: LiveServer) -> None:
    """Sign in with the authenticator app outside the browser, and copy the session into it."""
    person.sign_in()
    clock.forward(seconds=SECONDS_TO_NEXT_APP_CODE)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        page.context.add_cookies([{"name": name, "value": person.browser.client.cookies[name].value, "url": site.url}])


def prove_again(page: Page, person: Person) -> None:
    """Verify with the app on the re-authentication page."""
    expect_page(page, "/sign-in/again/")
    press(page, "Authenticator app")
    verify(page, person.read_app())


def sign_out(page: Page) -> None:
    """Sign out from the account menu."""
    unfold(page)
    press(page, "Sign out")
    expect_heading(page, "Sign in")


def _beginning(label: str) -> re.Pattern[str]:
    # Playwright matches a pattern against the text of a label with its line breaks.
    return re.compile(r"^\s*" + re.escape(label).replace(r"\ ", r"\s").replace("’", "['’]"))
