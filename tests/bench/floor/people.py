"""Makes the floor's people."""

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from tests.bench.floor.models import FloorDevice, FloorText
from tests.bench.people import PASSWORD, TEXTED, BenchUser, app_code

PASSWORD_PAGE, CODE_PAGE = "/", "/code/"


def make(method: str, n: int) -> list[BenchUser]:
    """Make people with an app or a number. All share one hash, because hashing is not what this measures."""
    kept = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(username=f"{TEXTED if method == 'text' else ''}{secrets.token_hex(8)}", password=kept) for _ in range(n)
    )
    devices = FloorDevice.objects.bulk_create(_device(user, method) for user in users)
    return [
        BenchUser(name=user.username, secret=bytes(device.secret), number=device.number)
        for user, device in zip(users, devices, strict=True)
    ]


def _device(user: User, method: str) -> FloorDevice:
    if method == "text":
        return FloorDevice(user=user, secret=b"", number=f"+4179{secrets.randbelow(10_000_000):07d}")
    return FloorDevice(user=user, secret=secrets.token_bytes(20))


def codes(people: list[BenchUser]) -> list[str]:
    """Read everybody's app, or what was to be texted to them."""
    if people[0].secret:
        return [app_code(person.secret) for person in people]
    sent = FloorText.objects.filter(number__in=[person.number for person in people]).order_by("id")
    codes = dict(sent.values_list("number", "code"))
    return [codes[person.number] for person in people]
