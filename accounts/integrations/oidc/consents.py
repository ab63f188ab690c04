"""Consent: who agreed that an application gets a person's data."""

from collections.abc import Collection

from django.db import transaction

from accounts.integrations.oidc import audit_events
from accounts.models import OidcClient, OidcConsent, User
from verification import audit
from verification.context import Context


def is_given(client: OidcClient, user: User, scopes: Collection[str]) -> bool:
    """Return whether an application may get these scopes without asking the person."""
    if client.consent == OidcClient.Consent.ORGANISATION:
        return True
    given = OidcConsent.objects.filter(client=client, user=user).values_list("scopes", flat=True).first()
    return given is not None and set(scopes) <= set(given)


def give(client: OidcClient, user: User, scopes: Collection[str], context: Context) -> None:
    """Record that a person agreed, in addition to what they agreed to before."""
    with transaction.atomic():
        # Two tabs may agree to different scopes at the same time: the row is read again once it is locked.
        row, _is_new = OidcConsent.objects.select_for_update().get_or_create(
            client=client, user=user, defaults={"given_at": context.now, "scopes": []}
        )
        row.scopes, row.given_at = sorted({*row.scopes, *scopes}), context.now
        row.save(update_fields=["scopes", "given_at"])
        audit.record(
            audit_events.CONSENT_GIVEN,
            user_id=user.pk,
            context=context,
            application=client.application.slug,
            scopes=" ".join(sorted(scopes)),
        )


def withdraw(client: OidcClient, user: User) -> bool:
    """Take a consent back, and return whether there was one. Call it in a transaction."""
    return bool(OidcConsent.objects.filter(client=client, user=user).delete()[0])
