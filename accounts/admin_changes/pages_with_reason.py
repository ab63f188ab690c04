"""Our own pages in the admin: read-only ones, and those that ask for a reason and then act."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import admin_site, reauthentication
from accounts.admin_changes.forms_with_reason import (
    ReasonForm,
    Repeated,
    spend,
)
from accounts.sessions.session_assurance import AuthedRequest


class ChangeRefused(Exception):
    """A change is refused when it is checked again. The message says why, and what would help."""


_View = Callable[..., HttpResponseBase]


def reads(view: _View) -> _View:
    """Mark a view as read-only: it refuses POST."""
    page = require_safe(cast("Any", view))
    page.rule = "reads"
    return cast("_View", page)


def acts(view: _View) -> _View:
    """Mark a view as one that acts: it needs a recent verification."""
    page = wraps(view)(reauthentication.required(cast("Any", view)))
    page.rule = "acts"  # type: ignore[attr-defined]  # read by the test that walks the admin
    return cast("_View", page)


@dataclass(frozen=True, kw_only=True)
class ReasonPage:
    """The text of a page that asks for a reason. `back` is where Cancel leads."""

    title: str
    button: str
    back: str
    here: str
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()  # fields of the previous page, to be submitted again
    is_destructive: bool = False


def with_reason(
    request: AuthedRequest,
    asked: ReasonPage,
    run: Callable[[str], HttpResponseBase | None],
    *,
    form: ReasonForm | None = None,
    counted: AbstractContextManager[None] | None = None,
) -> HttpResponseBase:
    """Ask for a reason, then run the change once, in one transaction. If `run` returns nothing, redirect back.

    `run` writes the audit event. `form` has more fields than the reason. `counted` counts the change before its
    transaction. Errors: both may raise `ChangeRefused`.
    """
    if form is None:
        form = ReasonForm(request.POST if "form_ref" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            with counted or nullcontext(), transaction.atomic():
                spend(form)
                answer = run(form.cleaned_data["reason"])
        except Repeated:
            words = _("You’ve already sent this form, and it was applied. Open the page again.")
            form.add_error(None, ValidationError(words, code="repeated"))
        except ChangeRefused as why:
            form.add_error(None, ValidationError(str(why), code="refused"))
        except IntegrityError:
            form.add_error(None, _("Someone else has already saved this, so nothing was saved. Open the page again."))
        else:
            return answer or redirect(asked.back)
    frame = admin_site.frame(request, asked.here)
    return render(request, "accounts/support/reason_before_action.html", frame | {"asked": asked, "form": form})
