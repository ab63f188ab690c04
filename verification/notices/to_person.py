"""Notices to a person about their own account: emails, and texts where the policy says so. Without secrets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from verification import limits, method_registry
from verification.audit import UserEvent
from verification.context import Context
from verification.db import batched_writes
from verification.db.compiled_queries import BindParam, Select
from verification.delivery import outbox
from verification.limits import may_number_get_messages, opt_outs
from verification.models import Channel, Enrolment
from verification.models.policies import TEXT_NOTICES
from verification.models.user_protocol import Person
from verification.notices.notice_lifetime import NOTICE_LIFE
from verification.notices.template_path import template_path
from verification.policy_precedence import strongest

_NOTICES_AT_ONCE = 100  # in one statement
_NONE: Mapping[int, str] = {}
_DECIDES = Select(lambda: strongest(BindParam("user_id"), "text_notices")[:1])


def notify(
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
    until = until or now + NOTICE_LIFE
    _notify(user, template_path("to_person", kind), now=now, context=context, until=until, values=values)


def _notify(
    user: Person,
    template: str,
    *,
    now: datetime,
    context: Context | None,
    until: datetime,
    values: dict[str, str],
) -> None:
    if context is not None:
        values |= circumstances(context)
    if user.email:
        outbox.notice(user, user.email, template=template, context=values, now=now, until=until)
    if "link" not in values:  # anyone who holds the phone must not get a link that was meant for the mailbox
        _text(user, template, now=now, until=until, values=values)


def notify_of_event(
    user: Person, event: UserEvent, *, now: datetime, context: Context | None = None, **values: str
) -> None:
    """Notify a person with the notice that an event declares. Its text can use the `values`.

    Errors: `LookupError` if the event declares no notice.
    """
    if event.notice is None:
        raise LookupError(event.kind)
    values |= {"event": event.kind}
    _notify(user, event.notice.template, now=now, context=context, until=now + NOTICE_LIFE, values=values)


def notify_all_of_event(
    users: Sequence[Person],
    event: UserEvent,
    *,
    now: datetime,
    context: Context,
    former: Mapping[int, str] = _NONE,
    **values: str,
) -> None:
    """Notify many people as `notify_of_event` does, with few statements for all of them.

    `former` are email addresses that were just replaced, by the ids of their people. They get the notice as well.

    Errors: `LookupError` if the event declares no notice.
    """
    if event.notice is None:
        raise LookupError(event.kind)
    values |= {"event": event.kind, **circumstances(context)}
    template, until, left = event.notice.template, now + NOTICE_LIFE, iter(users)
    while some := list(islice(left, _NOTICES_AT_ONCE)):
        texted = _texted([user.pk for user in some])
        with batched_writes.block():
            for user in some:
                for address in sorted({user.email, former.get(user.pk, "")} - {""}):
                    outbox.notice(user, address, template=template, context=dict(values), now=now, until=until)
                if user.pk in texted:
                    _text_to_numbers(user, template, now=now, until=until, values=values)


def _texted(people: Collection[int]) -> set[int]:
    """Return for whom of some people a policy says that notices are also texted."""
    decides = Subquery(strongest(OuterRef("pk"), "text_notices").values("text_notices")[:1])
    rows = get_user_model().objects.filter(pk__in=people).annotate(decides=Coalesce(decides, TEXT_NOTICES))
    return set(rows.filter(decides=True).values_list("pk", flat=True))


def circumstances(context: Context) -> dict[str, str]:
    """Return when and from where something was done, for a template to format in the reader's language."""
    return {"at": context.now.isoformat(), "agent": context.agent, "network": context.network}


def _text(user: Person, template: str, *, now: datetime, until: datetime, values: dict[str, str]) -> None:
    """Text a notice to the person's verified numbers, if their policy says so."""
    policy = _DECIDES.first(user_id=user.pk)
    if TEXT_NOTICES if policy is None else policy.text_notices:
        _text_to_numbers(user, template, now=now, until=until, values=values)


def _text_to_numbers(user: Person, template: str, *, now: datetime, until: datetime, values: dict[str, str]) -> None:
    values = {**values, "notice": template}
    takes_texts = [method.name for method in method_registry.sending(Channel.TEXT)]
    for phone in Enrolment.objects.filter(user=user, method__in=takes_texts, confirmed=True):
        if not phone.opens or not _may_be_texted(phone.address, now):
            continue
        outbox.notice(
            user,
            phone.address,
            template=template_path("to_person", "as_text_message"),
            context=values,
            now=now,
            until=until,
            kind=Channel.TEXT,
            hint=phone.hint,
        )


def _may_be_texted(number: str, now: datetime) -> bool:
    """Count a notice to a number. False if cost controls stop texts to it, or it had its limit for the day."""
    is_refused = may_number_get_messages.refusal(
        Channel.TEXT, number, now=now, is_opted_out=opt_outs.has_stopped(number)
    )
    if is_refused or limits.spending_stopped_until(Channel.TEXT, number, now=now):
        return False
    return limits.spend_notice(number, now=now)
