"""Erases a person's data that isn't deleted with their account."""

import json
from collections.abc import Collection

from django.db.models import Q

from verification import audit
from verification.delivery.provider_interface import Keeper
from verification.delivery.routing import routes
from verification.models import Message
from verification.models.user_protocol import Person

_GONE = "–"


def erase(user: Person, *, names: Collection[str]) -> int:
    """Erase the personal words of a person's events, and their names in emails to others. Return the number of events.

    Call it in the transaction that deletes the account and records `PERSON_ERASED`.
    """
    messages = list(Message.objects.filter(user=user.pk).values_list("handle", flat=True))
    for provider in routes.providers().values():
        if isinstance(provider, Keeper):
            provider.forget(messages)
    for name in filter(None, names):
        _take_out(user, name)
    return audit.erase_words(user.pk)


def _take_out(user: Person, name: str) -> None:
    """Remove a name from emails to others, such as the name of the member of staff who helped them.

    Databases store a name that isn't plain ASCII, or has quotes, in different ways.
    """
    escaped, plain = (json.dumps(name, ensure_ascii=is_escaped)[1:-1] for is_escaped in (True, False))
    named = Q(context__icontains=escaped) | Q(context__icontains=plain)
    for message in Message.objects.exclude(user=user.pk).filter(named):
        context = {key: _GONE if value == name else value for key, value in message.context.items()}
        Message.objects.filter(pk=message.pk).update(context=context)
