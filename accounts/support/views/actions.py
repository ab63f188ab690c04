"""Views for support actions on one user or many: preview, reason and ticket, then the result."""

import hashlib
from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import redirects, request_context
from accounts.models import User
from accounts.session_assurance import AuthedRequest
from accounts.support import desk_scopes, people_search
from accounts.support.actions import (
    ACTIONS,
    Action,
    ActionForm,
    ActionRefusal,
    ActionRequest,
    ActionResult,
    ActionState,
    Effect,
    Permit,
    action_preview,
    authorise,
    execution,
)
from accounts.support.views import layout, search_filters
from verification import inputs
from verification.context import Context


def _action(name: str) -> Action:
    if name not in ACTIONS:
        raise Http404
    return ACTIONS[name]


@require_http_methods(["GET", "POST"])
def one(request: AuthedRequest, pk: int, name: str) -> HttpResponse:
    """Preview an action for one user, and do it when it is confirmed."""
    context, action, person = request_context.read(request), _action(name), layout.case_of(request, pk)
    form = action.form_class(request.POST or None, initial=_suggested(request))
    form.offer(person, now=context.now)
    preview = action.preview(action_preview.of_person(person, now=context.now))
    permit = authorise.authorise(request.user, person, action, context)
    refusal, is_recorded = permit if isinstance(permit, ActionRefusal) else None, False
    if request.method == "POST" and form.is_valid():
        asked = _asked(request, action, person, form)
        is_same = request.POST.get("seen", "") == _name(preview) and _is_form_ref_good(request)
        if is_same or refusal or execution.was_sent(asked):
            result = execution.execute(asked, permit, context)
            if result.state is not ActionState.REFUSED and not result.is_form_kept:
                return render_result(request, person, action, result)
            if result.is_form_kept:
                form.add_error(result.field, ValidationError(result.text, code=str(result.state)))
            else:
                refusal, is_recorded = result.refusal, True
        else:
            messages.warning(
                request, _("Something changed since you opened this page. Check the preview again, then confirm.")
            )
    values = {
        "action": action,
        "person": person,
        "form": form,
        "preview": preview,
        "seen": "" if refusal else _name(preview),  # a form that was refused shows no preview
        "is_idle": preview == action_preview.or_none([]),
        "refusal": refusal.advice if refusal else "",
        "is_recorded": is_recorded,
        "needs_caller": refusal is ActionRefusal.NO_CALLER,
        "form_ref": execution.new_form_ref(),
        "is_asked_of_a_second": isinstance(permit, Permit) and permit.needs_second,
    }
    return layout.page(request, "action.html", values, status=403 if refusal and form.is_bound else 200)


def _suggested(request: AuthedRequest) -> dict[str, str]:
    """Read values that another page of the desk suggests. The reason is never suggested."""
    return {name: request.GET[name][:64] for name in ("serial", "token_ref") if name in request.GET}


def _name(preview: list[str]) -> str:
    """Return a digest of the preview, so that a confirmation counts only for what was shown."""
    return hashlib.sha256("\n".join(preview).encode()).hexdigest()


def _asked(request: AuthedRequest, action: Action, person: User, form: ActionForm) -> ActionRequest:
    return ActionRequest(
        action=action,
        staff=request.user,
        person=person,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        options=form.options(),
        form_ref=request.POST["form_ref"] if _is_form_ref_good(request) else execution.new_form_ref(),
    )


def _is_form_ref_good(request: AuthedRequest) -> bool:
    return execution.is_form_ref_good(request.POST.get("form_ref", ""))


def render_result(request: AuthedRequest, person: User, action: Action, result: ActionResult) -> HttpResponse:
    """Show the result of an action. A secret is shown here and nowhere else."""
    if result.secret:
        context = {"person": person, "secret": result.secret, "words": result.text}
        return layout.page(request, "temporary_access_pass.html", context)
    if result.state is ActionState.REFUSED:
        needs_caller = result.refusal is ActionRefusal.NO_CALLER
        context = {"action": action, "person": person, "refusal": result.text, "needs_caller": needs_caller}
        return layout.page(request, "action_refused.html", context, status=403)
    say = messages.success if result.state is ActionState.DONE else messages.info
    say(request, f"{action.label}: {result.text}", extra_tags=f"support:{result.state}")
    if action.effect is Effect.ERASES and result.state is ActionState.DONE:
        return redirect("admin:accounts_user_changelist")
    return redirect("admin:accounts_user_change", person.pk)


@redirects.button_on("admin:accounts_user_changelist")
@require_POST
def many(request: AuthedRequest) -> HttpResponse:
    """Preview an action for the users chosen in the list, and do it when it is confirmed."""
    context = request_context.read(request)
    if not request.POST.get("action"):
        messages.warning(request, _("Choose an action for the people that you selected."))
        return redirect("admin:accounts_user_changelist")
    action = _action(request.POST["action"])
    if not action.supports_bulk:
        raise Http404
    chosen = _chosen(request, context)
    if not chosen:
        messages.warning(request, _("Select at least one person in the list."))
        return redirect("admin:accounts_user_changelist")
    is_confirmed = "confirmed" in request.POST
    permits = {pk: each.permit(action) for pk, each in authorise.access_to_many(request.user, chosen, context).items()}
    form = action.form_class(request.POST if is_confirmed else None)
    if is_confirmed and not _is_form_ref_good(request):
        messages.warning(request, _("This page was open for too long. Check the preview again, then confirm."))
    elif is_confirmed and form.is_valid():
        results = [
            (person, execution.execute(_asked(request, action, person, form), permits[person.pk], context))
            for person in chosen
        ]
        states = [result.state for _person, result in results]
        done = {f"n_{state}": states.count(state) for state in ActionState}
        return layout.page(request, "bulk_action_done.html", {"action": action, "results": results} | done)
    refusals = {person: why for person in chosen if isinstance(why := permits[person.pk], ActionRefusal)}
    waiting = [person for person in chosen if isinstance(permit := permits[person.pk], Permit) and permit.needs_second]
    at_once = [person for person in chosen if person not in refusals and person not in waiting]
    included = User.objects.filter(pk__in=[person.pk for person in at_once or waiting])
    values = {
        "action": action,
        "people": chosen,
        "form": form,
        "preview": action.preview(action_preview.of_many(included, now=context.now)),
        "chosen": ",".join(str(person.pk) for person in chosen),
        "kept_out": _by_reason(refusals),
        "n_kept_out": len(refusals),
        "waiting": [person.username for person in waiting],
        "n_waiting": len(waiting),
        "n_at_once": len(at_once),
        "n_open": len(chosen) - len(refusals),
        "form_ref": execution.new_form_ref(),
    }
    return layout.page(request, "bulk_action.html", values)


def _by_reason(refusals: Mapping[User, ActionRefusal]) -> list[tuple[str, list[str]]]:
    """Return each reason once, with the usernames of those it keeps out."""
    reasons = dict.fromkeys(refusals.values())
    return [(why.advice, [p.username for p, each in refusals.items() if each is why]) for why in reasons]


def _chosen(request: AuthedRequest, context: Context) -> list[User]:
    """Return the chosen users: those marked, or all that the search finds."""
    if "all" in request.POST:
        found = people_search.matching(request.user, search_filters.read(request.POST), now=context.now)
    else:
        marked = inputs.numbers(request.POST.getlist("people"), most=search_filters.MAX_PEOPLE_PER_ACTION)
        found = desk_scopes.visible(request.user).filter(pk__in=marked)
    return list(found.order_by("username")[: search_filters.MAX_PEOPLE_PER_ACTION])
