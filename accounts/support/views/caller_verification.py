"""Views for verifying a caller: choose a method, enter the code they read out, or vouch for a call back."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import request_context
from accounts.models import CallerCheck, User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import caller_verification
from accounts.support.actions import ranks
from accounts.support.views import page_layout, person_or_404
from verification import challenges, outcomes
from verification.delivery import message_status_words
from verification.inputs import LineField


class CallBackForm(forms.Form):
    """How staff identified the person they called back."""

    note = LineField(
        label=gettext_lazy("How did you verify the caller?"),
        max_length=200,
        help_text=gettext_lazy(
            "Say where you found the number, such as “personnel file”. Don’t enter the number itself."
        ),
        error_messages={"required": gettext_lazy("Say how you verified the caller.")},
    )

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if sum(sign.isdigit() for sign in note) > 5:
            raise forms.ValidationError(_("Remove the phone number. This note stays in the audit log permanently."))
        return note


def _may(request: AuthedRequest, person: User) -> None:
    staff = request.user
    if not ranks.may_speak_for(person, staff) or not staff.has_perm("accounts.verify_caller"):
        raise PermissionDenied


def _check_minutes() -> int:
    return caller_verification.CHECK_LIFE // timedelta(minutes=1)


@require_http_methods(["GET", "POST"])
def choose(request: AuthedRequest, pk: int) -> HttpResponse:
    """Offer the methods to verify this caller, and start the chosen one. A GET sends nothing."""
    context, person = request_context.read(request), person_or_404.visible_person(request, pk)
    _may(request, person)
    form = CallBackForm(request.POST if request.POST.get("caller_method") == caller_verification.CALL_BACK else None)
    if form.is_bound and form.is_valid():
        caller_verification.vouch(request.user, person, form.cleaned_data["note"], context)
        if ranks.is_staff(person):  # otherwise their page says it, for as long as it is valid
            said = _("Call back recorded. A colleague can act on it for %(n)d minutes; you can’t.")
            messages.success(request, said % {"n": _check_minutes()}, extra_tags="support:vouched")
        return redirect("admin:accounts_user_change", person.pk)
    if request.method == "POST" and not form.is_bound:
        begun = caller_verification.begin(request.user, person, request.POST.get("caller_method", ""), context)
        if isinstance(begun, CallerCheck):
            return redirect("admin:support-caller", person.pk, begun.ref)
        words = outcomes.words(begun, now=context.now)
        messages.warning(request, f"{words.title}. {words.text}")
    values = {
        "person": person,
        "methods": [
            method
            for method in caller_verification.methods(person, now=context.now)
            if method.key != caller_verification.CALL_BACK
        ],
        "form": form,
        "call_back": caller_verification.CALL_BACK,
        "is_staff": ranks.is_staff(person),
        "minutes": _check_minutes(),
    }
    return page_layout.page(request, "caller_verification_choose_method.html", values)


@require_http_methods(["GET", "POST"])
def prove(request: AuthedRequest, pk: int, ref: str) -> HttpResponse:
    """Check the code that the caller reads out."""
    context, person = request_context.read(request), person_or_404.visible_person(request, pk)
    _may(request, person)
    check = caller_verification.begun(request.user, person, ref, now=context.now)
    if check is None:
        raise Http404
    words = None
    if request.method == "POST":
        outcome = caller_verification.answer(check, request.POST.get("code", ""), context)
        if outcome.proven:
            return redirect("admin:accounts_user_change", person.pk)
        words = outcomes.words(outcome, now=context.now)
    shown = challenges.show(check.handle, binding=check.binding, now=context.now)
    sent = shown.message if shown and shown.needs_delivery else None
    values = {
        "person": person,
        "check": check,
        "shown": shown,
        "words": words,
        "report": message_status_words.explain(sent) if sent else None,
        "sent": sent,
    }
    return page_layout.page(request, "caller_verification_enter_code.html", values)
