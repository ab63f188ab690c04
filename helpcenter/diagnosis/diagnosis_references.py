"""References that a user reads out on the phone, so that support can open the same diagnosis.

Shape: at least eight characters in groups of four, such as `K7MP-4R9T`: the user and the situation, then a check.
The first part is mixed with the check, so that references of neighbours do not look alike.
"""

from accounts.models import User
from helpcenter.diagnosis.situations import SITUATIONS, Situation
from verification.keys import derived_link_tokens

_PURPOSE = "diagnosis"
_SIGNS = "ACEFHKMPRTWX34679"  # none can be taken for another, read aloud or on a small screen
_CHECK_LENGTH = _GROUP_LENGTH = 4  # characters
_MAX_SITUATIONS = 16
_MAX_REFERENCE_LENGTH = 20  # characters


def reference(user: User, situation: Situation) -> str:
    """Return the reference of a diagnosis. It contains no secret and gives nobody else access."""
    value = user.pk * _MAX_SITUATIONS + list(SITUATIONS).index(situation.key)
    check = _check(value)
    plain = _written(value)
    return tidy(_mixed(plain, check, 1) + check)


def tidy(text: str) -> str:
    """Write a reference, however it was typed, in capitals and groups."""
    signs = "".join(sign for sign in text.upper() if sign.isalnum())
    return "-".join(signs[at : at + _GROUP_LENGTH] for at in range(0, len(signs), _GROUP_LENGTH))


def read(text: str) -> tuple[int, Situation] | None:
    """Return the user id and situation of a reference, or None if it is not one of ours."""
    signs = tidy(text).replace("-", "")
    if not _GROUP_LENGTH + _CHECK_LENGTH <= len(signs) <= _MAX_REFERENCE_LENGTH or not set(signs) <= set(_SIGNS):
        return None
    check = signs[-_CHECK_LENGTH:]
    value = 0
    for sign in _mixed(signs[:-_CHECK_LENGTH], check, -1):
        value = value * len(_SIGNS) + _SIGNS.index(sign)
    user_id, place = divmod(value, _MAX_SITUATIONS)
    if check != _check(value) or place >= len(SITUATIONS):
        return None
    return user_id, list(SITUATIONS.values())[place]


def _written(value: int) -> str:
    """Write a number in our characters, at least one group long."""
    signs = ""
    while value or len(signs) < _GROUP_LENGTH:
        value, place = divmod(value, len(_SIGNS))
        signs = _SIGNS[place] + signs
    return signs


def _check(value: int) -> str:
    return _derived(f"{value}", _CHECK_LENGTH)


def _mixed(signs: str, check: str, direction: int) -> str:
    """Shift each character by one that is derived from the check; with `direction` -1, shift it back."""
    shifts = _derived(f"mix.{check}", len(signs))
    places = (_SIGNS.index(a) + direction * _SIGNS.index(b) for a, b in zip(signs, shifts, strict=True))
    return "".join(_SIGNS[place % len(_SIGNS)] for place in places)


def _derived(handle: str, length: int) -> str:
    number = int.from_bytes(derived_link_tokens.derive(_PURPOSE, handle).encode())
    return "".join(_SIGNS[number // len(_SIGNS) ** place % len(_SIGNS)] for place in range(length))
