"""Changes to applications by administrators: each in one transaction with its audit event."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import access, applications
from accounts.admin_changes import ChangeRefused, differences, spend, values
from accounts.applications import logos, secret_rotation
from accounts.integrations.forward_auth import protected_hosts
from accounts.integrations.oidc.back_channel import deliveries_and_retries
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.models import Application, ApplicationSession, LogoutDelivery, OidcClient, User
from accounts.support import administration_audit_events
from accounts.support.applications.connection_forms_and_details import ConnectionForm, Stored
from accounts.support.applications.forms import ApplicationForm
from verification import audit
from verification.audit import Event
from verification.context import Context


def save(form: ApplicationForm, connection: ConnectionForm | None, staff: User, context: Context) -> str:
    """Store an application and its connection. Return its first secret, if it got one now. Call it in a transaction.

    Errors: `Repeated`.
    """
    spend(form)
    is_new = form.instance.pk is None
    application: Application = form.save()
    stored = connection.store(context.now) if connection is not None else Stored()
    changes = {**differences(form.former, values(application)), **stored.changes}
    if form.new_logo is not None or form.removes_the_logo:
        logos.store(application, form.new_logo)
        changes["logo"] = ["", _("removed") if form.new_logo is None else form.new_logo.version]
    if "groups" in changes:
        applications.session_revocation.of_people_not_allowed()
    if is_new or changes:
        event = (
            administration_audit_events.APPLICATION_ADDED if is_new else administration_audit_events.APPLICATION_CHANGED
        )
        _record(event, application, staff, context, form.cleaned_data["reason"], changes=changes)
    transaction.on_commit(_forget)
    return stored.secret


def _forget() -> None:
    """Read groups and hosts again in this process. Others do within seconds."""
    access.forget()
    protected_hosts.forget()


def renew_secret(client: OidcClient, staff: User, context: Context, reason: str, *, overlap: timedelta) -> str:
    """Give an application a new secret and return it. The old one works until the overlap ends."""
    with transaction.atomic():
        secret = secret_rotation.renew(client, SECRET, context.now, overlap=overlap)
        days = overlap.days
        _record(
            administration_audit_events.APPLICATION_SECRET_RENEWED,
            client.application,
            staff,
            context,
            reason,
            days=days,
        )
    return secret


def end_former_secret(client: OidcClient, staff: User, context: Context, reason: str) -> None:
    """Revoke the old secret of an application now. Errors: `ChangeRefused`."""
    with transaction.atomic():
        if not secret_rotation.drop_former(client):
            raise ChangeRefused(_("There is no old secret any more."))
        _record(administration_audit_events.APPLICATION_FORMER_SECRET_ENDED, client.application, staff, context, reason)


def send_again(client: OidcClient, staff: User, context: Context, reason: str) -> int:
    """Send the sign-outs again that an application never confirmed, and return how many."""
    with transaction.atomic():
        n = deliveries_and_retries.again(LogoutDelivery.objects.filter(client=client), context.now)
        _record(
            administration_audit_events.APPLICATION_SIGN_OUTS_SENT_AGAIN,
            client.application,
            staff,
            context,
            reason,
            n=n,
        )
    return n


def switch(application: Application, staff: User, context: Context, reason: str, *, is_on: bool) -> int:
    """Switch an application off, which ends all its sessions, or on again. Return how many ended."""
    with transaction.atomic():
        changed = Application.objects.filter(pk=application.pk, is_active=not is_on).update(is_active=is_on)
        if not changed:
            raise ChangeRefused(_("Someone else did this before you. Open the page again."))
        transaction.on_commit(_forget)
        n = 0 if is_on else applications.end(context.now, "application-off", application=application)
        event = (
            administration_audit_events.APPLICATION_SWITCHED_ON
            if is_on
            else administration_audit_events.APPLICATION_SWITCHED_OFF
        )
        _record(event, application, staff, context, reason, n_sessions=n)
    return n


def end_all(application: Application, staff: User, context: Context, reason: str) -> int:
    """End all sessions of an application, and return how many there were."""
    with transaction.atomic():
        n = applications.end(context.now, "application-ended", application=application)
        _record(
            administration_audit_events.APPLICATION_SESSIONS_ENDED, application, staff, context, reason, n_sessions=n
        )
    return n


def delete(application: Application, staff: User, context: Context, reason: str) -> None:
    """Delete an application that is switched off. Errors: `ChangeRefused`.

    Switching it off has ended its sessions, and told it so; deleting it would take that away.
    """
    with transaction.atomic():
        row = Application.objects.select_for_update(no_key=True).filter(pk=application.pk, is_active=False).first()
        if row is None:
            raise ChangeRefused(_("Switch the application off first."))
        n = ApplicationSession.objects.filter(application=row, ended_at__isnull=True).count()
        _record(administration_audit_events.APPLICATION_DELETED, row, staff, context, reason, n_sessions=n)
        row.delete()


def _record(
    event: Event, application: Application, staff: User, context: Context, reason: str, **detail: object
) -> None:
    audit.record(
        event,
        user_id=None,
        context=context,
        actor_id=staff.pk,
        application=application.slug,
        reason=reason,
        **detail,
    )
