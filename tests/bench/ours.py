"""Makes the service's people, reads their telephones where the carrier keeps what it got, and puts messages out."""

import json
import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import close_old_connections
from django.utils import timezone

from accounts.models import User
from tests.bench.carrier import Line
from tests.bench.people import PASSWORD, Person, app_code
from verification import challenges, enrolments, numbers, policies
from verification.delivery.providers.gateway import conf, signature
from verification.facts import Facts
from verification.models import Cap, Enrolment, Message, Purpose

PASSWORD_PAGE, CODE_PAGE = "/sign-in/", "/sign-in/verify/"
_PATIENCE = 30.0  # seconds until a message counts as lost
_CODE = re.compile(r"\b\d{6}\b")
_seen = 0  # texts of the carrier that were of earlier rounds
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
    wanted = {person.number for person in people}
    words: dict[str, str] = {}

    def has_all() -> bool:
        words.update({text["to"]: text["text"] for text in _carrier().texts(_seen) if text["to"] in wanted})
        return len(words) == len(wanted)

    _wait(has_all, "texts")
    return [_CODE.findall(words[person.number])[0] for person in people]


def treat(*, latency: int) -> None:
    """Tell the carrier how long a hand-over takes, and forget what it got until now. Units: milliseconds.

    Nothing here costs anything, so no cap ends it.
    """
    Cap.objects.all().delete()
    global _seen  # noqa: PLW0603  (one carrier a bench)
    _carrier().delay(latency / 1000)
    _seen += len(_carrier().texts(_seen))


def bring_receipts(n: int) -> int:
    """Bring a receipt for each of the last texts, signed as a carrier signs; gives how many were taken."""
    here = conf.read()
    line = HTTPConnection(urlsplit(settings.PUBLIC_URL).netloc)
    texts = _carrier().texts()[-n:]
    for text in texts:
        body = json.dumps({"status": "delivered"}).encode()
        moment = str(int(time.time()))
        signed = signature.sign(here, key=here.keys[0], moment=moment, url=text["callback"], body=body)
        headers = {here.time_header: moment, here.signature_header: signed, "Content-Type": "application/json"}
        line.request("POST", urlsplit(text["callback"]).path, body, headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status < 300, f"a receipt: {answer.status}"
    return len(texts)


@cache
def _carrier() -> Line:
    return Line(str(settings.GATEWAY["url"]))


def enqueue(n: int, rate: float) -> list[float]:
    """Put messages out at a steady rate and measure each until the carrier has it.

    Units: `rate` a second; milliseconds from the row's `created_at` to the carrier.
    """
    handles = put_out(n, rate)
    made = dict(Message.objects.filter(challenge__handle__in=handles).values_list("handle", "created_at"))
    got: dict[str, float] = {}

    def has_all() -> bool:
        got.update({text["id"]: text["at"] for text in _carrier().texts(_seen) if text["id"] in made})
        return len(got) == len(made)

    _wait(has_all, "messages")
    return [(got[handle] - created_at.timestamp()) * 1000 for handle, created_at in made.items()]


def put_out(n: int, rate: float = 0) -> list[str]:
    """Start challenges by text as a web process does, at a steady rate or as fast as it goes; gives their handles."""
    users = list(User.objects.filter(username__in=[person.name for person in make("text", n)]))
    options = {user.pk: enrolments.confirmed(user.pk)[0] for user in users}  # as the sign-in has them at hand
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
        return list(pool.map(one, range(n), users))


def through(n: int) -> float:
    """Wait until the carrier has so many, and tell how many a second it got, the slow ends left out."""
    _wait(lambda: len(_carrier().texts(_seen)) >= n, "messages")
    times = sorted(text["at"] for text in _carrier().texts(_seen))
    first, last = float(times[n // 10]), float(times[-n // 10])
    return (n * 8 // 10) / max(last - first, 1e-3)


def _wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not all {what} came within {_PATIENCE:.0f} s")
        time.sleep(0.02)
