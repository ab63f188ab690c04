"""References that a person reads out, so that support opens the same view."""

from accounts.models import User
from helpcenter.diagnosis.situations import SITUATIONS, Situation
from verification.keys import tokens

_PURPOSE = "diagnosis"


def reference(user: User, situation: Situation) -> str:
    """Write down which view this is, for the person to read out. It holds no secret and opens nothing to others."""
    return f"{user.pk}-{situation.key}-{_seal(user.pk, situation.key)}"


def read(text: str) -> tuple[int, Situation] | None:
    """Read a reference; none if it is not one of ours."""
    number, _dash, rest = text.partition("-")
    key, _dash, seal = rest.rpartition("-")
    if not number.isdecimal() or key not in SITUATIONS or seal != _seal(int(number), key):
        return None
    return int(number), SITUATIONS[key]


def _seal(number: int, key: str) -> str:
    return tokens.derive(_PURPOSE, f"{number}:{key}")[:6].lower().replace("-", "x").replace("_", "y")
