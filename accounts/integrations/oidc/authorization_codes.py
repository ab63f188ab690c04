"""Authorization codes: a sign-in to a client starts with one, redeems it once, and ends with all that came from it."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from oauth2_provider.models import AccessToken, RefreshToken, clear_expired

from accounts import applications
from accounts.access import AccessDecision
from accounts.applications import audit_events as application_events
from accounts.integrations.oidc import audit_events, lifetimes
from accounts.integrations.oidc.authorization_request import AuthorizationRequest
from accounts.models import ApplicationSession, OidcSignIn, Session, User
from verification import audit, policies
from verification.context import Context
from verification.keys import generated_secrets_and_alphabet

PURPOSE = "oidc_code"


@dataclass(frozen=True, kw_only=True)
class CodeOwner:
    """Who signs in, and from which session."""

    user: User
    session_ref: str


def start(asked: AuthorizationRequest, who: CodeOwner, answer: AccessDecision, context: Context) -> str:
    """Open the person's session in the application, and return a code for it. Shape: 43 base64url characters."""
    code, client = secrets.token_urlsafe(32), asked.to.client
    with transaction.atomic():
        session = applications.open(client.application, who.user, who.session_ref, answer, context.now)
        OidcSignIn.objects.create(
            client=client,
            user=who.user,
            session=session,
            epoch=who.user.epoch,
            scope=" ".join(asked.scopes),
            acr=answer.acr,
            amr=list(answer.amr),
            auth_time=answer.auth_time or context.now,
            code_digest=generated_secrets_and_alphabet.digest(PURPOSE, code),
            code_ends_at=context.now + lifetimes.AUTHORIZATION_CODE_LIFE,
            redirect_uri=asked.to.redirect_uri,
            code_challenge=asked.code_challenge,
            nonce=asked.nonce,
            made_at=context.now,
        )
        audit.record(
            application_events.APPLICATION_OPENED,
            user_id=who.user.pk,
            context=context,
            application=client.application.slug,
            acr=answer.acr,
            strength=answer.strength,
            asked_by=answer.asked_by,
        )
    return code


def of_code(code: str, client_id: int, now: datetime) -> OidcSignIn | None:
    """Return the sign-in that a code belongs to, if it is this client's.

    The code was redeemed, or the session here still runs that it came from. One that ended while the code was made
    couldn't end this sign-in, because it wasn't stored yet.
    """
    digests = generated_secrets_and_alphabet.digests(PURPOSE, code)
    running = Session.objects.filter(
        user=OuterRef("user_id"), ref=OuterRef("session__session_ref"), expire_date__gt=now
    )
    can_start = Q(redeemed_at__isnull=False) | Exists(running)
    return _loaded().filter(can_start, code_digest__in=digests, client=client_id).first()


def of_family(family: UUID | None) -> OidcSignIn | None:
    """Return the sign-in that a refresh token comes from."""
    return _loaded().filter(pk=family).first() if family else None


def _loaded() -> "QuerySet[OidcSignIn]":
    return OidcSignIn.objects.select_related("user", "session", "client__application")


def claim(sign_in: OidcSignIn, now: datetime) -> bool:
    """Redeem the code. Of several requests, only one succeeds."""
    unused = OidcSignIn.objects.filter(pk=sign_in.pk, redeemed_at__isnull=True, ended_at__isnull=True)
    return bool(unused.update(redeemed_at=now))


def is_over(sign_in: OidcSignIn, now: datetime) -> bool:
    """Return whether a sign-in gives no more tokens: it or its session ended, or the person's access did."""
    return (
        sign_in.ended_at is not None
        or sign_in.session.ended_at is not None
        or not sign_in.client.application.is_active
        or sign_in.user.epoch != sign_in.epoch
        or bool(policies.refusal(sign_in.user, now))
    )


def may_refresh(sign_in: OidcSignIn, now: datetime) -> bool:
    """Return whether new tokens may come from a sign-in.

    Its session here must be running, and the person still allowed. A new password that is due comes first.
    """
    running = Session.objects.filter(user_id=sign_in.user_id, ref=sign_in.session.session_ref, expire_date__gt=now)
    return (
        not is_over(sign_in, now)
        and not sign_in.user.needs_new_password
        and running.exists()
        and applications.may_use(sign_in.user, sign_in.client.application)
    )


def end(sign_ins: "QuerySet[OidcSignIn]", now: datetime) -> int:
    """End sign-ins and void all their tokens, and return how many ended. Call it in a transaction."""
    running = list(sign_ins.filter(ended_at__isnull=True).order_by("pk").values_list("pk", flat=True))
    n = OidcSignIn.objects.filter(pk__in=running, ended_at__isnull=True).update(ended_at=now)
    families = RefreshToken.objects.filter(token_family__in=running)
    AccessToken.objects.filter(refresh_token__token_family__in=running).delete()
    families.filter(revoked__isnull=True).update(revoked=now, updated=now)
    return n


def end_with(sessions: "QuerySet[ApplicationSession]", now: datetime) -> None:
    """End the sign-ins of sessions that just ended. A receiver of `applications.on_end`."""
    end(OidcSignIn.objects.filter(session__in=sessions.values("pk")), now)


def carry_over(people: Collection[int], _why: str, spared: str) -> None:
    """Let applications stay signed in that the session opened which continues. A receiver of `enrolments.on_raise`."""
    if spared:
        running = OidcSignIn.objects.filter(user__in=people, session__session_ref=spared, ended_at__isnull=True)
        running.filter(epoch=F("user__epoch") - 1).update(epoch=F("epoch") + 1)


def replayed(sign_in: OidcSignIn, what: str, context: Context) -> None:
    """End a sign-in because its code or a refresh token was used twice: one of the two users is a thief."""
    with transaction.atomic():
        if end(OidcSignIn.objects.filter(pk=sign_in.pk), context.now):
            audit.record(
                audit_events.TOKEN_REPLAYED,
                user_id=sign_in.user_id,
                context=context,
                application=sign_in.client.application.slug,
                what=what,
            )


_RETENTION = timedelta(days=31)  # longer than any session, to notice a late second use of a code or token
_BATCH = 500  # sign-ins removed in one transaction


def purge(now: datetime) -> None:
    """Delete old sign-ins and the tokens that nobody can use any more, in batches."""
    old = OidcSignIn.objects.filter(made_at__lt=now - _RETENTION).order_by("made_at")
    while keys := list(old.values_list("pk", flat=True)[:_BATCH]):
        RefreshToken.objects.filter(token_family__in=keys).delete()
        OidcSignIn.objects.filter(pk__in=keys).delete()
    clear_expired()
