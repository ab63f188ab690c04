"""The situations that users choose from, and the diagnosis of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from helpcenter.diagnosis.app_passwords import app_password
from helpcenter.diagnosis.codes import code_refused, lost_phone
from helpcenter.diagnosis.findings import Finding, View
from helpcenter.diagnosis.messages import new_number, no_message
from helpcenter.diagnosis.sign_ins import asked_again, closed, strange
from verification import challenges, policies
from verification.context import Context
from verification.models import Kind, Message, MessageState, State


@dataclass(frozen=True)
class Situation:
    """A problem that a user can choose."""

    key: str
    label: Any
    look: Callable[[View], Iterator[Finding]]


def view(user: User, context: Context, *, is_half: bool, binding: str = "") -> View:
    """Collect what a diagnosis looks at. If half signed in, only messages of the sign-in `binding` count."""
    sent = Message.objects.select_related("challenge").filter(user=user, kind__in=[Kind.TEXT, Kind.CALL])
    if is_half:
        never_sent = Q(state__in=[MessageState.QUEUED, MessageState.EXPIRED]) & ~Q(challenge__state=State.OPEN)
        sent = sent.filter(challenge__in=challenges.of_binding(user, binding)).exclude(never_sent)
    decision = policies.decide(user, Context(now=context.now))
    return View(
        user=user, context=context, decision=decision, message=sent.order_by("-created_at").first(), is_half=is_half
    )


def find(situation: Situation, seen: View) -> list[Finding]:
    """Return the findings, most urgent first. There is always at least one."""
    found = [*closed(seen), *situation.look(seen)]
    return found or [_nothing()]


@dataclass(frozen=True)
class Trial:
    """A test text or call that a user can send themselves, to see whether it arrives."""

    ref: str
    label: str


def trials(situation: Situation, seen: View) -> list[Trial]:
    """Return a trial for each option that sends messages, to signed-in users whose question is about messages."""
    if situation.key not in {"no-message", "new-number"} or seen.is_half:
        return []
    return [
        Trial(option.ref, option.label)
        for option in seen.decision.options
        if option.needs_delivery and not option.unavailable_reason and not option.is_locked
    ]


def _nothing() -> Finding:
    sees = _("Nothing is wrong on our side: no lock, no limit, no failed message.")
    return Finding(
        kind="good", sees=sees, does=_("Try it once more. If it fails, ask company support."), slug="still-stuck"
    )


SITUATIONS = {
    each.key: each
    for each in (
        Situation("no-message", gettext_lazy("I am not receiving a text or call"), no_message),
        Situation("code-refused", gettext_lazy("My code is refused"), code_refused),
        Situation("lost-phone", gettext_lazy("I lost my phone"), lost_phone),
        Situation("new-number", gettext_lazy("I got a new number"), new_number),
        Situation("app-password", gettext_lazy("My app password does not work"), app_password),
        Situation("asked-again", gettext_lazy("I am asked again and again, or not asked"), asked_again),
        Situation("strange", gettext_lazy("I see a prompt that I did not start"), strange),
    )
}
