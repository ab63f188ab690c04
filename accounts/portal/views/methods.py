"""Views of a user's methods: list, add, rename, set the default, remove."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import provisioning, reauthentication, redirects, request_context
from accounts.access import stepping_up
from accounts.portal import method_recommendations, new_phone_move_in_session
from accounts.portal.method_name_form import NameForm
from accounts.sessions import ending_sessions
from accounts.sessions.session_assurance import AuthedRequest
from accounts.signin import verifying_again
from accounts.signin.views import method_setup_form, shared_by_second_step_views
from verification import challenges, enrolments, method_registry, policies
from verification.enrolments import Offer, Option
from verification.method_capabilities import AppGenerated
from verification.models import Enrolment, Purpose


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the methods and recommend what to add."""
    now = timezone.now()
    rules = policies.rules_for(request.user.pk)
    everything = enrolments.confirmed(request.user.pk)
    mine = enrolments.options(everything, rules.methods, now=now, voice_countries=rules.voice_countries)
    n_codes = enrolments.recovery_codes_left(request.user.pk)
    has_backup = bool(enrolments.backup_method(rules.methods))
    context = {
        "options": [option for option in mine if not option.is_backup],
        "backup": next((option for option in mine if option.is_backup), None),
        "announced": challenges.announce(request.user.pk),
        "forbidden": [
            (c.enrolment.ref, enrolments.label(c.enrolment))
            for c in everything
            if c.enrolment.method not in rules.methods
        ],
        "recommendations": method_recommendations.recommend(mine, n_codes=n_codes, has_backup=has_backup, now=now),
        "reassurance": method_recommendations.reassurance(mine),
        "n_codes": n_codes,
        "has_backup": has_backup,
        "here": "methods",
    }
    return render(request, "accounts/portal/methods.html", context)


def read_offers(request: AuthedRequest) -> tuple[policies.Rules, list[Offer]]:
    """Return the person's rules, and the methods that they can set up."""
    rules = policies.rules_for(request.user.pk)
    return rules, enrolments.registration_offers(rules.methods, user_id=request.user.pk, may_claim=rules.stock_tokens)


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def add(request: AuthedRequest) -> HttpResponse:
    """Offer the methods that can be set up. One that needs no further input starts immediately."""
    about = stepping_up.of(request)
    _rules, offers = read_offers(request)
    if about is not None:
        offers = [offer for offer in offers if offer.name in about.methods]
    usable = [offer for offer in offers if not offer.unavailable_reason]
    chosen = next((offer for offer in usable if offer.name == request.POST.get("method")), None)
    if chosen and chosen.form_class is not None:
        return redirect(f"{reverse('portal:method-set-up', args=[chosen.name])}{_carried(request)}")
    if chosen:
        return _begin(request, chosen, {})
    action = f"{reverse('portal:method-add')}{_carried(request)}"
    context = {"offers": offers, "here": "methods", "step_up": about, "action": action}
    return render(request, "accounts/portal/method_add.html", context)


def _carried(request: AuthedRequest) -> str:
    """Return the part of a URL that says for which application a method is set up, and what follows."""
    about = stepping_up.of(request)
    return f"?{urlencode({stepping_up.FOR: about.signed, redirects.NEXT: redirects.wanted(request)})}" if about else ""


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def set_up(request: AuthedRequest, method: str) -> HttpResponse:
    """Ask for what a method needs, such as a phone number."""
    _rules, offers = read_offers(request)
    offer = next((offer for offer in offers if offer.name == method), None)
    if offer is None or offer.form_class is None or offer.unavailable_reason:
        return redirect(f"{reverse('portal:method-add')}{_carried(request)}")
    if request.method == "POST":
        return _begin(request, offer, method_setup_form.entered(request, request.user))
    return _form_page(request, offer, offer.form_class())


def _form_page(request: AuthedRequest, offer: Offer, form: forms.Form) -> HttpResponse:
    places = {"action": f"{request.path}{_carried(request)}", "back": reverse("portal:method-add") + _carried(request)}
    context = {"offer": offer, "form": form, "here": "methods", **places}
    context["suggestions"] = provisioning.suggested(request.user, offer.name)
    return render(request, "accounts/portal/method_set_up.html", context)


def _begin(request: AuthedRequest, offer: Offer, fields: dict[str, Any]) -> HttpResponse:
    """Start a verification of the new method. It uses the same pages as the sign-in."""
    context = request_context.read(request)
    rules, _offered = read_offers(request)
    place = reverse(
        "portal:new-phone" if new_phone_move_in_session.moved_since(request.session, context.now) else "portal:methods"
    )
    about = stepping_up.of(request)
    pending = verifying_again.ask_again(
        request,
        request.user,
        context,
        purpose=Purpose.ENROL,
        next_url=(redirects.wanted(request) or place) if about else place,
        step_up=about.signed if about else "",
    )
    outcome = challenges.enrol(
        request.user, offer.name, fields, binding=pending.id, context=context, rules=rules, replaces=pending.handle
    )
    if outcome.problems and offer.form_class is not None:
        return _form_page(request, offer, method_setup_form.again(request, offer.form_class, fields, outcome))
    if not outcome.issued:
        shared_by_second_step_views.show_outcome(request, outcome, context)
        return redirect(f"{reverse('portal:method-add')}{_carried(request)}")
    shared_by_second_step_views.asked(request, pending, outcome, context)
    return redirect("signin:verify")


def mine(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass the user's own enrolment to a view. Anyone else's gives a 404."""

    def found(request: AuthedRequest, ref: str) -> HttpResponse:
        enrolment = enrolments.by_ref(request.user.pk, ref)
        if enrolment is None:
            raise Http404
        enrolment.user = request.user
        return view(request, enrolment)

    return found


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def rename(request: AuthedRequest, ref: str) -> HttpResponse:
    """Give a method a name of the user's own."""
    return _rename(request, ref)


@mine
def _rename(request: AuthedRequest, enrolment: Enrolment) -> HttpResponse:
    form = NameForm(
        request.POST or None,
        initial={"name": enrolment.name, "is_on_another_device": enrolment.is_on_another_device},
        may_be_elsewhere=method_registry.has(enrolment.method, AppGenerated),
    )
    if request.method == "POST" and form.is_valid():
        enrolments.rename(
            enrolment,
            form.cleaned_data["name"],
            request_context.read(request),
            is_on_another_device=form.cleaned_data.get("is_on_another_device", False),
        )
        messages.success(request, _("We saved your changes."), extra_tags="portal:saved")
        return redirect("portal:methods")
    context = {"form": form, "label": enrolments.label(enrolment), "here": "methods"}
    return render(request, "accounts/portal/method_rename.html", context)


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
@redirects.button_on("portal:methods")
def make_default(request: AuthedRequest, ref: str) -> HttpResponse:
    """Choose the method that is asked first."""
    return _make_default(request, ref)


@mine
def _make_default(request: AuthedRequest, enrolment: Enrolment) -> HttpResponse:
    enrolments.make_default(enrolment, request_context.read(request))
    words = _("Your default method is now: %(label)s.") % {"label": enrolments.label(enrolment)}
    messages.success(request, words, extra_tags="portal:default_changed")
    return redirect("portal:methods")


@require_http_methods(["GET", "POST"])
@reauthentication.required_for_own
def remove(request: AuthedRequest, ref: str) -> HttpResponse:
    """Remove a method after confirmation, unless the organisation requires one and this is the last."""
    return _remove(request, ref)


@mine
def _remove(request: AuthedRequest, enrolment: Enrolment) -> HttpResponse:
    if request.method == "GET":
        return render(
            request, "accounts/portal/method_remove.html", {"label": enrolments.label(enrolment), "here": "methods"}
        )
    if take_away(request, enrolment):
        words = _("We removed the method and ended all your other sessions.")
        messages.success(request, words, extra_tags="portal:method_removed")
    else:
        messages.warning(
            request,
            _("This is your last method, and your organisation requires one. Add another method first."),
            extra_tags="portal:last_method",
        )
    return redirect("portal:methods")


def take_away(request: AuthedRequest, enrolment: Enrolment) -> bool:
    """Remove an enrolment and keep this session, which has recently verified, in the new epoch."""
    rules = policies.rules_for(request.user.pk)
    with transaction.atomic():
        removed = enrolments.remove(
            enrolment,
            request_context.read(request),
            allowed=rules.methods,
            one_must_stay=enrolments.must_keep_one(request.user),
        )
        if removed:
            ending_sessions.carry_over(request, request.user)
    return removed


def read_options(request: AuthedRequest, rules: policies.Rules) -> tuple[Option, ...]:
    """Return the methods that the person has set up."""
    return enrolments.options(
        enrolments.confirmed(request.user.pk), rules.methods, now=timezone.now(), voice_countries=rules.voice_countries
    )
