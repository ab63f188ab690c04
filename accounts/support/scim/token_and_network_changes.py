"""Changes to the SCIM tokens of a directory and the networks that may use them, each audited in its transaction."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import provisioning
from accounts.admin_changes import ChangeRefused, as_seen, changed_meanwhile
from accounts.applications import secret_rotation
from accounts.integrations.scim import token_authentication
from accounts.models import Directory, ScimAccess
from accounts.support import administration_audit_events
from accounts.support.actions import Actor
from verification import audit
from verification.audit import Event

OVERLAP = secret_rotation.OVERLAP


def access_of(directory: Directory) -> ScimAccess:
    """Return the access of a directory, which may have no token yet."""
    return ScimAccess.objects.filter(directory=directory).first() or ScimAccess(directory=directory)


def new_token(directory: Directory, actor: Actor) -> str:
    """Give a directory a token, and return it. The present one works for some days."""
    access, _made = ScimAccess.objects.get_or_create(directory=directory)
    token = secret_rotation.renew(access, token_authentication.PURPOSE, actor.context.now, overlap=OVERLAP)
    _record(administration_audit_events.SCIM_TOKEN_MADE, directory, actor)
    return token


def end_former(directory: Directory, actor: Actor) -> None:
    """Revoke the old token before its overlap is over. Errors: `ChangeRefused`."""
    if not secret_rotation.drop_former(access_of(directory)):
        raise ChangeRefused(_("There is no old token any more."))
    _record(administration_audit_events.SCIM_FORMER_TOKEN_ENDED, directory, actor)


def revoke(directory: Directory, actor: Actor) -> None:
    """End all tokens now. Errors: `ChangeRefused`."""
    tokens = ScimAccess.objects.filter(directory=directory).exclude(secret_digest="")
    if not tokens.update(secret_digest="", secret_made_at=None, former_digest="", former_ends_at=None):
        raise ChangeRefused(_("There is no token any more."))
    _record(administration_audit_events.SCIM_TOKENS_REVOKED, directory, actor)


def networks_as_seen(access: ScimAccess) -> str:
    """Return a digest of the networks, so that a change counts only for what was shown."""
    return as_seen({"networks": ", ".join(access.networks)})


def change_networks(directory: Directory, networks: Sequence[str], actor: Actor, *, seen: str) -> None:
    """Set the networks that tokens may be used from. Without any they may be used from everywhere.

    Errors: `ChangeRefused`, if they aren't those that were seen.
    """
    made, _is_new = ScimAccess.objects.get_or_create(directory=directory)
    access = ScimAccess.objects.select_for_update(no_key=True).get(pk=made.pk)
    if seen != networks_as_seen(access):
        raise ChangeRefused(changed_meanwhile())
    former, access.networks = access.networks, list(networks)
    access.save(update_fields=["networks"])
    changes = {"networks": [", ".join(former), ", ".join(networks)]}
    _record(administration_audit_events.SCIM_NETWORKS_CHANGED, directory, actor, changes=changes)


def confirm_departures(directory: Directory, actor: Actor) -> None:
    """End the alarm about many people who left, because that’s right. Errors: `ChangeRefused`."""
    found = provisioning.count_of_alarm(directory)
    if not provisioning.end_alarm(directory):
        raise ChangeRefused(_("Someone has dealt with this already."))
    _record(administration_audit_events.SCIM_DEPARTURES_CONFIRMED, directory, actor, n=found.n, of=found.of)


def _record(event: Event, directory: Directory, actor: Actor, **detail: object) -> None:
    transaction.on_commit(token_authentication.forget)
    said = {"directory": directory.name, "reason": actor.reason, **detail}
    audit.record(event, user_id=None, context=actor.context, actor_id=actor.staff.pk, **said)
