"""What staff do on the page of a person, as tests need it."""

from tests.simulated.http_browser import Page
from tests.simulated.people import Person
from tests.simulated.support_desk import case


def call_back(staff: Person, person: Person) -> Page:
    """Verify a caller by calling them back."""
    case(staff, person)
    staff.browser.follow("Verify the caller")
    return staff.browser.press("I called back", note="the number in the personnel file, I know the voice")
