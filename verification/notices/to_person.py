"""Notices to a person about their own account: emails, and texts where the policy says so. Without secrets."""

from datetime import datetime

from verification import limits, registry
from verification.audit import UserEvent
from verification.context import Context
from verification.delivery import outbox
from verification.models import Enrolment, Kind
from verification.models.person import Person
from verification.models.policies import TEXT_NOTICES, strongest
from verification.notices.template_path import template_path


def tell(
    user: Person,
    kind: str,
    *,
    now: datetime,
    context: Context | None = None,
    until: datetime | None = None,
    **values: str,
) -> None:
    """Notify a person. Call it in the transaction of what happened. `kind` names a template of `verification/notices`.

    With `context` the notice names the time, the browser and the network from which it was done.
    After `until` the notice would be of no use and isn't sent.
    """
    _tell(user, template_path(kind), now=now, context=context, until=until, values=values)


def _tell(
    user: Person,
    template: str,
    *,
    now: datetime,
    context: Context | None,
    until: datetime | None,
    values: dict[str, str],
) -> None:
    if context is not None:
        values |= circumstances(context)
    if user.email:
        outbox.notice(user, user.email, template=template, context=values, now=now, until=until)
    if "link" not in values:  # anyone who holds the phone must not get a link that was meant for the mailbox
        _text(user, template, now=now, until=until, values=values)


def tell_event(user: Person, event: UserEvent, *, now: datetime, context: Context | None = None, **values: str) -> None:
    """Notify a person with the notice that an event declares. Its text can use the `values`.

    Errors: `LookupError` if the event declares no notice.
    """
    if event.notice is None:
        raise LookupError(event.kind)
    _tell(user, event.notice.template, now=now, context=context, until=None, values=values | {"event": event.kind})


def circumstances(context: Context) -> dict[str, str]:
    """Return when and from where something was done, for a template to format in the reader's language."""
    return {"at": context.now.isoformat(), "agent": context.agent, "network": context.network}


def _text(user: Person, template: str, *, now: datetime, until: datetime | None, values: dict[str, str]) -> None:
    """Text a notice to the person's verified numbers, if their policy says so."""
    policy = strongest(user.pk, "text_notices").first()
    if not (TEXT_NOTICES if policy is None else policy.text_notices):
        return
    values = {**values, "notice": template}
    takes_texts = [method.name for method in registry.sending(Kind.TEXT)]
    for phone in Enrolment.objects.filter(user=user, method__in=takes_texts, confirmed=True):
        if not phone.opens or not limits.spend_notice(phone.address, now=now):
            continue
        outbox.notice(
            user,
            phone.address,
            template=template_path("by_text"),
            context=values,
            now=now,
            until=until,
            kind=Kind.TEXT,
            hint=phone.hint,
        )
