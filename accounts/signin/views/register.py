"""Views of the first registration, required between password and session.

The steps: choose a method, verify it, add a second one, save recovery codes.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import provisioning, redirects
from accounts.models import User
from accounts.signin import challenge_in_progress, completing_sign_in, pending_sign_in, registration_and_deferral
from accounts.signin.pending_sign_in import Pending
from accounts.signin.views import method_setup_form, shared_by_second_step_views, verify
from verification import challenges, enrolments
from verification.context import Context
from verification.enrolments import Offer
from verification.outcomes import Outcome
from verification.policies import Decision, DecisionReason


def _opened(request: HttpRequest, pending: Pending, context: Context) -> tuple[User, Decision] | HttpResponse:
    """Return the user and decision, or a redirect if this sign-in may not register now."""
    if not pending.is_first:
        return redirect("signin:verify")
    user = shared_by_second_step_views.person_or_out(request, pending, context)
    if isinstance(user, HttpResponse):
        return user
    decision = registration_and_deferral.may_register(user, pending, context)
    if decision is None:
        return shared_by_second_step_views.out(request, _("Another method was set up for your account. Sign in again."))
    return user, decision


def _offers(decision: Decision, user_id: int) -> list[Offer]:
    rules = decision.rules
    return enrolments.registration_offers(rules.methods, user_id=user_id, may_claim=rules.stock_tokens)


def _steps() -> list[str]:
    return [_("Choose"), _("Verify"), _("Second method"), _("Recovery codes")]


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def register(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Offer the methods. One that needs no further input starts immediately."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    user, decision = opened
    offers = _offers(decision, user.pk)
    if request.method == "POST":
        usable = [offer for offer in offers if not offer.unavailable_reason]
        chosen = next((offer for offer in usable if offer.name == request.POST.get("method")), None)
        if chosen and chosen.form_class is not None:
            return redirect("signin:register-method", chosen.name)
        if chosen:
            return _begin(request, pending, context, user, decision, chosen, {})
    values = {"offers": offers, "steps": _steps(), "current": 1, "why": decision.reason, "pending": pending}
    values |= {"decision": decision, "account": user.get_username()}
    return render(request, "accounts/signin/register.html", values)


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def method_form(request: HttpRequest, pending: Pending, context: Context, method: str) -> HttpResponse:
    """Ask for what a method needs, such as a phone number."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    user, decision = opened
    offer = next((offer for offer in _offers(decision, user.pk) if offer.name == method), None)
    if offer is None or offer.form_class is None or offer.unavailable_reason:
        return redirect("signin:register")
    if request.method == "POST":
        return _begin(request, pending, context, user, decision, offer, method_setup_form.entered(request, user))
    return _form_page(request, pending, user, offer, offer.form_class())


def _form_page(request: HttpRequest, pending: Pending, user: User, offer: Offer, form: forms.Form) -> HttpResponse:
    values = {"offer": offer, "form": form, "steps": _steps(), "current": 3 if pending.is_proven else 1}
    values |= {"pending": pending, "suggestions": provisioning.suggested(user, offer.name)}
    return render(request, "accounts/signin/register_method.html", values)


def _begin(
    request: HttpRequest,
    pending: Pending,
    context: Context,
    user: User,
    decision: Decision,
    offer: Offer,
    fields: dict[str, Any],
) -> HttpResponse:
    outcome = challenges.enrol(
        user, offer.name, fields, binding=pending.id, context=context, rules=decision.rules, replaces=pending.handle
    )
    if outcome.problems and offer.form_class is not None:
        return _form_page(
            request, pending, user, offer, method_setup_form.again(request, offer.form_class, fields, outcome)
        )
    if not outcome.issued:
        shared_by_second_step_views.show_outcome(request, outcome, context)
        return redirect("signin:register")
    shared_by_second_step_views.asked(request, pending, outcome, context)
    return redirect("signin:register-prove")


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def prove(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Verify the new method. Only then does it count. The session key changes, because its rights rise."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    outcome: Outcome | None = None
    if request.method == "POST":
        outcome = challenge_in_progress.outcome_of_proof(verify.take(request, pending, context), pending, context)
        if outcome.proven and outcome.enrolment is not None:
            kept = pending.with_(
                enrolment_id=outcome.enrolment.pk,
                handle="",
                n_set_up=pending.n_set_up + 1,
                started=context.now.timestamp(),
            )
            request.session.cycle_key()
            pending_sign_in.keep(request, kept)
            return redirect("signin:register-second" if kept.n_set_up == 1 else "signin:register-codes")
    shown = verify.show(request, pending, context)
    if shown is None:
        return shared_by_second_step_views.choose_again(request, pending)
    values = verify.page_context(request, pending, shown, context, outcome)
    values |= {"steps": _steps(), "current": 3 if pending.is_proven else 2}
    return render(request, "accounts/signin/register_verify.html", values)


@require_http_methods(["GET"])
@shared_by_second_step_views.half_signed_in_required
def second(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Recommend a second method: anyone with only one is locked out if they lose it."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    user, decision = opened
    if not pending.is_proven:
        return redirect("signin:register")
    mine = enrolments.options(enrolments.confirmed(user.pk), decision.rules.methods, now=context.now)
    have = {option.method for option in mine}
    offers = enrolments.recommend(_offers(decision, user.pk), have=have)
    values = {
        "mine": mine,
        "offers": offers,
        "have": have,
        "has_backup": bool(enrolments.backup_method(decision.rules.methods)),
        "steps": _steps(),
        "current": 3,
        "pending": pending,
        "account": user.get_username(),
    }
    return render(request, "accounts/signin/register_second_method.html", values)


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def codes(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Create recovery codes. They are shown in the response to the POST and nowhere else."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    user, decision = opened
    if not pending.is_proven:
        return redirect("signin:register")
    backup = enrolments.backup_method(decision.rules.methods)
    if not backup:
        return redirect("signin:register-second")  # which ends by POST: a GET signs nobody in
    present = enrolments.recovery_code_set(user.pk, backup)
    values: dict[str, Any] = {"steps": _steps(), "current": 4, "person": user.get_username(), "replaces": present}
    values |= {"backup": backup, "n_new": enrolments.recovery_codes_in_set()}
    if request.method == "POST":
        replaces = request.POST.get("replaces", "")
        fresh = enrolments.issue_recovery_codes(user, context, method_name=backup, replaces=replaces)
        if not fresh:
            words = _("Your codes were shown once, and they work. Create new ones if you didn’t save them.")
            messages.info(request, words)
            return redirect("signin:register-codes")
        values["codes"] = [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in fresh]
    return render(request, "accounts/signin/register_recovery_codes.html", values)


@shared_by_second_step_views.half_signed_in_required
@redirects.button_on("signin:register-codes")
@require_POST
def done(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Complete registration: sign the user in with the method they verified during it."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    return _end(request, pending, context, opened[0]) if pending.is_proven else redirect("signin:register")


def _end(request: HttpRequest, pending: Pending, context: Context, user: User) -> HttpResponse:
    proven = enrolments.by_id(user.pk, pending.enrolment_id)
    if proven is None:
        return shared_by_second_step_views.out(request, _("The method that you set up was removed. Sign in again."))
    return completing_sign_in.finish(
        request,
        user,
        context,
        next_url=pending.next,
        why=pending.why,
        password_at=pending.started_at,
        enrolment=proven,
    )


@shared_by_second_step_views.half_signed_in_required
@redirects.button_on("signin:register")
@require_POST
def defer(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Let a user sign in without registering, as often and as long as policy allows."""
    opened = _opened(request, pending, context)
    if isinstance(opened, HttpResponse):
        return opened
    user, decision = opened
    if pending.is_proven or not registration_and_deferral.defer(user, context, decision):
        return redirect("signin:register")
    return completing_sign_in.finish(
        request, user, context, next_url=pending.next, why=DecisionReason.DEFERRED, password_at=pending.started_at
    )
