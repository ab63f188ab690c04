"""Sign-ins of people of a directory, for tests."""

from tests.simulated.http_browser import Browser
from verification.models import AuditEvent


def tried(username: str, password: str, browser: Browser | None = None) -> Browser:
    """Enter a username and password, and return the browser with what it shows."""
    browser = browser or Browser()
    browser.go("/sign-in/")
    browser.press("Sign in", username=username, password=password)
    return browser


def refusal(browser: Browser) -> str:
    """Return which refusal the page tells, such as `password_wrong`, `password_waits` or `directory_away`."""
    [outcome] = browser.shown.outcomes
    return outcome.removeprefix("sign_in:")


def refusals() -> list[str]:
    """Return why directories refused sign-ins, as the audit log says."""
    rows = AuditEvent.objects.filter(kind="directory.refused").order_by("pk")
    return [row.detail["why"] for row in rows]
