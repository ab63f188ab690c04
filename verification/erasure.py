"""Erases what the engine holds of a person beside the rows that go with their account."""

from collections.abc import Collection

from verification import audit
from verification.delivery.provider import Keeper
from verification.delivery.routing import routes
from verification.models import Message
from verification.models.person import Person

_GONE = "–"


def erase(user: Person, *, names: Collection[str]) -> int:
    """Erase the personal words of a person's events, and their names in emails to others; returns of how many events.

    Inside the transaction that removes the account and records it as `events.PERSON_ERASED`.
    """
    messages = list(Message.objects.filter(user=user.pk).values_list("handle", flat=True))
    for provider in routes.providers().values():
        if isinstance(provider, Keeper):
            provider.forget(messages)
    for name in filter(None, names):
        _take_out(user, name)
    return audit.erase_words(user.pk)


def _take_out(user: Person, name: str) -> None:
    """Take a name out of what emails to others say, such as the one of support who helped them."""
    for message in Message.objects.exclude(user=user.pk).filter(context__icontains=name):
        context = {key: _GONE if value == name else value for key, value in message.context.items()}
        Message.objects.filter(pk=message.pk).update(context=context)
