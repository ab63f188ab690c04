"""The pages of the admin, as tests walk through them."""

from django.db.models import Model
from django.urls import reverse

from tests.every_page.admin_rows import SAMPLES
from tests.simulated.people import Person


def at(row: Model, verb: str) -> str:
    about = row._meta
    arguments = [] if verb in {"add", "changelist"} else [row.pk]
    address = reverse(f"admin:{about.app_label}_{about.model_name}_{verb}", args=arguments)
    return f"{address}?{SAMPLES[type(row)].asked}" if verb == "add" else address


def form_of(person: Person, address: str, **fields: str) -> dict[str, str]:
    """Open a page and return its form, filled in but not submitted."""
    form = next(each for each in person.browser.go(address).forms if "form_ref" in each.fields)
    return form.fields | {"reason": "A test wants it."} | fields
