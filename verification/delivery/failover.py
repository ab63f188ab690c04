"""Failover: a message goes to the next provider if one certainly sent nothing. An unknown outcome is never sent again.

What a provider accepted and later reports as failed goes on in `inbound.failover_after_receipts`.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from verification import inputs
from verification.db import pooled_connections
from verification.db.compiled_queries import BindParam, Update
from verification.delivery import conf, rendering
from verification.delivery.provider_interface import MAX_REFERENCE, ResponseLost, SendRefused
from verification.delivery.routing import availability_during_outages, cache, circuit_breaker, routes
from verification.delivery.routing.routes import Hop
from verification.limits import opt_outs
from verification.models import Attempt, AttemptResult, Channel, Circuit, FailureReason, Message, MessageState

_log = logging.getLogger(__name__)
_NAME = Update(
    lambda: (
        Message.objects.filter(pk=BindParam("pk"), state=MessageState.SENDING, claims=BindParam("claims")),
        {"provider": BindParam("provider"), "lease_until": BindParam("lease_until")},
    )
)


class ClaimLost(Exception):
    """Another worker may have the message, because the lease of this claim ended."""


class ProviderAttempts:
    """The providers that one claim of a message tries, one after another, until one accepts it."""

    def __init__(self, message: Message, now: datetime) -> None:
        self.message = message
        self.kind = Channel(message.kind)
        self.now = now
        self.pause: timedelta | None = None

    def send(self) -> MessageState | None:
        """Send the message through the first provider that accepts it. Return None if all refused for now.

        Errors: `ClaimLost`.
        """
        # Read now, because a claimed message that then has to wait for a connection could be left unsent.
        hops = [(hop, cache.read().circuit(hop.provider.name, self.kind)) for hop in self._hops()]
        pooled_connections.give_back()  # while it is prepared, and sent
        for hop, circuit in hops:
            if not circuit_breaker.allows(circuit, now=self.now):
                self._wait(circuit.until_at - self.now if circuit and circuit.until_at else None)
                continue
            self._name(hop.provider.name)
            state = self.hand_over(hop, circuit)
            if state is not None:
                return state
        return None

    def _hops(self) -> list[Hop]:
        """Return the route without the providers that accepted this message earlier and didn't deliver it."""
        hops = availability_during_outages.hops(self.kind, self.now, self.message.address)
        if self.message.claims == 1:
            return hops
        former = set(returned(self.message))
        return [hop for hop in hops if hop.provider.name not in former]

    def _name(self, provider: str) -> None:
        """Save the name of the provider that gets the message next. Errors: `ClaimLost`.

        Each provider gets a lease of its own, so that three slow refusals don't look like a dead worker.
        """
        message = self.message
        if message.provider == provider:
            return
        message.provider = provider
        lease = timezone.now() + conf.lease()
        if not _NAME.run(pk=message.pk, claims=message.claims, provider=provider, lease_until=lease):
            raise ClaimLost

    def _wait(self, span: timedelta | None) -> None:
        """Remember the shortest time after which another try makes sense."""
        if span is not None:
            self.pause = min(span, self.pause or span)

    def hand_over(self, hop: Hop, circuit: Circuit | None) -> MessageState | None:
        """Try one provider. Return None if the next one can be tried, because this one certainly sent nothing."""
        message = self.message
        try:
            outgoing = rendering.compose(message, sender=hop.sender)
        except Exception:  # noqa: BLE001  (a notice of ours that is wrong says nothing about the provider)
            _log.exception("Rendering m%s failed", message.pk)
            message.reason, message.code = FailureReason.UNKNOWN, ""
            return MessageState.FAILED
        try:
            pooled_connections.give_back()
            reference = inputs.shortened(hop.provider.send(outgoing), max_length=MAX_REFERENCE)
        except SendRefused as refusal:
            message.reason, message.code = refusal.reason, refusal.code
            if refusal.reason == FailureReason.OPTED_OUT and message.kind == Channel.TEXT:
                opt_outs.stop(message.address, provider=message.provider, now=timezone.now())
            self._note(AttemptResult.REFUSED, refusal.reason, refusal.code)
            self._wait(refusal.after)
            if circuit_breaker.counts(message.provider, refusal.reason, refusal.code):
                self._failed(circuit, refusal.reason, code=refusal.code, after=refusal.after)
            elif refusal.reason != FailureReason.UNKNOWN:
                # Only a provider that works can say what is wrong with a number.
                circuit_breaker.succeeded(circuit, now=timezone.now())
            return MessageState.FAILED if refusal.permanent else None
        except ResponseLost as lost:
            return self._in_doubt(circuit, lost.code)
        except Exception:  # noqa: BLE001  (the edge to a provider's library)
            # An error of ours or of a library, perhaps after the message was sent, so never send it again.
            _log.exception("Provider %s raised an error for m%s", hop.provider.name, message.pk)
            return self._in_doubt(circuit)
        message.reference, message.reason, message.code = reference, "", ""
        circuit_breaker.succeeded(circuit, now=timezone.now())
        return MessageState.ACCEPTED

    def _in_doubt(self, circuit: Circuit | None, code: str = "") -> MessageState:
        self._note(AttemptResult.LOST, code=code)
        self._failed(circuit, AttemptResult.LOST, code=code)
        return MessageState.UNKNOWN

    def _failed(self, circuit: Circuit | None, why: str, *, code: str, after: timedelta | None = None) -> None:
        name = self.message.provider
        circuit_breaker.failed(
            circuit, provider=name, kind=self.kind, why=why, code=code, now=timezone.now(), after=after
        )

    def _note(self, result: AttemptResult, reason: str = "", code: str = "") -> None:
        message, at = self.message, timezone.now()
        said = routes.explained(message.provider, code)
        _log.warning("%s m%s by %s: %s %s%s", message.kind, message.pk, message.provider, result, reason, said)
        Attempt.objects.create(
            message=message, provider=message.provider, result=result, reason=reason, code=code, at=at
        )


def returned(message: Message) -> list[str]:
    """Return the providers that accepted a message and later reported that it didn't arrive."""
    return list(message.attempts.filter(result=AttemptResult.RETURNED).values_list("provider", flat=True))
