"""How old a signed callback may be, so that nobody can repeat it later."""

from datetime import datetime, timedelta

from verification.delivery.provider_interface import Forged

CALLBACK_LIFE = timedelta(minutes=5)  # before and after its signed time


def check_time(moment: float, *, now: datetime) -> None:
    """Check the signed time of a callback. Units: Unix seconds. Errors: `Forged` if it is five minutes from ours."""
    ahead = moment - now.timestamp()
    if abs(ahead) > CALLBACK_LIFE.total_seconds():
        raise Forged(f"its time is {ahead:+.0f} seconds from ours: it is repeated, or a clock is wrong")
