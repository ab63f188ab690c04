"""The keys of services that check app passwords: drawn, found, replaced and cached."""

from typing import Any

from django.db import transaction

from accounts.app_passwords import audit_events
from accounts.models import Service
from verification import audit
from verification.context import Context
from verification.keys import generated_secrets_and_alphabet
from verification.limits import ProgramSecrets

_KEY_LENGTH = 48  # letters, which are 240 bits
_SERVICE_CACHE_SECONDS = 5.0  # how long a process caches a service's key


def service_of(key: str, context: Context) -> Service | None:
    """Return the service that has this key. A revoked key stops working within seconds, an app password at once.

    Incorrect keys are counted against their network; after too many of them, they are refused without a query.
    """
    if not key:
        return None
    service, _gate = _services.owner(generated_secrets_and_alphabet.digests("service", key), context)
    return service


def _find_service(*digests: str) -> Service | None:
    return Service.objects.filter(key_digest__in=digests, is_active=True).first()


_services = ProgramSecrets("service", _find_service, seconds=lambda: _SERVICE_CACHE_SECONDS)


def new_service_key(service: Service, context: Context, *, actor_id: int | None, **detail: Any) -> str:
    """Give a service a new key, add the service if it is new, and audit it. `detail` goes into the audit event."""
    with transaction.atomic():
        event = audit_events.SERVICE_KEY_RENEWED if service.pk else audit_events.SERVICE_MADE
        key = replace_service_key(service)
        audit.record(event, user_id=None, context=context, actor_id=actor_id, service=service.slug, **detail)
    return key


def replace_service_key(service: Service) -> str:
    """Save a service with a new key and return the key, whose digest alone is stored. The caller audits it."""
    key = generated_secrets_and_alphabet.draw(_KEY_LENGTH)
    service.key_digest = generated_secrets_and_alphabet.digest("service", key)
    service.save(update_fields=["key_digest"] if service.pk else None)
    return key
