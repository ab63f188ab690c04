"""Notices: emails, and texts where policy says so, that tell people what happened. Without secrets."""

from verification.notices.about_remembered_browsers import notify_of_copied_browsers, notify_of_new_browsers
from verification.notices.to_operators import (
    notify_of_blocked_ranges,
    notify_of_circuits,
    notify_of_cost,
    notify_of_damage,
    notify_of_missed_alarms,
    notify_operators,
)
from verification.notices.to_person import circumstances, notify, notify_all_of_event, notify_of_event
from verification.notices.to_support_desk import Writer, alert_support, forward_to_support, forward_unverified

__all__ = [
    "Writer",
    "alert_support",
    "circumstances",
    "forward_to_support",
    "forward_unverified",
    "notify",
    "notify_all_of_event",
    "notify_of_blocked_ranges",
    "notify_of_circuits",
    "notify_of_copied_browsers",
    "notify_of_cost",
    "notify_of_damage",
    "notify_of_event",
    "notify_of_missed_alarms",
    "notify_of_new_browsers",
    "notify_operators",
]
