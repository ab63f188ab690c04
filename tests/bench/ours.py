"""Makes the service's people, reads their telephones where the carrier keeps what it got, and puts messages out."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from django.contrib.auth.hashers import make_password
from django.db import close_old_connections
from django.utils import timezone

from accounts.models import User
from tests.bench.people import PASSWORD, Person, app_code
from verification import challenges, numbers, policies
from verification.delivery.providers.virtual import screens, switchboard
from verification.delivery.providers.virtual.models import Behaviour, Delivery, PendingCallback
from verification.facts import Facts
from verification.models import Enrolment, Message, Purpose

PASSWORD_PAGE, CODE_PAGE = "/sign-in/", "/sign-in/verify/"
_PATIENCE = 30.0  # seconds until a message counts as lost
_numbers = count(secrets.randbelow(8_000_000))


def make(method: str, n: int) -> list[Person]:
    """Make people with one option each; all share one hash, for hashing is not what this measures."""
    kept = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(username=secrets.token_hex(8), password=kept, second_step="enforced", name="Robin Example")
        for _ in range(n)
    )
    people = [_person(user, method) for user in users]
    Enrolment.objects.bulk_create(_enrolment(user, person) for user, person in zip(users, people, strict=True))
    return people


def _person(user: User, method: str) -> Person:
    if method == "totp":
        return Person(name=user.username, secret=secrets.token_bytes(20))
    return Person(name=user.username, number=f"+4179{next(_numbers) % 10_000_000:07d}")


def _enrolment(user: User, person: Person) -> Enrolment:
    method = "text" if person.number else "totp"
    row = Enrolment(user=user, method=method, confirmed=True, confirmed_at=timezone.now(), is_default=True)
    row.secret = person.secret
    if person.number:
        row.address = person.number
        row.hint = numbers.mask(person.number)
    return row


def codes(people: list[Person]) -> list[str]:
    """Read everybody's app, or wait until everybody's telephone has its text."""
    if not people[0].number:
        return [app_code(person.secret) for person in people]
    wanted = [person.number for person in people]
    rows = Delivery.objects.filter(to__in=wanted)
    _wait(lambda: rows.count() >= len(wanted), "texts")
    words = dict(rows.order_by("id").values_list("to", "words"))
    return [next(part.digits for part in screens.split(words[number]) if part.is_code) for number in wanted]


def treat(*, latency: int, holds: bool) -> None:
    """Tell the carrier how long a hand-over takes, and whether it keeps its receipts back. Units: milliseconds."""
    switchboard.behave(Behaviour(number="", send_latency_ms=latency, holds_receipts=holds))


def drop_receipts(keep: int) -> int:
    """Drop the receipts that are held back but for so many; gives how many are left."""
    held = PendingCallback.objects.filter(is_held=True)
    kept = list(held.order_by("id").values_list("pk", flat=True)[:keep])
    held.exclude(pk__in=kept).delete()
    return len(kept)


def bring_receipts() -> None:
    """Let all receipts go that are held back, and wait until the service has taken them."""
    switchboard.behave(Behaviour(number=""))
    left = PendingCallback.objects.filter(sent_at=None)
    _wait(lambda: not left.exists(), "receipts")


def enqueue(n: int, rate: float) -> list[float]:
    """Start challenges by text at a steady rate, as a web process does, and measure each until the carrier has it.

    Units: `rate` a second, 0 is as fast as it goes; milliseconds from the row's `created_at` to `received_at`.
    """
    users = list(User.objects.filter(username__in=[person.name for person in make("text", n)]))
    options = {row.user_id: row for row in Enrolment.objects.filter(user__in=users)}
    rules = policies.rules_for(users[0].pk)
    begun = time.monotonic()

    def one(place: int, user: User) -> str:
        if rate and (pause := begun + place / rate - time.monotonic()) > 0:
            time.sleep(pause)
        facts = Facts(now=timezone.now(), network=f"10.{place >> 8 & 255}.{place & 255}.7", agent="bench")
        outcome = challenges.start(
            options[user.pk],
            user=user,
            purpose=Purpose.SIGN_IN,
            binding=secrets.token_urlsafe(24),
            facts=facts,
            rules=rules,
        )
        close_old_connections()
        return outcome.handle

    with ThreadPoolExecutor(4) as pool:
        handles = list(pool.map(one, range(n), users))
    rows = Message.objects.filter(challenge__handle__in=handles)
    made = dict(rows.values_list("handle", "created_at"))
    got = Delivery.objects.filter(message_id__in=made)
    _wait(lambda: got.count() >= n, "messages")
    return [
        (received_at - made[handle]).total_seconds() * 1000
        for handle, received_at in got.values_list("message_id", "received_at")
    ]


def through(n: int) -> float:
    """Put messages out at once and measure how many a second the carrier gets, the slow ends left out."""
    enqueue(n, 0)
    times = list(Delivery.objects.order_by("-id").values_list("received_at", flat=True)[:n])
    times.sort()
    first, last = times[n // 10], times[-n // 10]
    return (n * 8 // 10) / max((last - first).total_seconds(), 1e-3)


def _wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not all {what} came within {_PATIENCE:.0f} s")
        time.sleep(0.02)
