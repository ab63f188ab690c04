"""How many support actions a member of staff may do in a day."""

from verification.context import Context
from verification.limits.counting.counter_rows import DAY, UNLIMITED
from verification.limits.counting.fixed_windows import WindowLimit, by_key, count_in_windows, give_back
from verification.limits.counting.limit_decision import Gate

SUPPORT_ACTIONS_PER_DAY = 200  # of one member of staff, unless a policy says otherwise


def spend_action(staff_id: int, *, most: int, context: Context) -> Gate:
    """Count a support action against the daily limit of a member of staff."""
    return count_in_windows([_action_limit(staff_id, most)], context.now)


def refund_action(staff_id: int, *, context: Context) -> None:
    """Undo the count of a support action that changed nothing."""
    give_back(by_key([_action_limit(staff_id, UNLIMITED)]), context.now)


def _action_limit(staff_id: int, most: int) -> WindowLimit:
    return WindowLimit("support.staff", str(staff_id), DAY, most, is_given_back=True)
