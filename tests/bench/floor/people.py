"""Makes the floor's people."""

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from tests.bench.floor.models import Device
from tests.bench.people import PASSWORD, Person, app_code

PASSWORD_PAGE, CODE_PAGE = "/", "/code/"


def make(method: str, n: int) -> list[Person]:
    """Make people with an app; all share one hash, for hashing is not what this measures."""
    kept = make_password(PASSWORD)
    users = User.objects.bulk_create(User(username=secrets.token_hex(8), password=kept) for _ in range(n))
    devices = Device.objects.bulk_create(Device(user=user, secret=secrets.token_bytes(20)) for user in users)
    return [
        Person(name=user.username, secret=bytes(device.secret)) for user, device in zip(users, devices, strict=True)
    ]


def codes(people: list[Person]) -> list[str]:
    """Read everybody's app."""
    return [app_code(person.secret) for person in people]
