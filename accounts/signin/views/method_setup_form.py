"""The form that sets up a method: a number that the directory suggests, and the problems that a number has."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import provisioning
from accounts.models import User
from verification import phone_numbers
from verification.outcomes import Outcome

SUGGESTION = "suggestion"  # the name of the button that uses a number of the person's directory


def entered(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what was entered to set up a method. A suggested number stands for the one that nobody typed."""
    fields: dict[str, Any] = request.POST.dict()
    if SUGGESTION not in fields:
        return fields
    number = provisioning.number_of(user, fields[SUGGESTION])
    return fields | {"number": number, "country": phone_numbers.country(number) if number else ""}


def again(request: HttpRequest, form_class: type[forms.Form], fields: dict[str, Any], outcome: Outcome) -> forms.Form:
    """Return the form of a method with its problems. A suggested number isn't shown in it, because it is masked."""
    if SUGGESTION not in request.POST:
        return with_problems(form_class(data=fields), outcome)
    words = [problem for problems in outcome.problems.values() for problem in problems]
    told = words[0] if words else _("This number can’t be used. Enter another one.")
    messages.error(request, told, extra_tags="sign_in:suggestion_refused")
    return form_class()


def with_problems(form: forms.Form, outcome: Outcome) -> forms.Form:
    """Add the engine's errors to the fields of a form, where the form itself found none."""
    for name, words in outcome.problems.items():
        if name in form.fields and name not in form.errors:
            form.add_error(name, list(words))
    return form
