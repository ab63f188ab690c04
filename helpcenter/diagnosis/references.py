"""References that a user reads out, so that support can open the same diagnosis."""

from accounts.models import User
from helpcenter.diagnosis.situations import SITUATIONS, Situation
from verification.keys import tokens

_PURPOSE = "diagnosis"


def reference(user: User, situation: Situation) -> str:
    """Return the reference of a diagnosis. It contains no secret and gives nobody else access."""
    return f"{user.pk}-{situation.key}-{_seal(user.pk, situation.key)}"


def read(text: str) -> tuple[int, Situation] | None:
    """Return the user id and situation of a reference, or None if it is not one of ours."""
    number, _dash, rest = text.partition("-")
    key, _dash, seal = rest.rpartition("-")
    if not number.isdecimal() or key not in SITUATIONS or seal != _seal(int(number), key):
        return None
    return int(number), SITUATIONS[key]


def _seal(number: int, key: str) -> str:
    return tokens.derive(_PURPOSE, f"{number}:{key}")[:6].lower().replace("-", "x").replace("_", "y")
