"""Views of hardware tokens: the list, one token, and changes to tokens without an owner."""

from collections.abc import Sequence
from dataclasses import replace

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import admin_changes, request_context
from accounts.admin_changes import ReasonPage
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import hardware_tokens_for_staff, people_in_desk_scopes, people_search
from accounts.support.hardware_tokens_for_staff import TokenRow
from accounts.support.people_search import NotOnePerson
from accounts.support.views import page_layout
from verification import hardware_token_stock, inputs
from verification.inputs import digits
from verification.models import HardwareToken

_PAGE_SIZE = 50  # tokens
STATES = (
    ("stock", gettext_lazy("In stock")),
    ("people", gettext_lazy("With people")),
    ("retired", gettext_lazy("Retired")),
)


class TokenRecipientForm(forms.Form):
    """Who gets a token."""

    user = forms.CharField(
        label=gettext_lazy("Username or email address"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter the person who gets it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )


def _may(request: AuthedRequest, right: str) -> None:
    if not request.user.has_perm(f"accounts.{right}"):
        raise PermissionDenied


def _rows(request: AuthedRequest, found: Sequence[HardwareToken]) -> list[TokenRow]:
    """Return the rows of tokens, without the names of users of another desk."""
    rows = [hardware_tokens_for_staff.row(token) for token in found]
    people = [row.person.pk for row in rows if row.person]
    seen = (
        set(people_in_desk_scopes.visible(request.user).filter(pk__in=people).values_list("pk", flat=True))
        if people
        else set()
    )
    return [row if row.person is None or row.person.pk in seen else replace(row, person=None) for row in rows]


def index(request: AuthedRequest) -> HttpResponse:
    """List the tokens that a search finds, by serial number."""
    _may(request, "view_tokens")
    text = digits.plain(inputs.shortened(request.GET.get("q", ""), max_length=64))
    state = request.GET.get("state", "")
    after = inputs.shortened(request.GET.get("after", ""), max_length=64)
    found = hardware_token_stock.search(text, state)
    rows = list((found.filter(serial__gt=after) if after else found)[: _PAGE_SIZE + 1])
    kept = {name: value for name, value in (("q", text), ("state", state)) if value}
    later = urlencode(kept | {"after": rows[_PAGE_SIZE - 1].serial}) if len(rows) > _PAGE_SIZE else ""
    context = {
        "rows": _rows(request, rows[:_PAGE_SIZE]),
        "q": text,
        "state": state,
        "states": STATES,
        "later": later,
        "first": urlencode(kept) if after else None,
        "is_search": bool(kept),
    }
    return page_layout.page(request, "hardware_tokens.html", context, here="tokens")


def _token(ref: str) -> HardwareToken:
    token = hardware_token_stock.of_ref(ref)
    if token is None:
        raise Http404
    return token


def show(request: AuthedRequest, ref: str) -> HttpResponse:
    """Show one token, with links to what can be done with it."""
    _may(request, "view_tokens")
    token = _token(ref)
    form = TokenRecipientForm(request.GET if "user" in request.GET else None)
    (row,) = _rows(request, [token])
    if form.is_bound and form.is_valid() and row.state == "stock":
        try:
            person = people_search.only(people_in_desk_scopes.visible(request.user), form.cleaned_data["user"])
        except NotOnePerson as why:
            form.add_error("user", str(why))
        else:
            address = resolve_url("admin:support-action", person.pk, "assign_token")
            return redirect(f"{address}?{urlencode({'serial': token.serial})}")
    context = {
        "row": row,
        "facts": hardware_tokens_for_staff.facts_of(token),
        "form": form,
        "is_mine_to_help": row.person is not None,
    }
    return page_layout.page(request, "hardware_token.html", context, here="tokens")


def retire(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Retire a token from the stock."""
    _may(request, "retire_token")
    token = _token(ref)

    def run(reason: str) -> None:
        if hardware_tokens_for_staff.retire(token, request.user, request_context.read(request), reason=reason):
            messages.success(request, _("The token is retired."))
        else:
            messages.info(request, _("Nothing was done: someone has this token, or it is already retired."))

    lines = (_("Nobody can be given this token."), _("You can return it to stock later."))
    return admin_changes.with_reason(request, _asked(token, _("Retire token"), lines, is_destructive=True), run)


def restore(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Return a retired token to the stock."""
    _may(request, "retire_token")
    token = _token(ref)

    def run(reason: str) -> None:
        if hardware_tokens_for_staff.restore(token, request.user, request_context.read(request), reason=reason):
            messages.success(request, _("The token is in stock again."))
        else:
            messages.info(request, _("Nothing was done: this token isn’t retired."))

    lines = (_("This token can be given to someone again."),)
    return admin_changes.with_reason(request, _asked(token, _("Return to stock"), lines), run)


def _asked(token: HardwareToken, button: str, lines: tuple[str, ...], *, is_destructive: bool = False) -> ReasonPage:
    return ReasonPage(
        title=f"{button}: {token.serial}",
        button=button,
        back=resolve_url("admin:token", token.ref),
        here="tokens",
        lines=lines,
        is_destructive=is_destructive,
    )
