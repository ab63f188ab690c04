"""Views for support actions on one user: preview, reason and ticket, then the result."""

import hashlib

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import request_context
from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
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
    execution,
    who_may_act_on_whom,
)
from accounts.support.views import page_layout, person_or_404


def action_named(name: str) -> Action:
    """Return an action by its name in the address, or a 404."""
    if name not in ACTIONS:
        raise Http404
    return ACTIONS[name]


@require_http_methods(["GET", "POST"])
def one(request: AuthedRequest, pk: int, name: str) -> HttpResponse:
    """Preview an action for one user, and do it when it is confirmed."""
    context, action, person = (
        request_context.read(request),
        action_named(name),
        person_or_404.visible_person(request, pk),
    )
    form = action.form_class(request.POST or None, initial=_suggested(request))
    form.offer(person, now=context.now)
    preview = action.preview(action_preview.of_person(person, now=context.now))
    permit = who_may_act_on_whom.authorise(request.user, person, action, context)
    refusal, is_recorded = permit if isinstance(permit, ActionRefusal) else None, False
    if request.method == "POST" and form.is_valid():
        asked = action_request(request, action, person, form)
        is_same = request.POST.get("seen", "") == _name(preview) and is_form_ref_good(request)
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
    return page_layout.page(request, "action.html", values, status=403 if refusal and form.is_bound else 200)


def _suggested(request: AuthedRequest) -> dict[str, str]:
    """Read values that another page of the desk suggests. The reason is never suggested."""
    return {name: request.GET[name][:64] for name in ("serial", "token_ref") if name in request.GET}


def _name(preview: list[str]) -> str:
    """Return a digest of the preview, so that a confirmation counts only for what was shown."""
    return hashlib.sha256("\n".join(preview).encode()).hexdigest()


def action_request(request: AuthedRequest, action: Action, person: User, form: ActionForm) -> ActionRequest:
    """Return what a valid form asks for."""
    return ActionRequest(
        action=action,
        staff=request.user,
        person=person,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        options=form.options(),
        form_ref=request.POST["form_ref"] if is_form_ref_good(request) else execution.new_form_ref(),
    )


def is_form_ref_good(request: AuthedRequest) -> bool:
    """Return whether the form is one of ours and not too old."""
    return execution.is_form_ref_good(request.POST.get("form_ref", ""))


def render_result(request: AuthedRequest, person: User, action: Action, result: ActionResult) -> HttpResponse:
    """Show the result of an action. A secret is shown here and nowhere else."""
    if result.secret:
        context = {"person": person, "secret": result.secret, "words": result.text}
        return page_layout.page(request, "temporary_access_pass.html", context)
    if result.state is ActionState.REFUSED:
        needs_caller = result.refusal is ActionRefusal.NO_CALLER
        context = {"action": action, "person": person, "refusal": result.text, "needs_caller": needs_caller}
        return page_layout.page(request, "action_refused.html", context, status=403)
    say = messages.success if result.state is ActionState.DONE else messages.info
    say(request, f"{action.label}: {result.text}", extra_tags=f"support:{result.state}")
    if action.effect is Effect.ERASES and result.state is ActionState.DONE:
        return redirect("admin:accounts_user_changelist")
    return redirect("admin:accounts_user_change", person.pk)
