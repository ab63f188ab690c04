"""Makes the service's people, reads their telephones where the carrier keeps what it got, and puts messages out."""

import gc
import json
import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import close_old_connections
from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import User
from tests.bench.carrier import CarrierClient
from tests.bench.people import PASSWORD, BenchUser, app_code
from tests.bench.telephones import Telephones
from verification import challenges, enrolments, limits, phone_numbers, policies
from verification.context import Context
from verification.delivery import worker_wake_ups
from verification.delivery.providers.gateway import conf, signature
from verification.enrolments import ConfirmedEnrolment
from verification.keys import crypto
from verification.models import Challenge, Channel, Counter, Enrolment, Message, Purpose

PASSWORD_PAGE, CODE_PAGE = "/sign-in/", "/sign-in/verify/"
_TEMPLATE = "verification/methods/text/message.txt"
_LIFE = timedelta(minutes=5)
_ROWS_PER_SECOND = 400  # a pace at which rows are certainly written before they are due
_TIMEOUT = 30.0  # seconds until a message counts as lost
_CODE = re.compile(r"\b\d{6}\b")
_seen = 0  # texts of the carrier that were of earlier rounds
_numbers = count(secrets.randbelow(8_000_000))


def make(method: str, n: int) -> list[BenchUser]:
    """Make people with one option each. All share one hash, because hashing is not what this measures."""
    kept = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(username=secrets.token_hex(8), password=kept, second_step="enforced", name="Robin Example")
        for _ in range(n)
    )
    people = [_person(user, method) for user in users]
    Enrolment.objects.bulk_create(_enrolment(user, person) for user, person in zip(users, people, strict=True))
    return people


def _person(user: User, method: str) -> BenchUser:
    if method == "totp":
        return BenchUser(name=user.username, secret=secrets.token_bytes(20))
    return BenchUser(name=user.username, number=f"+4179{next(_numbers) % 10_000_000:07d}")


def _enrolment(user: User, person: BenchUser) -> Enrolment:
    method = "text" if person.number else "totp"
    row = Enrolment(user=user, method=method, confirmed=True, confirmed_at=timezone.now(), is_default=True)
    row.secret = person.secret
    if person.number:
        row.address = person.number
        row.hint = phone_numbers.mask(person.number)
    return row


_GROUPS = {"staff": "Senior support", "auditor": "Auditors"}


def member(who: str) -> BenchUser:
    """Make a reader, a member of senior support or an auditor, with an authenticator app."""
    person = make("totp", 1)[0]
    if group := _GROUPS.get(who):
        user = User.objects.get(username=person.name)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=group))
    return person


def samples(n: int) -> list[dict[str, str]]:
    """Choose people from the filled database, spread over it.

    Shape: `pk`, `username`, `name`, `email`, `number` in E.164.
    """
    filled = User.objects.filter(email__endswith="@people.example").order_by("pk")
    first, last = (filled.aggregate(at=which("pk"))["at"] for which in (Min, Max))
    step = max((last - first) // n, 1)
    found = User.objects.filter(pk__in=range(first, last, step))[:n]
    return [
        {
            "pk": str(user.pk),
            "username": user.username,
            "name": user.name,
            "email": user.email,
            "number": f"+4179{user.pk % 10_000_000:07d}",
        }
        for user in found
    ]


def codes(people: list[BenchUser]) -> list[str]:
    """Read everybody's app, or wait until the carrier has answered for everybody's text."""
    if not people[0].number:
        return [app_code(person.secret) for person in people]
    texts = _telephones().wait([person.number for person in people], patience=_TIMEOUT)
    return [_CODE.findall(text)[0] for text in texts]


def treat(*, latency: int) -> None:
    """Begin a part: tell the carrier how long a hand-over takes, forget its texts and what was spent. Units: ms."""
    global _seen  # noqa: PLW0603  (one carrier a bench)
    Counter.objects.filter(scope__startswith=limits.SPENT).delete()  # a bench sends more than a site may in a day
    _carrier().delay(latency / 1000)
    _seen += len(_carrier().texts(_seen))
    _telephones().forget()


def bring_receipts(n: int, address: str) -> int:
    """Bring a receipt for each of the last texts, signed as a carrier signs; gives how many were taken."""
    here = conf.read()
    line = HTTPConnection(urlsplit(address).netloc)
    proxy = {"Host": urlsplit(settings.PUBLIC_URL).netloc, "X-Forwarded-Proto": "https"}
    texts = _carrier().texts()[-n:]
    for text in texts:
        body = json.dumps({"status": "delivered"}).encode()
        moment = str(int(time.time()))
        signed = signature.sign(here, key=here.keys[0], moment=moment, url=text["callback"], body=body)
        headers = {here.time_header: moment, here.signature_header: signed, "Content-Type": "application/json"}
        line.request("POST", urlsplit(text["callback"]).path, body, proxy | headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status < 300, f"a receipt: {answer.status}"
    return len(texts)


@cache
def _carrier() -> CarrierClient:
    return CarrierClient(conf.url())


@cache
def _telephones() -> Telephones:
    return Telephones(_carrier())


def enqueue(n: int, rate: float) -> list[float]:
    """Wake the workers for messages at a steady rate, and measure each until the carrier has it.

    Units: `rate` a second; milliseconds from before the wake-up is put on its queue, as by a task's `delay`, to the
    carrier. The rows are in the outbox before; each is due when its turn comes, so that no sweep finds it earlier.
    """
    users, options = _askers(n)
    begun = time.time() + 1 + n / _ROWS_PER_SECOND
    rows = _lay_out(users, options, [begun + place / rate for place in range(n)])
    woken: dict[str, float] = {}

    def one(row: Message) -> None:
        woken[row.handle] = time.time()
        worker_wake_ups.publish(row.pk, Channel.TEXT)

    time.sleep(max(0, begun - time.time()))
    _at_rate(one, rows, rate)
    return _ways(woken)


def ask(n: int, rate: float) -> list[float]:
    """Have messages asked for at a steady rate, and measure each until the carrier has it.

    Units: as `enqueue`, but from the beginning of the action that asks, which checks limits and writes its rows.
    """
    asked = Message.objects.filter(challenge__handle__in=put_out(n, rate)).values_list("handle", "created_at")
    return _ways({handle: created_at.timestamp() for handle, created_at in asked})


def _ways(begun: dict[str, float]) -> list[float]:
    """Wait until the carrier has all, and give how long each was on its way. Units: milliseconds."""
    got: dict[str, float] = {}

    def has_all() -> bool:
        got.update({text["id"]: text["at"] for text in _carrier().texts(_seen) if text["id"] in begun})
        return len(got) == len(begun)

    _wait(has_all, "messages")
    return [(got[handle] - at) * 1000 for handle, at in begun.items()]


def put_out(n: int, rate: float = 0) -> list[str]:
    """Start challenges by text as a web process does, at a steady rate or as fast as it goes; gives their handles."""
    users, options = _askers(n)
    rules = policies.rules_for(users[0].pk)
    networks = count()

    def one(user: User) -> str:
        place = next(networks)
        context = Context(now=timezone.now(), network=f"10.{place >> 8 & 255}.{place & 255}.7", agent="bench")
        outcome = challenges.start(
            options[user.pk].enrolment,
            user=user,
            purpose=Purpose.SIGN_IN,
            binding=secrets.token_urlsafe(24),
            context=context,
            rules=rules,
            known=options[user.pk].limits,
        )
        return outcome.handle

    return _at_rate(one, users, rate)


def _askers(n: int) -> tuple[list[User], dict[int, ConfirmedEnrolment]]:
    """Make people, and give each one's option as the sign-in has read it."""
    users = list(User.objects.filter(username__in=[person.name for person in make("text", n)]))
    return users, {user.pk: enrolments.confirmed(user.pk)[0] for user in users}


def _lay_out(users: list[User], options: dict[int, ConfirmedEnrolment], due: list[float]) -> list[Message]:
    """Write the rows of challenges and of their messages, and wake nobody. Units: `due` in epoch seconds."""
    open_challenges = Challenge.objects.bulk_create(_challenge(user, options[user.pk].enrolment) for user in users)
    rows = [_message(challenge, at) for challenge, at in zip(open_challenges, due, strict=True)]
    return Message.objects.bulk_create(rows)


def _challenge(user: User, option: Enrolment) -> Challenge:
    now = timezone.now()
    return Challenge(
        user=user,
        enrolment=option,
        purpose=Purpose.SIGN_IN,
        binding=secrets.token_hex(16),
        key_id=crypto.digest_key(),
        reference="K4",
        code_life=_LIFE,
        issued_at=now,
        resend_at=now,
        expires_at=now + _LIFE,
        tries_left=5,
    )


def _message(challenge: Challenge, due: float) -> Message:
    at = datetime.fromtimestamp(due, tz=UTC)
    row = Message(
        user=challenge.user,
        challenge=challenge,
        generation=challenge.generation,
        kind=Channel.TEXT,
        template=_TEMPLATE,
        hint=challenge.enrolment.hint,
        created_at=at,
        not_before=at,
        useful_until=challenge.expires_at,
    )
    row.address = challenge.enrolment.address
    row.country, row.range = phone_numbers.country(row.address), phone_numbers.prefix(row.address)
    return row


def _at_rate(action: Callable[[Any], Any], things: list[Any], rate: float) -> list[Any]:
    """Do it with each thing in four threads, at a steady rate or as fast as it goes. Units: `rate` a second."""
    begun = time.monotonic()

    def one(place: int, thing: Any) -> Any:
        if rate and (pause := begun + place / rate - time.monotonic()) > 0:
            time.sleep(pause)
        result = action(thing)
        close_old_connections()
        return result

    # The driver holds the rows of a whole rate, as no web process does: how long it looks through them for garbage is
    # no part of what is measured.
    gc.collect()
    gc.disable()
    try:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, range(len(things)), things))
    finally:
        gc.enable()


def through(n: int) -> float:
    """Wait until the carrier has so many, and tell how many a second it got, the slow ends left out."""
    # Only the last: to read all of them again and again costs as much as to send them.
    _wait(lambda: bool(_carrier().texts(_seen + n - 1)), "messages")
    times = sorted(text["at"] for text in _carrier().texts(_seen))
    first, last = float(times[n // 10]), float(times[-n // 10])
    return (n * 8 // 10) / max(last - first, 1e-3)


def _wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not all {what} came within {_TIMEOUT:.0f} s")
        time.sleep(0.02)
