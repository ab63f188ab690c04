"""Views for a support action on many users: preview, who is left out and why, then the results."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import redirects, request_context
from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import people_in_desk_scopes, people_search
from accounts.support.actions import ActionRefusal, ActionState, Permit, action_preview, execution, who_may_act_on_whom
from accounts.support.views import actions, page_layout
from verification import inputs
from verification.context import Context

MAX_PEOPLE_PER_ACTION = 500  # users that one bulk action takes


@redirects.button_on("admin:accounts_user_changelist")
@require_POST
def preview_and_do(request: AuthedRequest) -> HttpResponse:
    """Preview an action for the users chosen in the list, and do it when it is confirmed."""
    context = request_context.read(request)
    if not request.POST.get("action"):
        messages.warning(request, _("Choose an action for the people that you selected."))
        return redirect("admin:accounts_user_changelist")
    action = actions.action_named(request.POST["action"])
    if not action.supports_bulk:
        raise Http404
    chosen = _chosen(request, context)
    if not chosen:
        messages.warning(request, _("Select at least one person in the list."))
        return redirect("admin:accounts_user_changelist")
    is_confirmed = "confirmed" in request.POST
    permits = {
        pk: each.permit(action)
        for pk, each in who_may_act_on_whom.access_to_many(request.user, chosen, context).items()
    }
    form = action.form_class(request.POST if is_confirmed else None)
    if is_confirmed and not actions.is_form_ref_good(request):
        messages.warning(request, _("This page was open for too long. Check the preview again, then confirm."))
    elif is_confirmed and form.is_valid():
        results = [
            (
                person,
                execution.execute(actions.action_request(request, action, person, form), permits[person.pk], context),
            )
            for person in chosen
        ]
        states = [result.state for _person, result in results]
        done = {f"n_{state}": states.count(state) for state in ActionState}
        return page_layout.page(request, "bulk_action_done.html", {"action": action, "results": results} | done)
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
    return page_layout.page(request, "bulk_action.html", values)


def _by_reason(refusals: Mapping[User, ActionRefusal]) -> list[tuple[str, list[str]]]:
    """Return each reason once, with the usernames of those it keeps out."""
    reasons = dict.fromkeys(refusals.values())
    return [(why.advice, [p.username for p, each in refusals.items() if each is why]) for why in reasons]


def _chosen(request: AuthedRequest, context: Context) -> list[User]:
    """Return the chosen users: those marked, or all that the search finds."""
    if "all" in request.POST:
        found = people_search.matching(request.user, people_search.read(request.POST), now=context.now)
    else:
        marked = inputs.numbers(request.POST.getlist("people"), most=MAX_PEOPLE_PER_ACTION)
        found = people_in_desk_scopes.visible(request.user).filter(pk__in=marked)
    return list(found.order_by("username")[:MAX_PEOPLE_PER_ACTION])
