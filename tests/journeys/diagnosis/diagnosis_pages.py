"""What tests ask the diagnosis, and read from its pages."""

from collections.abc import Callable

from tests.simulated.http_browser import Page
from tests.simulated.people import Person, work
from verification.delivery.providers.virtual.models import Acceptance, Behaviour
from verification.models import FailureReason

METHODS = "/methods/"


def open_diagnosis(person: Person, about: str) -> Page:
    """Open the diagnosis."""
    return person.browser.go(f"/help/diagnose/?about={about}")


def behave(**terms: object) -> None:
    Behaviour.objects.create(number="", **terms)


def refuse(reason: FailureReason) -> Callable[[Person], None]:
    """Return a cause: the carrier refuses the text that Ana requests."""

    def cause(ana: Person) -> None:
        behave(acceptance=Acceptance.BAR, refusal=reason)
        ana.give_password()
        work()

    return cause
