"""Hardware tokens for the support desk: lists, and changes to tokens without an owner. The rest is in `actions`."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from verification import hardware_token_stock, time_format
from verification.context import Context
from verification.lazy_text import LazyText
from verification.models import HardwareToken
from verification.otp.hardware_token_codes import Scheme


def retire(token: HardwareToken, staff: User, context: Context, *, reason: str) -> bool:
    """Retire a token from the stock. Return False if somebody has it, or it is retired already."""
    return hardware_token_stock.retire(token, context, actor_id=staff.pk, reason=reason)


def restore(token: HardwareToken, staff: User, context: Context, *, reason: str) -> bool:
    """Return a retired token to the stock. Return False if it is not retired."""
    return hardware_token_stock.restore(token, context, actor_id=staff.pk, reason=reason)


# To look at -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TokenRow:
    """One token in a list. Shape: `state` is stock, waiting, used or retired; `words` is the same as text."""

    token: HardwareToken
    state: str
    words: str
    person: User | None


def row(token: HardwareToken) -> TokenRow:
    """Return where a token is."""
    if token.retired_at:
        return TokenRow(token, "retired", _("retired"), None)
    if token.enrolment is None:
        return TokenRow(token, "stock", _("in stock"), None)
    if token.enrolment.confirmed:
        return TokenRow(token, "used", _("in use"), token.enrolment.user)
    return TokenRow(token, "waiting", _("not activated yet"), token.enrolment.user)


def facts_of(token: HardwareToken) -> list[tuple[str, str]]:
    """Return how a token generates codes: no secret, and no counter that would help to guess."""
    scheme = Scheme.read(token.data)
    kind = _("by counter (HOTP)") if scheme.is_counted else _("by time (TOTP)")
    found: list[tuple[str, LazyText | int]] = [
        (_("Manufacturer and model"), token.name),
        (_("Codes"), kind),
        (_("Digits"), scheme.digits),
        (_("Hash"), scheme.hash.upper().replace("SHA", "SHA-")),
        (_("New code every"), "" if scheme.is_counted else _("%(n)d seconds") % {"n": scheme.step}),
        (_("Valid from"), time_format.day(token.starts_at) if token.starts_at else ""),
        (_("Valid until"), time_format.day(token.ends_at) if token.ends_at else ""),
        (_("In stock since"), time_format.day(token.added_at)),
    ]
    return [(name, str(value)) for name, value in found if value]
