"""What tests read from a person's methods and from the page that lists them."""

import re

from django.utils import timezone
from django_otp.oath import totp

from tests.simulated.http_browser import Page
from tests.simulated.people import Person
from verification.context import Context
from verification.models import Enrolment, Failure


def methods_of(person: Person) -> list[str]:
    rows = Enrolment.objects.filter(user=person.user, confirmed=True).order_by("pk")
    return list(rows.values_list("method", flat=True))


def default_of(person: Person) -> str:
    return str(Enrolment.objects.get(user=person.user, is_default=True).method)


def at_methods(person: Person) -> Page:
    """Sign in and open the list of methods."""
    return person.sign_in(to="/sign-in/?next=/methods/")


def card(page: Page, label: str) -> str:
    """Return the HTML of a method's card."""
    found: list[str] = re.findall(rf'aria-label="{re.escape(label)}.*?</article>', page.html, re.DOTALL)
    return found[0]


def app_code(enrolment: Enrolment) -> str:
    return f"{totp(enrolment.secret):06d}"


def fresh_context() -> Context:
    return Context(now=timezone.now())


def switch_off(person: Person, method: str) -> None:
    now = timezone.now()
    Failure.objects.update_or_create(user=person.user, method=method, defaults={"consecutive": 30, "locked_at": now})
