"""The pages of the virtual phone and its few actions. They need no sign-in, because they exist in the demo only."""

import re
from datetime import datetime
from functools import partial
from typing import Protocol

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from verification.models.messages import Channel

from . import carrier_behaviour, screens
from .forms import BehaviourForm
from .models import Behaviour, Delivery

_PANELS = ("messages", "calls")
_PAGE = "virtual/phone.html"
_NUMBER_OR_ALL = re.compile(r"(\+[0-9]{3,15})?")  # of which a telephone has an address


class CallAction(Protocol):
    """An action in a call. It returns False if the call no longer allows it."""

    def __call__(self, delivery_id: int, /, *, now: datetime) -> bool: ...


@login_not_required
@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """Show all phones."""
    now = timezone.now()
    return render(
        request,
        "virtual/phone_list.html",
        {
            "screens": [screens.screen(phone.number, now=now) for phone in screens.phones()],
            "now": now,
            "mailbox": screens.mailbox(now=now),
            "number": "",
            "form": BehaviourForm(instance=carrier_behaviour.of_number(""), label_suffix=""),
        },
    )


@login_not_required
@require_GET
def telephone(request: HttpRequest, number: str) -> HttpResponse:
    """Show one phone with its messages."""
    return _telephone(request, number, "messages", _PAGE)


@login_not_required
@require_GET
def calls(request: HttpRequest, number: str) -> HttpResponse:
    """Show one phone with its list of calls."""
    return _telephone(request, number, "calls", _PAGE)


@login_not_required
@require_GET
def screen(request: HttpRequest, number: str) -> HttpResponse:
    """Return the screen alone, for a page that puts it in place of its old one."""
    panel = request.GET.get("panel", "")
    return _telephone(request, number, panel if panel in _PANELS else "messages", "virtual/phone_screen.html")


@login_not_required
@require_GET
def mail(request: HttpRequest, *, is_screen: bool = False) -> HttpResponse:
    """Show all mail, or only the list of it for a page that puts it in place of its old one."""
    template = "virtual/parts/mailbox.html" if is_screen else "virtual/mail.html"
    return render(request, template, {"mailbox": screens.mailbox(now=timezone.now())})


@login_not_required
@require_GET
def mail_state(request: HttpRequest) -> JsonResponse:
    """Say whether more mail has come."""
    mailbox = screens.mailbox(now=timezone.now())
    return JsonResponse({"version": mailbox.version, "n_messages": len(mailbox.cards)})


@login_not_required
@require_GET
def state(request: HttpRequest, number: str) -> JsonResponse:
    """Say whether the screen has changed."""
    shown = screens.screen(number, now=timezone.now())
    call = shown.call
    return JsonResponse(
        {
            "version": shown.version,
            "ringing": shown.ringing.id if shown.ringing else None,
            "call": {"id": call.id, "state": call.state, "lines": len(call.captions)} if call else None,
            "n_messages": len(shown.notes),
        }
    )


@login_not_required
@require_GET
def messages(request: HttpRequest) -> JsonResponse:
    """Return what has arrived, the newest first; `?to=` keeps one number (`+` may be missing) or email address."""
    to = request.GET.get("to", "").strip()
    if to and "@" not in to:
        to = f"+{to.lstrip('+')}"
    return JsonResponse(list(screens.latest(to=to, now=timezone.now())), safe=False)


@login_not_required
@require_POST
def behaviour(request: HttpRequest) -> HttpResponseBase:
    """Tell the network how to treat one number, or all."""
    number = request.POST.get("number", "")
    if not _NUMBER_OR_ALL.fullmatch(number):
        return JsonResponse({"problems": {"number": [_("This isn’t a phone number.")]}}, status=400)
    form = BehaviourForm(request.POST, instance=Behaviour(number=number))
    if not form.is_valid():
        return JsonResponse({"problems": form.errors}, status=400)
    carrier_behaviour.apply(form.save(commit=False))
    return _back(request, number, True)


@login_not_required
@require_POST
def answer(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Pick up."""
    return _action(request, call_id, carrier_behaviour.answer)


@login_not_required
@require_POST
def decline(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Refuse a ringing call."""
    return _action(request, call_id, carrier_behaviour.decline)


@login_not_required
@require_POST
def hang_up(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """End the call."""
    return _action(request, call_id, carrier_behaviour.hang_up)


@login_not_required
@require_POST
def dismiss(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Take an ended call from the screen."""
    return _action(request, call_id, carrier_behaviour.dismiss)


@login_not_required
@require_POST
def keys(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Press one or more keys."""
    pressed = request.POST.get("keys", "")
    return _action(request, call_id, partial(carrier_behaviour.press, keys=pressed))


def _action(request: HttpRequest, call_id: int, do: CallAction) -> HttpResponseBase:
    call = get_object_or_404(Delivery, pk=call_id, kind=Channel.CALL)
    return _back(request, call.to, do(call.pk, now=timezone.now()))


def _back(request: HttpRequest, number: str, is_done: bool) -> HttpResponseBase:
    """Answer a script in JSON, and lead everyone else back to the telephone."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"done": is_done}, status=200 if is_done else 409)
    return redirect("phone:telephone", number) if number else redirect("phone:phones")


def _telephone(request: HttpRequest, number: str, panel: str, template: str) -> HttpResponse:
    now = timezone.now()
    context = {"screen": screens.screen(number, now=now), "panel": panel, "number": number}
    if template == _PAGE:
        form = BehaviourForm(instance=carrier_behaviour.of_number(number), label_suffix="")
        context |= {"form": form, "phones": screens.phones()}
    else:
        context["is_alone"] = True
    return render(request, template, context)
