"""Verifications of someone who is signed in: for a sensitive action, a step-up, or to try a method out."""

from django.http import HttpRequest
from django_otp import login as otp_login

from accounts.access import max_step_up_rounds, stepping_up
from accounts.models import User
from accounts.sessions import session_assurance
from accounts.signin import challenge_in_progress, pending_sign_in
from accounts.signin.pending_sign_in import Pending
from verification.context import Context
from verification.models import Enrolment, Purpose


def freshen(request: HttpRequest, user: User, context: Context, enrolment: Enrolment, *, step_up: str = "") -> None:
    """Record that a signed-in user has verified again. The session key changes with the higher assurance."""
    pending_sign_in.wipe(request)
    if (about := stepping_up.read(step_up)) is not None and not about.is_setup:
        max_step_up_rounds.count(request, about.slug, context.now)
    request.session.cycle_key()
    enrolment.user = user
    otp_login(request, enrolment)
    session_assurance.add(request, user, enrolment.method, at=context.now, until=enrolment.ends_at)


def ask_again(
    request: HttpRequest, user: User, context: Context, *, purpose: Purpose, next_url: str, step_up: str = ""
) -> Pending:
    """Start a verification of a signed-in user, for a sensitive action or to try a method out."""
    carried = challenge_in_progress.carried(pending_sign_in.read(request, now=context.now), user, purpose, context)
    pending = Pending(
        user_id=user.pk,
        epoch=user.epoch,
        started=context.now.timestamp(),
        purpose=purpose,
        next=next_url,
        step_up=step_up,
        **carried,
    )
    return pending_sign_in.keep(request, pending)
