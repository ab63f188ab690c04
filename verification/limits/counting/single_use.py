"""What works only once, such as a link or a signed message."""

from datetime import datetime

from verification.limits.counting.counter_rows import DAY
from verification.limits.counting.fixed_windows import WindowLimit, count_in_windows
from verification.models import Counter


def spend_once(what: str, key: str, *, until: datetime) -> bool:
    """Use up something that works once. Return False if it is used up, even by a request at the same instant."""
    return count_in_windows([WindowLimit(what, key, DAY, 1)], until).is_open


def is_spent(what: str, key: str, *, until: datetime) -> bool:
    """Return whether something that works once is used up. Counts nothing."""
    limit = WindowLimit(what, key, DAY, 1)
    return Counter.objects.filter(scope=what, key=limit.key(), window_at=limit.window_at(until), count__gt=0).exists()
