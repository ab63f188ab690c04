"""Dispatch: claim a message, send it, record the result. One claim wins; an unknown outcome is never sent again."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from verification import decryption_failures
from verification.db.compiled_queries import BindParam, Select, Update
from verification.delivery import conf, retry_backoff
from verification.delivery.failover import ClaimLost, ProviderAttempts
from verification.delivery.provider_interface import Provider
from verification.delivery.routing import availability_during_outages, outages_in_force
from verification.delivery.routing.routes import Hop
from verification.models import (
    Challenge,
    ChallengeState,
    Channel,
    FailureReason,
    Message,
    MessageState,
)
from verification.models.messages import MAX_CLAIMS, MOVING

_log = logging.getLogger(__name__)


def wanted(now: datetime | BindParam) -> Q:
    """Filter queued messages to those still useful: not too old, and of an open challenge without a newer code.

    A message that reached `MAX_CLAIMS` is never sent again.
    """
    waits = Challenge.objects.filter(pk=OuterRef("challenge_id"), generation=OuterRef("generation"), **_is_open(now))
    return Q(Q(challenge__isnull=True) | Q(Exists(waits)), useful_until__gt=now, claims__lt=MAX_CLAIMS)


def _is_open(now: datetime | BindParam, path: str = "") -> dict[str, Any]:
    return {f"{path}state": ChallengeState.OPEN, f"{path}expires_at__gt": now}


_ROW, _CLAIMS, _NOW = BindParam("pk"), BindParam("claims"), BindParam("now")
# What sending needs to know of a message and its challenge. The rest is read only if something fails.
_OF_MESSAGE = (
    *("handle", "user", "kind", "generation", "template", "context", "language", "extension", "sealed_address"),
    *("provider", "reference", "reason", "code", "claims", "created_at", "useful_until"),
)
_OF_CHALLENGE = ("handle", "nonce", "key_id", "reference", "mode", "purpose", "code_life")
_KNOWN = (*_OF_MESSAGE, "challenge", *(f"challenge__{name}" for name in _OF_CHALLENGE))
_READ = Select(lambda: Message.objects.select_related("challenge").only(*_KNOWN).filter(pk=_ROW))


def _claim() -> tuple[QuerySet[Message], dict[str, Any]]:
    of_an_open_challenge = Q(challenge__generation=F("generation"), **_is_open(_NOW, "challenge__"))
    # By its key once more, not by the row that is claimed: PostgreSQL could answer that from a table of all challenges.
    is_wanted = Message.objects.filter(Q(challenge=None) | of_an_open_challenge, pk=_ROW)
    useful = {"useful_until__gt": _NOW, "claims__lt": MAX_CLAIMS}
    due = {"state": MessageState.QUEUED, "not_before__lte": _NOW, **useful}
    first = Case(
        *(When(kind=kind, claims=0, then=BindParam(kind)) for kind in Channel.values),
        default=Value(""),
        output_field=CharField(),
    )
    changes = {
        "state": MessageState.SENDING,
        "claims": F("claims") + 1,
        "provider": first,
        "lease_until": BindParam("lease_until"),
    }
    return Message.objects.filter(Exists(is_wanted), pk=_ROW, **due), changes


_CLAIM = Update(_claim)
_CLAIMED = ("claims", "provider", "reference", "reason", "code")  # what may have changed since the row was read
EXPIRED = {"state": MessageState.EXPIRED, "reason": FailureReason.TOO_OLD, "not_before": None}
_RETIRE = Update(
    lambda: (
        Message.objects.filter(pk=_ROW, state=MessageState.QUEUED).exclude(wanted(_NOW)),
        {**EXPIRED, "ended_at": _NOW},
    )
)
_WRITTEN = ("state", "reference", "reason", "code", "not_before", "handed_at", "ended_at")
_WRITE = Update(
    lambda: (
        Message.objects.filter(pk=_ROW, state__in=[MessageState.SENDING, MessageState.UNKNOWN], claims=_CLAIMS),
        {name: BindParam(name) for name in _WRITTEN} | {"lease_until": None},
    )
)


def send(message_id: int, *, now: datetime | None = None) -> MessageState | None:
    """Claim a message and send it through the first provider that accepts it. Return None if there is nothing to do."""
    now = now or timezone.now()
    message = None if _waits_for_an_outage(message_id, now) else _claimed(message_id, now)
    if message is None:
        return MessageState.EXPIRED if _RETIRE.run(pk=message_id, now=now) else None
    if not message.opens:
        return _fail(message, now)
    attempts = ProviderAttempts(message, now)
    try:
        state = attempts.send()
    except ClaimLost:
        return None
    if state is None:
        return _later(message, attempts.pause, now=timezone.now())
    return _write(message, state, now=timezone.now())


def _waits_for_an_outage(message_id: int, now: datetime) -> bool:
    """Return whether a message can't be sent before an outage ends. Without any outage, nothing is read."""
    if not outages_in_force.kinds(now) and not outages_in_force.providers(now):
        return False
    message = _READ.first(pk=message_id)
    return (
        message is not None
        and message.opens
        and availability_during_outages.off(message.kind, now, message.address) is not None
    )


def _claimed(message_id: int, now: datetime) -> Message | None:
    """Claim a message and return it, in one statement. Of two workers, one succeeds.

    The name of the provider that usually comes first is saved with it, because a receipt can arrive before we record
    the result. A message that was claimed before has no provider until it is named.
    """
    first = {str(kind): _first_provider(kind, now) for kind in Channel}
    sql, values = _CLAIM.statement(pk=message_id, now=now, lease_until=now + conf.lease(), **first)
    found = _READ.beside(pk=message_id)
    claimed = found.run(f"{sql} RETURNING {', '.join(_CLAIMED)}", values)
    if not claimed or found.row is None:
        return None
    for name in _CLAIMED:
        setattr(found.row, name, claimed[0][name])
    return found.row


def _first_provider(kind: Channel, now: datetime) -> str:
    """Return the name of the provider that gets a message of a kind first, whatever its number."""
    return next((hop.provider.name for hop in availability_during_outages.hops(kind, now)), "")


def _fail(message: Message, now: datetime) -> MessageState:
    """Fail a message whose address can't be decrypted, so that its person is told to use another method."""
    failed = {"state": MessageState.FAILED, "reason": FailureReason.UNKNOWN, "ended_at": now}
    _row_of_claim(message).update(not_before=None, lease_until=None, **failed)
    decryption_failures.report("message", message.handle, now=now, user_id=message.user_id)
    return MessageState.FAILED


def send_by(provider: Provider, message: Message, *, now: datetime) -> MessageState:
    """Send a new message through one provider, whatever the routes say, as a test by an operator."""
    message.state, message.claims, message.provider = MessageState.SENDING, 1, provider.name
    message.lease_until = now + conf.lease()
    message.save(force_insert=True)
    state = ProviderAttempts(message, now).hand_over(Hop(provider), None)
    return _write(message, state or MessageState.FAILED, now=timezone.now())


def _row_of_claim(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, state=MessageState.SENDING, claims=message.claims)


def _write(message: Message, state: MessageState, *, now: datetime) -> MessageState:
    """Save the result of sending, unless a receipt came first."""
    _log.info("%s m%s by %s: %s", message.kind, message.pk, message.provider, state)
    ended = now if state == MessageState.FAILED else None
    changed = _WRITE.run(
        pk=message.pk,
        claims=message.claims,
        state=state,
        reference=message.reference,
        reason=message.reason,
        code=message.code,
        not_before=now if state in MOVING else None,
        handed_at=now,
        ended_at=ended,
    )
    if not changed and message.reference:
        late = Message.objects.filter(pk=message.pk, provider=message.provider, reference="")
        late.update(reference=message.reference, handed_at=now)
    return state


def _later(message: Message, pause: timedelta | None, *, now: datetime) -> MessageState:
    """Schedule the next try, because all providers refused for now; fail after the last claim.

    Two kinds never fail here and wait until they are too old: codes whose provider asks us to slow down, and notices,
    because nobody asks for one again.
    """
    message.reason = message.reason or FailureReason.PROVIDER_DOWN
    is_notice = message.challenge_id is None
    if message.claims >= conf.max_claims() and message.reason != FailureReason.RATE_LIMITED and not is_notice:
        return _write(message, MessageState.FAILED, now=now)
    due = retry_backoff.next_try(message, pause, now=now)
    why = {"reason": message.reason, "code": message.code}
    _row_of_claim(message).update(state=MessageState.QUEUED, not_before=due, lease_until=None, **why)
    return MessageState.QUEUED
