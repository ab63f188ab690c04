"""View of the second step: enter the code, or approve the call."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import redirects
from accounts.access import stepping_up
from accounts.models import User
from accounts.sessions import session_store
from accounts.signin import challenge_in_progress, completing_sign_in, pending_sign_in, verifying_again
from accounts.signin.pending_sign_in import Pending
from accounts.signin.views import shared_by_second_step_views
from verification import challenges, enrolments, outcomes, policies
from verification.challenges import Shown
from verification.context import Context
from verification.db import batched_writes
from verification.delivery import message_status_words
from verification.models import ChallengeState, Enrolment, Purpose
from verification.models.challenges import ALIVE
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict, VerdictText


@require_http_methods(["GET", "POST"])
@shared_by_second_step_views.half_signed_in_required
def verify(request: HttpRequest, pending: Pending, context: Context) -> HttpResponse:
    """Show the current challenge and check the answer. Reloading the page sends nothing again."""
    if pending.is_first:
        return redirect("signin:register-prove" if pending.handle else "signin:register")
    outcome = None
    if request.method == "POST":
        if pending.purpose == Purpose.ENROL:  # a correct code sets it up, whatever follows
            user = shared_by_second_step_views.person_or_out(request, pending, context)
            if isinstance(user, HttpResponse):
                return user
        answered = _Answered(request, pending, context)
        outcome = answered.take()
        if answered.response is not None:
            return answered.response
    return _page(request, pending, context, outcome)


class _Answered:
    """One answer, and what follows it: a correct one signs in, in the transaction that uses it up."""

    def __init__(self, request: HttpRequest, pending: Pending, context: Context) -> None:
        self.request, self.pending, self.context = request, pending, context
        self.response: HttpResponse | None = None
        self._visitor = request.user

    def take(self) -> Outcome:
        """Check the answer, and do what it was for if it is correct."""
        alongside = challenges.Alongside(first=self._first, then=self._then, undo=self._undo)
        with pending_sign_in.undone_on_failure(self.request):
            outcome = take(self.request, self.pending, self.context, alongside)
        return challenge_in_progress.outcome_of_proof(outcome, self.pending, self.context)

    def _first(self, user: Person, enrolment: Enrolment) -> None:
        if isinstance(user, User) and completing_sign_in.signs_in(user, enrolment, self.pending, self.context):
            completing_sign_in.note_sign_in(user, self.context)

    def _then(self, outcome: Outcome) -> bool:
        """Continue with what the verification was for. Return whether that recorded the proof."""
        checked = challenge_in_progress.outcome_of_proof(outcome, self.pending, self.context)
        if not checked.proven:
            return False
        user, pending, enrolment = challenge_in_progress.proven_person(checked), self.pending, outcome.enrolment
        if not completing_sign_in.signs_in(user, enrolment, pending, self.context):
            batched_writes.flush()  # sure of the proof, because what follows may leave words for the next page
            self.response = _go_on(self.request, user, pending, outcome, self.context)
            return False
        self.response = completing_sign_in.finish(
            self.request,
            user,
            self.context,
            next_url=redirects.wanted(self.request) or pending.next,
            why=pending.why,
            password_at=pending.started_at,
            enrolment=enrolment,
            remember_days=pending.remember_days if self.request.POST.get("remember") else 0,
            challenge=outcome.handle,
        )
        return True

    def _undo(self) -> None:
        """Forget a sign-in that was prepared while another request used up the same code."""
        pending_sign_in.forget_changes(self.request)
        self.request.user, self.response = self._visitor, None


def _go_on(request: HttpRequest, user: User, pending: Pending, outcome: Outcome, context: Context) -> HttpResponse:
    """Continue after a verification that signs nobody in."""
    if pending.purpose == Purpose.SIGN_IN:
        request.session.cycle_key()
        pending_sign_in.keep(
            request,
            pending.with_(
                is_first=True,
                has_proven_former=True,
                handle="",
                next=redirects.wanted(request) or pending.next,
                started=context.now.timestamp(),
            ),
        )
        return redirect("signin:register")
    if pending.purpose == Purpose.FRESH and outcome.enrolment is not None:
        verifying_again.freshen(request, user, context, outcome.enrolment, step_up=pending.step_up)
        session_store.keep(request.session)  # with the proof, which is not recorded if the session has ended
        return redirects.go_on(redirects.wanted(request) or pending.next)
    pending_sign_in.wipe(request)
    if pending.purpose == Purpose.ENROL and pending.step_up and outcome.enrolment is not None:
        # They verified with the strongest method that they had, and now with the new one: asking again adds nothing.
        verifying_again.freshen(request, user, context, outcome.enrolment)
    also = enrolments.companions_text(outcome.enrolment) if pending.purpose == Purpose.ENROL else ""
    messages.success(request, f"{_('It works.')} {also}".strip(), extra_tags="portal:method_works")
    return redirects.go_on(pending.next)


_MAX_ANSWER_LENGTH = 16_384  # characters; a passkey's answer has a few hundred


def take(
    request: HttpRequest, pending: Pending, context: Context, alongside: challenges.Alongside | None = None
) -> Outcome:
    """Pass the answer to the engine. A form without a code asks whether the call was approved."""
    code, loaded = request.POST.get("code", ""), session_store.take_challenge(request.session)
    if code.strip():
        return challenges.answer(
            pending.handle,
            code[:_MAX_ANSWER_LENGTH],
            binding=pending.id,
            context=context,
            alongside=alongside,
            loaded=loaded,
        )
    return challenges.collect(pending.handle, binding=pending.id, context=context, alongside=alongside, loaded=loaded)


def show(request: HttpRequest, pending: Pending, context: Context) -> Shown | None:
    """Return what a page shows of the challenge of a verification in progress."""
    loaded = session_store.take_challenge(request.session)
    return challenges.show(pending.handle, binding=pending.id, now=context.now, loaded=loaded)


def _page(request: HttpRequest, pending: Pending, context: Context, outcome: Outcome | None) -> HttpResponse:
    shown = show(request, pending, context)
    if shown is not None and shown.state == ChallengeState.DENIED:
        return shared_by_second_step_views.sign_in_refused(request, policies.DecisionReason.LOCKED)
    user = shared_by_second_step_views.person_or_out(
        request, pending, context, read=shown.user if shown is not None else None
    )
    if isinstance(user, HttpResponse):
        return user
    if shown is None:
        return shared_by_second_step_views.choose_again(request, pending)
    everything = policies.decide(user, context)
    decision = challenge_in_progress.narrowed(everything, pending.step_up, context)
    values = page_context(request, pending, shown, context, outcome)
    may_choose = pending.purpose in {Purpose.SIGN_IN, Purpose.FRESH}
    values["step_up"] = stepping_up.read(pending.step_up) if decision.options != everything.options else None
    others = [option for option in decision.options if may_choose and option.ref != shown.ref]
    values["others"] = [option for option in others if not option.is_locked]
    values["are_others_locked"] = bool(others) and not values["others"]
    # Why the default option is not used. The page of all options tells about the others.
    values["outages"] = [o.unavailable_reason for o in decision.options if o.unavailable_reason and o.is_default]
    return render(request, "accounts/signin/verify.html", values)


def page_context(
    request: HttpRequest, pending: Pending, shown: Shown, context: Context, outcome: Outcome | None
) -> dict[str, Any]:
    """Return the template context of a challenge's page."""
    words, error, verdict = None, "", outcome.verdict if outcome else ended(shown)
    if outcome is not None:
        if outcome.verdict is Verdict.PENDING and not shown.is_approval:
            error = _("Enter the code.")
        else:
            words = _words(outcome, shown, context)
    elif not shown.is_alive:
        words = _words(Outcome(verdict=ended(shown)), shown, context)
    report = message_status_words.explain(shown.message)
    return {
        "error": error,
        "remember_days": pending.remember_days if shown.may_be_remembered else 0,
        "is_remembering": bool(request.POST.get("remember")),
        "shown": shown,
        "report": report,
        "failed_call": shown.is_approval and report.is_bad,
        "words": words,
        "verdict": verdict,
        "is_bad": outcome is not None and outcome.verdict not in {Verdict.PENDING, Verdict.REPLACED, Verdict.MISREAD},
        "can_resend": shown.can_be_sent_again,
        "pending": pending,
        "account": shown.account,
        "next": redirects.wanted(request),
        "carried": redirects.carried(request),
    }


def _words(outcome: Outcome, shown: Shown, context: Context) -> VerdictText:
    """Put an outcome into words that fit the page: where nothing is sent, an expired code can't be sent again."""
    is_over = outcome.verdict is Verdict.EXPIRED and not shown.can_be_sent_again
    verdict = Verdict.GONE if is_over else outcome.verdict
    told = replace(outcome, verdict=verdict, retry_at=outcome.retry_at or shown.retry_at)
    return outcomes.words(told, now=context.now)


def ended(shown: Shown) -> Verdict:
    """Return the verdict of a challenge that takes no more answers."""
    if shown.state == ChallengeState.DENIED:
        return Verdict.DENIED
    if shown.state == ChallengeState.ENDED or (shown.state == ChallengeState.OPEN and shown.tries_left == 0):
        return Verdict.ENDED
    return Verdict.EXPIRED if shown.is_expired and shown.state in ALIVE else Verdict.GONE
