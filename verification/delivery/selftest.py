"""Self-test of delivery: a text and a call through each provider, and whether callbacks reach us."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import urllib3
from django.utils import timezone
from urllib3.exceptions import HTTPError

from verification import conf, phone_numbers
from verification.delivery import dispatch
from verification.delivery.routing import routes
from verification.models import Channel, Message, MessageState
from verification.models.messages import FINAL
from verification.models.user_protocol import Person

_TEMPLATE = "verification/delivery/selftest.txt"
_TRIED = (Channel.TEXT, Channel.CALL)
_LIFE = timedelta(minutes=5)
_PATIENCE = urllib3.Timeout(total=5.0)
_GOOD = frozenset({MessageState.DELIVERED})
# A call that rang or was answered worked as far as we can test.
_GOOD_OF_CALLS = frozenset({MessageState.RINGING, MessageState.ANSWERED, MessageState.DELIVERED})


@dataclass(frozen=True)
class SelftestResult:
    """The result of one test."""

    what: str
    is_good: bool
    words: str


def tests_nothing() -> bool:
    """Return whether no provider sends texts or calls."""
    return all(provider.kinds.isdisjoint(_TRIED) for provider in routes.providers().values())


def callbacks() -> Iterator[SelftestResult]:
    """Check that callbacks reach our public address: a receipt without a signature must be refused by us."""
    for name, provider in routes.providers().items():
        if provider.kinds.isdisjoint(_TRIED):
            continue  # emails have no receipts
        url = f"{conf.public_url()}/callbacks/{name}/receipt/selftest/"
        try:
            answer = urllib3.request("POST", url, body=b"", timeout=_PATIENCE, retries=False, redirect=False)
        except (HTTPError, OSError) as error:
            yield SelftestResult(f"{name} callbacks", False, f"{url} cannot be reached: {type(error).__name__}")
            continue
        is_ours = answer.status == 403 and "X-Request-ID" in answer.headers
        wrong = f"something else answers at {url} ({answer.status}): check PUBLIC_URL and the proxy"
        words = "reach us" if is_ours else wrong
        yield SelftestResult(f"{name} callbacks", is_ours, words)


def sendings(user: Person, number: str, *, seconds: float, pause: Callable[[float], None]) -> Iterator[SelftestResult]:
    """Send each kind of message through each provider, and wait for its receipts."""
    for name, provider in routes.providers().items():
        for kind in _TRIED:
            if kind in provider.kinds:
                message = _message(user, number, kind)
                dispatch.send_by(provider, message, now=timezone.now())
                yield _judge(f"{name} {kind}", message, seconds=seconds, pause=pause)


def _message(user: Person, number: str, kind: Channel) -> Message:
    now = timezone.now()
    message = Message(
        user_id=user.pk,
        kind=kind,
        template=_TEMPLATE,
        hint=phone_numbers.mask(number),
        country=phone_numbers.country(number),
        range=phone_numbers.prefix(number),
        created_at=now,
        not_before=now,
        useful_until=now + _LIFE,
    )
    message.address = number
    return message


def _judge(what: str, message: Message, *, seconds: float, pause: Callable[[float], None]) -> SelftestResult:
    """Wait for the end of a message, or until the time is over."""
    good = _GOOD_OF_CALLS if message.kind == Channel.CALL else _GOOD
    until = timezone.now() + timedelta(seconds=seconds)
    while True:
        message.refresh_from_db()
        took = (timezone.now() - message.created_at).total_seconds()
        if message.state in good:
            return SelftestResult(what, True, f"{message.get_state_display()} after {took:.1f} s")
        if message.state not in FINAL and timezone.now() > until:
            why = f"{message.get_state_display()}, but no report that it arrived in {took:.1f} s"
            return SelftestResult(what, False, f"{why}: see the web server's log")
        if message.state in FINAL:
            why = f", {message.get_reason_display()}" if message.reason else ""
            return SelftestResult(what, False, f"{message.get_state_display()}{why} after {took:.1f} s")
        pause(0.2)
